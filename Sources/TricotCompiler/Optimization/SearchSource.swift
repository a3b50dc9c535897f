import Diagnostics
import ModelIR
import Optimization
import Quantization

/// What a search reads.
struct SearchSource {
  var model: ModelGraph
  var calibration: CalibrationData
  /// The right class of each event.
  var labels: [Int]?
  /// Whether trees are what is searched for.
  private var hasTrees: Bool
  /// Of trees: what the training objective makes of their sums.
  private var meaning = OutputMeaning.automatic
  /// Changes with everything that the curve depends on; limits only choose from it.
  var identity: String

  init(_ options: OptimizationOptions, goal: OptimizationGoal, log: DiagnosticLog) throws {
    var compilation = CompilationOptions(model: options.model)
    compilation.weights = options.weights
    let loaded = try Compilation(compilation).loaded
    model = try loaded.graph
    hasTrees = model.nodes.contains { if case .treeEnsemble = $0.operation { true } else { false } }
    if hasTrees {
      compilation.treeOutput = .probability
      meaning = try Compilation(compilation).loaded.graph.meaningOfLastLayer
    }
    if model.hasTrainedTypes && !options.retypes {
      throw Diagnostic.error(
        "trained-types",
        "'\(model.name)' brings the types that it was trained with",
        at: Origin(file: options.model),
        hint: "compile it as it is, give the float model, or add \(option: .retype) to fit new types to its answers"
      )
    }
    if options.retypes && !model.hasTrainedTypes {
      throw Diagnostic.error(
        "no-trained-types",
        "\(option: .retype) asks for other types than a model was trained with, and '\(model.name)' brings none",
        at: Origin(file: options.model),
        hint: "leave it out: a float model needs no permission"
      )
    }
    let width = model.inputs.reduce(0) { [model] in $0 + model[$1].count }
    let files = InputFiles()
    let bytes = try files.bytes(of: options.calibration)
    let batch = try EventBatch(bytes, file: options.calibration, width: width, role: "calibration inputs")
    calibration = CalibrationData(inputs: batch.values, samples: batch.count)
    var parts = loaded.files.map(\.sha256) + [contentHash(bytes)]
    if let path = options.labels {
      let bytes = try files.bytes(of: path)
      labels = try ClassLabels.read(
        bytes,
        file: path,
        events: batch.count,
        classes: model.outputs.reduce(0) { [model] in $0 + model[$1].count }
      )
      parts.append(contentHash(bytes))
    }
    parts += [
      TricotVersion.current, options.effort.rawValue, options.outputs.rawValue, "\(options.seed)",
      "\(options.droppedInputs)", "\(options.retypes)", "\(options.leftOut.map(\.rawValue))",
      goal.lut.map { "\($0)" } ?? "",
      options.part ?? "", options.clockPeriod.map { "\($0)" } ?? "",
    ]
    identity = contentHash(Array(parts.joined(separator: "\n").utf8))
  }
}

extension SearchSource {
  /// What searches for the curve of such a model.
  func search(_ options: OptimizerOptions, log: DiagnosticLog) throws -> any CurveSearch {
    guard hasTrees else {
      return try BudgetOptimizer(model, calibration: calibration, labels: labels, options: options, log: log)
    }
    var options = options
    if options.meaning == .automatic { options.meaning = meaning }
    return try TreeOptimizer(model, calibration: calibration, labels: labels, options: options, log: log)
  }
}

extension ModelGraph {
  /// What the last layer makes of numbers.
  fileprivate var meaningOfLastLayer: OutputMeaning {
    guard let last = nodes.last(where: { outputs.contains($0.output) }) else { return .numbers }
    return switch last.operation {
    case .activation(.softmax): .classes
    case .activation(.sigmoid): .logistic
    case .input, .dense, .batchNormalization, .affine, .activation, .reshape, .concatenate, .merge, .quantize, .gather,
      .normalize, .treeEnsemble, .tableSum, .convolution, .pool, .reduce, .pad, .recurrence, .product, .embedding:
      .numbers
    }
  }
}
