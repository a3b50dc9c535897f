import Basics
import Diagnostics
import FixedPointIR
import Glibc
import ModelIR
import Quantization

/// How long the search takes.
package enum OptimizationEffort: String, Sendable, CaseIterable, Codable {
  /// Types and weights for a few prices, each in one go.
  case fast
  /// Annealing: thirty prices, each with training.
  case normal
  /// The same, with finer prices and longer training.
  case high
}

/// What the optimiser takes besides the model.
package struct OptimizerOptions: Sendable {
  package var effort = OptimizationEffort.normal
  package var meaning = OutputMeaning.automatic
  package var seed: UInt64 = 1
  package var threads = 1
  package var steps = OptimizationSteps()
  /// Networks that would take more are not built; nil: all are.
  package var mostAdderBits: Int?
  /// How the annealing goes; nil: as the effort says.
  package var plan: AnnealingPlan?
  /// Flat model inputs that are not to be used.
  package var droppedInputs: [Int] = []
  package var implementation = ImplementationChoice()

  package init() {}
}

/// Searches for the smallest networks that still say what a float model says: from typical inputs alone.
package struct BudgetOptimizer: Sendable {
  /// Folded: normalisation and scales are part of the weights.
  let model: ModelGraph
  let tape: Tape
  let runner: TapeRunner
  let options: OptimizerOptions
  /// The float model's weights.
  let float: NetworkParameters
  /// Events to fit to, with the float model's answers.
  let training: TapeBatch
  package let evaluation: HeldOutEvaluation
  /// Some events, for the few types that are not searched for.
  private let observed: CalibrationData
  /// By kernel, the exponent of the last place in each row.
  let finest: [[Int]]
  let rowScales: [[Float]]

  /// Prepares everything that does not depend on the price of bits.
  ///
  /// - Parameters:
  ///   - model: As trained.
  ///   - calibration: Typical inputs.
  ///   - labels: The right class of each event, if known: for evaluation alone.
  /// - Throws: a `Diagnostic` for layers and data that cannot be served.
  package init(
    _ model: ModelGraph,
    calibration: CalibrationData,
    labels: [Int]? = nil,
    options: OptimizerOptions,
    log: DiagnosticLog
  ) throws {
    try calibration.verify(for: model)
    let free = model.hasTrainedTypes ? try model.freedOfTypes() : model
    let folded = try PaddingFolding().run(AffineFolding().run(free, log: log), log: log)
    var tape = try TapeBuilding.tape(of: folded, meaning: options.meaning)
    try Self.drop(options.droppedInputs, from: &tape, folded)
    guard !tape.kernels.isEmpty else {
      throw Diagnostic.error(
        "nothing-to-optimize",
        "'\(model.name)' has no dense layer and no convolution",
        hint: "give a network"
      )
    }
    let split = EventSplit(calibration.samples, seed: options.seed)
    split.report(to: log)
    CalibrationFindings(calibration, model).report(to: log)
    let float = NetworkParameters(tape, of: folded)
    var training = TapeBatch(
      inputs: calibration.inputs(of: split.training).map { Float($0) },
      events: split.training.count
    )
    tape.weighNumbers(TapeRunner(tape, threads: options.threads).targets(float, training))
    let runner = TapeRunner(tape, threads: options.threads)
    evaluation = HeldOutEvaluation(
      tape,
      model.hasTrainedTypes ? model : folded,
      inputs: calibration.inputs(of: split.heldOut),
      events: split.heldOut.count,
      labels: labels.map { labels in split.heldOut.map { labels[$0] } },
      threads: options.threads
    )
    // What was trained with types answers with them.
    training.targets =
      model.hasTrainedTypes
      ? evaluation.targets(of: model, calibration.inputs(of: split.training), events: split.training.count).map {
        Float($0)
      }
      : runner.targets(float, training)
    self.model = folded
    self.tape = tape
    self.runner = runner
    self.options = options
    self.float = float
    self.training = training
    let observed = min(split.training.count, 2048)
    self.observed = CalibrationData(
      inputs: calibration.inputs(of: Array(split.training.prefix(observed))),
      samples: observed
    )
    (finest, rowScales) = Self.grids(runner, float, training.prefix(4096, of: tape))
    guard training.targets.allSatisfy(\.isFinite) else {
      throw Diagnostic.error(
        "not-finite",
        "'\(model.name)' answers some calibration events with no finite number",
        hint: "check the scale of the calibration inputs"
      )
    }
  }

  /// Marks the inputs that are not to be used: their values are dropped, and the weights of the others make up for them.
  private static func drop(_ inputs: [Int], from tape: inout Tape, _ model: ModelGraph) throws {
    for input in inputs {
      guard (0..<tape.inputSize).contains(input) else {
        throw Diagnostic.error(
          "unknown-input",
          "there is no input \(input)",
          hint: "choose inputs from 0 to \(tape.inputSize - 1)"
        )
      }
      for index in tape.points.indices {
        guard let first = tape.points[index].firstInput else { continue }
        let size = tape.sizes[tape.points[index].slot]
        guard (first..<first + size).contains(input) else { continue }
        guard tape.points[index].groups == size, tape.points[index].otherReaders[input - first] == 0 else {
          throw Diagnostic.error(
            "unsupported-optimization",
            "inputs can be dropped only where nothing but weights of their own read them, and those of "
              + "'\(tape.points[index].layer)' are read otherwise",
            at: model.nodes[tape.points[index].node].origin,
            hint: "drop no inputs of this model"
          )
        }
        tape.points[index].dropped.insert(input - first)
      }
    }
  }

  /// The last places of weights, finer where inputs are large, and the scale of their training steps.
  private static func grids(
    _ runner: TapeRunner,
    _ float: NetworkParameters,
    _ batch: TapeBatch
  ) -> (finest: [[Int]], scales: [[Float]]) {
    var finest: [[Int]] = []
    var scales: [[Float]] = []
    for (k, place) in runner.tape.kernels.enumerated() {
      let values = runner.values(of: place.inputSlot, float, batch)
      var squares = [Double](repeating: 0, count: place.inputs)
      for (index, value) in values.enumerated() { squares[index % place.inputs] += Double(value) * Double(value) }
      let rows = Double(max(values.count / max(place.inputs, 1), 1))
      let exponents = squares.map { square -> Int in
        guard square > 0, square.isFinite else { return 0 }
        let exponent = log2((square / rows).squareRoot())
        // Inputs of about unit size stay on one grid, which their weights may share.
        return abs(exponent) < 2 ? 0 : min(max(Int(exponent.rounded()), -40), 40)
      }
      var largest: Float = 0
      for (index, weight) in float.kernels[k].weights.enumerated() {
        largest = max(
          largest,
          abs(weight) * Float(sign: .plus, exponent: exponents[index / place.outputs], significand: 1)
        )
      }
      // Eight places below one: more where all weights are small.
      let top = largest > 0 && largest.isFinite ? min(Int(ceil(log2(Double(largest)))), 1) : 0
      finest.append(exponents.map { min(top, 0) - 8 - $0 })
      scales.append(exponents.map { Float(sign: .plus, exponent: -$0, significand: 1) })
    }
    return (finest, scales)
  }

  /// The float model with the same bits everywhere.
  func uniform(weightBits: Int, activationBits: Int) throws -> FixedPointGraph {
    var native = NativeOptions()
    native.weightBits = weightBits
    native.activationBits = activationBits
    native.inputBits = activationBits
    return try NativeQuantizer.quantize(model, options: native, calibration: observed, log: DiagnosticLog())
  }

  /// The fixed-point graph of a network.
  func assembled(_ parameters: NetworkParameters) throws -> FixedPointGraph {
    // Few events will do for the few types that are still to be chosen.
    let few = min(observed.samples, 256)
    let events = CalibrationData(inputs: Array(observed.inputs.prefix(few * tape.inputSize)), samples: few)
    var assembly = GraphAssembly(model: model, tape: tape, calibration: events, finest: finest)
    assembly.implementation = options.implementation
    return try assembly.graph(parameters)
  }
}

extension BudgetOptimizer: CurveSearch {
  package var fittedEvents: Int { training.events }
  package var relevance: InputRelevance? { InputRelevance(self) }

  package func run(_ hooks: SearchHooks, from state: SearchState?) throws {
    try OptimizationRun(self, hooks).run(from: state)
  }

  package func uniformPoints(_ hooks: SearchHooks) throws -> [UniformPoint] {
    try UniformBits(evaluation: evaluation, threads: options.threads, hooks: hooks).points {
      try uniform(weightBits: $0, activationBits: $1)
    }
  }
}
