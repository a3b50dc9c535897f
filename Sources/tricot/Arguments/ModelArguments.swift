import ArgumentParser
import TricotCompiler

/// The model and everything that decides how it is quantised and built.
struct ModelArguments: ParsableArguments {
  @Argument(
    help: """
      An .onnx, .keras or .h5 file, a Keras .json with --weights, an hls4ml .yml that names the model, or trees: XGBoost's \
      .json or .ubj, LightGBM's .txt, conifer's .json, TMVA's .xml; a .tricot that compile --emit fixed-point wrote.
      """
  )
  var model: String

  @OptionGroup var choices: ModelChoices

  /// The same for the library.
  var options: CompilationOptions { choices.options(for: model) }
}

/// Everything that decides how a model is quantised and built.
struct ModelChoices: ParsableArguments {
  @OptionGroup var weightFile: WeightArguments

  @Option(
    help: ArgumentHelp("A YAML with an HLSConfig, or conifer's configuration: arithmetic and types.", valueName: "file")
  )
  var config: String?

  @Option(
    help: """
      Rules of arithmetic: native; hls4ml, the default with an HLSConfig; conifer, the default with conifer's \
      configuration; trained, for models that bring types.
      """
  )
  var arithmetic: Arithmetic?

  @Option(help: ArgumentHelp("Default type, such as 'fixed<16,6>'; in native arithmetic a cap.", valueName: "type"))
  var precision: String?

  @Option(help: ArgumentHelp("Type of every model input.", valueName: "type"))
  var inputPrecision: String?

  @Option(help: "What a model of trees returns: margin, or probability by its training objective.")
  var treeOutput: TreeOutput = .margin

  @OptionGroup(title: "Native quantisation") var native: NativeArguments
  @OptionGroup(title: "Pruning") var pruning: PruningArguments
  @OptionGroup(title: "Hardware") var hardware: HardwareArguments
  @OptionGroup(title: "HLS C++") var hls: HLSArguments
  @OptionGroup(title: "Processors") var processors: ProcessorArguments

  @OptionGroup var parallel: ThreadArguments
  @OptionGroup var random: SeedArguments

  /// The same for the library.
  func options(for model: String) -> CompilationOptions {
    var options = CompilationOptions(model: model)
    options.weights = weightFile.weights
    options.configuration = config
    options.arithmetic = arithmetic
    options.precision = precision
    options.inputPrecision = inputPrecision
    options.treeOutput = treeOutput
    options.quantization = native.choices
    options.pruning = pruning.choices
    options.hardware = hardware.choices
    options.hls = hls.choices
    options.processors = processors.choices
    options.threads = parallel.threads
    options.seed = random.seed
    return options
  }
}

/// What the native quantiser takes.
struct NativeArguments: ParsableArguments {
  @Option(help: ArgumentHelp("Typical inputs; activations take their ranges from them.", valueName: "x.npy"))
  var calibration: String?

  @Option(help: ArgumentHelp("Fraction of calibration values that a range must cover.", valueName: "0…1"))
  var coverage: Double?

  @Option(
    help: ArgumentHelp(
      "Bits of an input whose type is not given; of trees' features also one by one, such as 8,7,10.",
      valueName: "bits"
    )
  )
  var inputBits: NumberList?

  @Option(help: ArgumentHelp("Bits of a weight, or of a tree's leaf.", valueName: "bits"))
  var weightBits: Int?

  @Option(help: ArgumentHelp("Bits of an activation.", valueName: "bits"))
  var activationBits: Int?

  func validate() throws {
    if let coverage, !(coverage > 0 && coverage <= 1) {
      throw ValidationError("--coverage must lie above 0 and at most at 1")
    }
    if let inputBits, !inputBits.values.allSatisfy((1...32).contains) {
      throw ValidationError("--input-bits must lie within 1…32")
    }
    if let weightBits, !(2...32).contains(weightBits) { throw ValidationError("--weight-bits must lie within 2…32") }
    if let activationBits, !(2...32).contains(activationBits) {
      throw ValidationError("--activation-bits must lie within 2…32")
    }
  }

  var choices: QuantizationChoices {
    var choices = QuantizationChoices()
    choices.calibration = calibration
    choices.coverage = coverage
    // One number for all, or one for each.
    let isCommon = inputBits?.values.count == 1
    choices.inputBits = isCommon ? inputBits?.values[0] : nil
    choices.featureBits = isCommon ? nil : inputBits?.values
    choices.weightBits = weightBits
    choices.activationBits = activationBits
    return choices
  }
}

/// What to prune.
struct PruningArguments: ParsableArguments {
  @Option(help: ArgumentHelp("Fraction of weights to remove, smallest first.", valueName: "0…1"))
  var sparsity: Double?

  @Option(
    help: ArgumentHelp(
      "Take the fraction of every layer, the default, or over all: layer or global.",
      valueName: "scope"
    )
  )
  var sparsityScope: PruningChoices.Scope?

  func validate() throws {
    if sparsity == nil && sparsityScope != nil { throw ValidationError("--sparsity-scope needs a --sparsity") }
    if let sparsity, !(sparsity >= 0 && sparsity < 1) {
      throw ValidationError("--sparsity must be at least 0 and below 1")
    }
  }

  var choices: PruningChoices? { sparsity.map { PruningChoices(sparsity: $0, scope: sparsityScope ?? .layer) } }
}

/// What is built.
struct HardwareArguments: ParsableArguments {
  @OptionGroup var pipeline: PipelineArguments

  @Option(
    help: ArgumentHelp(
      "Left free of the period, as 12.5% or in ns; 12.5%, or that of a configuration.",
      valueName: "share or ns"
    )
  )
  var clockUncertainty: String?

  @Option(help: "distributed_arithmetic, latency, resource, multipliers or logic (no DSP blocks), for every layer.")
  var strategy: String?

  @Option(help: ArgumentHelp("hls4ml's reuse factor for every layer.", valueName: "n"))
  var reuseFactor: Int?

  @Option(help: ArgumentHelp("Declared latency; registers are added to reach it.", valueName: "cycles"))
  var latency: Int?

  @Option(help: "How long adder graphs are optimised: fast, normal or high.")
  var effort: HardwareChoices.Effort = .fast

  @Option(
    help: ArgumentHelp(
      "Adder levels of a sum above the least possible; 1. Fewer cost LUTs and save latency.",
      valueName: "levels"
    )
  )
  var extraDepth: Int?

  @Option(
    help:
      "Adders of two operands (binary), or also of three as expressions (ternary) or as AMD's primitives (primitives); by default as the logic is."
  )
  var adders: HardwareChoices.Adders = .automatic

  @Option(
    help:
      "Logic of pipelines as expressions, or mapped to AMD's look-up tables and carry blocks (primitives); by default of tables and trees."
  )
  var logic: HardwareChoices.Logic = .automatic

  @Option(help: "Kernels at many positions as instances of one module (shared), each by itself (flat), or by size.")
  var hierarchy: HardwareChoices.Hierarchy = .automatic

  @Option(help: "Recurrences step behind step (unrolled), or as one cell with its state (sequential).")
  var recurrence: HardwareChoices.Recurrence = .unrolled

  @Option(
    help: ArgumentHelp(
      "Positions that a convolution or another kernel computes at once: hls4ml's ParallelizationFactor. All when left out.",
      valueName: "n"
    )
  )
  var parallelPositions: Int?

  @Option(
    help: "Events at once (parallel), or position by position (stream); else as the configuration's IOType has it."
  )
  var io: HardwareChoices.IO?

  func validate() throws {
    if let latency, !(1...10_000).contains(latency) {
      throw ValidationError("--latency must lie within 1…10000 cycles")
    }
    if let parallelPositions, parallelPositions < 1 { throw ValidationError("--parallel-positions must be positive") }
    if let reuseFactor, reuseFactor < 1 { throw ValidationError("--reuse-factor must be positive") }
  }

  var choices: HardwareChoices {
    var choices = HardwareChoices()
    choices.part = pipeline.part
    choices.clockPeriod = pipeline.clockPeriod
    choices.clockUncertainty = clockUncertainty
    choices.strategy = strategy
    choices.reuseFactor = reuseFactor
    choices.latency = latency
    choices.effort = effort
    choices.extraDepth = extraDepth
    choices.adders = adders
    choices.logic = logic
    choices.hierarchy = hierarchy
    choices.recurrence = recurrence
    choices.io = io
    choices.parallelPositions = parallelPositions
    return choices
  }
}

/// What only HLS projects and emulators take.
struct HLSArguments: ParsableArguments {
  @Option(help: ArgumentHelp("Part of namespace and symbols of HLS C++, so that versions can be linked together."))
  var firmwareVersion: String?

  @Option(help: "Ports of the top function: ap_vld, ap_none or axis.")
  var interface: HLSChoices.Interface?

  @Option(help: ArgumentHelp("Folder with AMD's ap_fixed.h, for what compiles HLS C++.", valueName: "dir"))
  var apTypes: String?

  var choices: HLSChoices {
    var choices = HLSChoices()
    choices.firmwareVersion = firmwareVersion
    choices.interface = interface
    choices.apTypes = apTypes
    return choices
  }
}

/// What only machines of processors take.
struct ProcessorArguments: ParsableArguments {
  @Option(
    help: ArgumentHelp("Multiply-accumulates of a processor in a cycle, or full for one event a cycle.", valueName: "n")
  )
  var unroll: ProcessorChoices.Unroll?

  @Flag(help: "Programs of shifts and additions, without multipliers.")
  var multiplierless = false

  @Flag(help: "Programs in memories that can be written while the machine runs.")
  var reloadable = false

  var choices: ProcessorChoices {
    var choices = ProcessorChoices()
    choices.unroll = unroll
    choices.multiplierless = multiplierless
    choices.reloadable = reloadable
    return choices
  }
}

extension ProcessorChoices.Unroll: ExpressibleByArgument {
  public init?(argument: String) { self.init(argument) }
}

extension Arithmetic: ExpressibleByArgument {}
extension HLSChoices.Interface: ExpressibleByArgument {}
extension TreeOutput: ExpressibleByArgument {}
extension HardwareChoices.Effort: ExpressibleByArgument {}
extension HardwareChoices.Adders: ExpressibleByArgument {}
extension HardwareChoices.Logic: ExpressibleByArgument {}
extension HardwareChoices.Hierarchy: ExpressibleByArgument {}
extension HardwareChoices.Recurrence: ExpressibleByArgument {}
extension HardwareChoices.IO: ExpressibleByArgument {}
extension PruningChoices.Scope: ExpressibleByArgument {}
