import DataFiles
import Diagnostics
import FixedPointIR
import ModelIR
import Quantization
import Simulation

extension Compilation {
  /// Runs the golden simulator on a batch.
  ///
  /// - Parameters:
  ///   - input: A `.npy`, events first.
  ///   - output: Where to write the outputs, `[events, outputs]`, as a float64 `.npy`.
  ///   - trace: A new folder for every layer's output.
  ///   - replacing: Whether the output file, and a trace folder that Tricot wrote, may be replaced.
  public func simulate(
    input: String,
    output: String? = nil,
    trace: String? = nil,
    replacing: Bool = false
  ) throws -> SimulationReport {
    if let output { try FileWriting.check(output, replacing: replacing) }
    let writer = try trace.map { try FolderWriter(path: $0, marker: TraceIndex.fileName, replacing: replacing) }
    do {
      let quantized = try quantized
      let batch = try clock.measure("read", "reading \(input)") {
        try EventBatch(reading: input, from: files, for: quantized)
      }
      let simulator = try clock.measure("plan", "planning the simulation") { try self.simulator }
      let (result, seconds) = try timed(simulator, batch)
      let observed = try clock.measure("count", "counting overflows") {
        try simulator.run(
          batch.values,
          samples: batch.count,
          options: SimulationOptions(threads: options.threads, trace: trace != nil, countOverflows: true)
        )
      }
      if let output {
        try write(result.outputValues, shape: [result.samples, result.outputValues.elements], to: output)
      }
      if let writer { try writer.write(try TraceIndex.files(of: observed)) }
      return SimulationReport(
        samples: batch.count,
        seconds: seconds,
        samplesPerSecond: seconds > 0 ? Double(batch.count) / seconds : 0,
        threads: threadCount,
        overflows: observed.overflows.compactMap(LayerOverflowCount.init),
        accuracy: accuracy(of: result.outputs, for: batch, model: quantized),
        pruning: quantized.pruning
      )
    } catch {
      writer?.discard()
      throw error
    }
  }

  private func timed(_ simulator: Simulator, _ batch: EventBatch) throws -> (SimulationResult, Double) {
    try clock.measure("simulate", "simulating") {
      let start = ContinuousClock.now
      let result = try simulator.run(
        batch.values,
        samples: batch.count,
        options: SimulationOptions(threads: options.threads)
      )
      return (result, (ContinuousClock.now - start) / .seconds(1))
    }
  }

  private func write(_ values: SampleValues, shape: [Int], to path: String) throws {
    let array = NumPyArray(shape: shape, values: values.doubles)
    try FileWriting.replace(path, with: try array.npyBytes(file: path))
  }

  /// Events that are compared with the trained model.
  static let mostCompared = 10_000

  /// How near the outputs come to the trained model's, on the first ``mostCompared`` events; nil where they are the model's own.
  func accuracy(of outputs: [Double], for batch: EventBatch, model: QuantizedModel) -> AccuracySummary? {
    guard model.arithmetic != .trained, let trained = model.model else { return nil }
    return clock.measure("float", "evaluating the trained model") {
      let few = batch.prefix(Self.mostCompared)
      let evaluator = ReferenceEvaluator(trained)
      let width = evaluator.outputSize
      guard few.width == evaluator.inputSize, width > 0, outputs.count == batch.count * width else { return nil }
      let reference = evaluator.evaluate(few.values, samples: few.count, keeping: .outputs).outputs
      let report = AccuracyReport(
        reference: reference,
        quantized: Array(outputs[..<(few.count * width)]),
        outputs: width
      )
      return AccuracySummary(report)
    }
  }

  /// Wraps and saturations of every layer.
  func overflowCounts(on batch: EventBatch) throws -> (samples: Int, wraps: [Int], saturations: [Int]) {
    let result = try clock.measure("simulate", "counting overflows") {
      try simulator.run(
        batch.values,
        samples: batch.count,
        options: SimulationOptions(threads: options.threads, countOverflows: true)
      )
    }
    return (
      batch.count, result.overflows.map { $0.result.wraps + $0.inside.wraps },
      result.overflows.map { $0.result.saturations + $0.inside.saturations }
    )
  }
}

extension LayerOverflowCount {
  /// Nil where everything fitted.
  init?(_ layer: LayerOverflows) {
    guard !layer.result.isZero || !layer.inside.isZero else { return nil }
    self.init(
      layer: layer.layer,
      wraps: layer.result.wraps + layer.inside.wraps,
      saturations: layer.result.saturations + layer.inside.saturations
    )
  }
}
