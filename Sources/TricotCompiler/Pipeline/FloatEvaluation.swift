import DataFiles
import Diagnostics
import ModelIR
import Quantization

extension Compilation {
  /// Evaluates the trained model itself in floating point, as far as Tricot has read it: nothing is quantised.
  ///
  /// Features may be missing (NaN) where trees know what to do with them. A configuration of conifer's with `float` or
  /// `double` types gives conifer's own sums in that precision.
  ///
  /// - Parameters:
  ///   - input: A `.npy`, events first.
  ///   - output: Where to write the outputs, `[events, outputs]`, as a float64 `.npy`.
  ///   - replacing: Whether the output file may be replaced.
  public func evaluate(input: String, output: String? = nil, replacing: Bool = false) throws -> EvaluationReport {
    if let output { try FileWriting.check(output, replacing: replacing) }
    let (evaluator, batch) = try floatingPoint { evaluator, allowsMissing in
      try clock.measure("read", "reading \(input)") {
        try EventBatch(
          reading: input,
          from: files,
          width: evaluator.inputSize,
          role: "inputs",
          allowsMissing: allowsMissing
        )
      }
    }
    let start = ContinuousClock.now
    let scores = try evaluate(batch, by: evaluator)
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    let width = scores.count / max(batch.count, 1)
    if let output {
      let array = NumPyArray(shape: [batch.count, width], values: scores)
      try FileWriting.replace(output, with: try array.npyBytes(file: output))
    }
    return EvaluationReport(samples: batch.count, outputs: width, seconds: seconds)
  }

  /// The same for events that stand one after the other in one array, as the outputs then do.
  public func evaluate(_ values: [Double], count: Int) throws -> [Double] {
    let (evaluator, batch) = try floatingPoint { evaluator, allowsMissing in
      let batch = try EventBatch(values, count: count, width: evaluator.inputSize)
      if !allowsMissing { try batch.checkFinite(role: "inputs", file: nil) }
      return batch
    }
    return count > 0 ? try evaluate(batch, by: evaluator) : []
  }

  /// What evaluates the trained model, and events for it.
  private func floatingPoint(
    _ events: (ReferenceEvaluator, _ allowsMissing: Bool) throws -> EventBatch
  ) throws -> (ReferenceEvaluator, EventBatch) {
    let loaded = try loaded
    try refuseTypes(loaded, instead: "leave it out, or leave \(option: .float) out")
    try refuseTreeOutput(loaded)
    let model = try loaded.graph
    let evaluator = try stage("float evaluator") { ReferenceEvaluator(model) }
    return (evaluator, try events(evaluator, model.startsWithTrees))
  }

  private func evaluate(_ batch: EventBatch, by evaluator: ReferenceEvaluator) throws -> [Double] {
    let loaded = try loaded
    return try clock.measure("evaluate", "evaluating") {
      guard let conifer = loaded.conifer else {
        return evaluator.evaluate(batch.values, samples: batch.count, keeping: .outputs).outputs
      }
      let scores = try ConiferFloatingPoint.scores(
        of: try loaded.graph,
        configuration: conifer,
        inputs: batch.values,
        log: log
      )
      guard let scores else { throw Self.fixedPointRefusal(options.configuration) }
      return scores
    }
  }

  /// An hls4ml configuration, or types on the command line, say nothing about floating point.
  func refuseTypes(_ loaded: LoadedModel, instead hint: DiagnosticText) throws {
    let given: [(option: DiagnosticOption, isGiven: Bool)] = [
      (.config, options.configuration != nil && loaded.conifer == nil), (.arithmetic, options.arithmetic != nil),
      (.precision, options.precision != nil), (.inputPrecision, options.inputPrecision != nil),
      (.calibration, options.quantization.calibration != nil), (.sparsity, options.pruning != nil),
      (.inputBits, options.quantization.hasInputBits),
      (.weightBits, options.quantization.weightBits != nil),
      (.activationBits, options.quantization.activationBits != nil),
      (.coverage, options.quantization.coverage != nil),
    ]
    guard let first = given.first(where: \.isGiven) else { return }
    throw Diagnostic.error(
      "option-without-effect",
      "\(option: first.option) has no effect on the trained model in floating point",
      hint: hint
    )
  }

  private static func fixedPointRefusal(_ file: String?) -> Diagnostic {
    Diagnostic.error(
      "option-without-effect",
      "the configuration asks for fixed-point scores, which \(option: .float) does not compute",
      at: file.map { Origin(file: $0) },
      hint: "leave \(option: .float) out"
    )
  }
}

extension ModelGraph {
  /// Whether only trees read the inputs, so that these may be missing.
  fileprivate var startsWithTrees: Bool {
    nodes.allSatisfy { node in
      if case .treeEnsemble = node.operation { return true }
      return Set(node.inputs).isDisjoint(with: inputs)
    }
  }
}
