/// Everything that decides what is computed and how it is built.
///
/// Fields that are nil were not given: the hls4ml YAML decides, or the default.
public struct CompilationOptions: Sendable, Hashable {
  /// `.onnx`, `.keras`, `.h5`, a Keras `.json` with ``weights``, an hls4ml `.yml` that names the model, or trees: XGBoost's
  /// `.json` and `.ubj`, LightGBM's `.txt`, conifer's `.json`, TMVA's `.xml`.
  public var model: String
  /// The HDF5 weights of a Keras `.json`.
  public var weights: String?
  /// A YAML with an `HLSConfig`, or conifer's configuration as JSON or YAML.
  public var configuration: String?
  /// Nil: that of the configuration, else native.
  public var arithmetic: Arithmetic?
  /// The default precision in hls4ml's spelling, such as `fixed<16,6>`.
  ///
  /// In native arithmetic a cap: no activation gets more integer or fraction bits.
  public var precision: String?
  /// The type of every model input.
  public var inputPrecision: String?
  public var treeOutput = TreeOutput.margin
  public var quantization = QuantizationChoices()
  public var pruning: PruningChoices?
  public var hardware = HardwareChoices()
  public var hls = HLSChoices()
  public var processors = ProcessorChoices()
  /// Threads to use, or nil for all cores.
  public var threads: Int?
  /// The seed of everything random.
  public var seed: UInt64 = 1

  public init(model: String) { self.model = model }
}

/// What a file of trees returns, where it does not say so itself.
public enum TreeOutput: String, Sendable, Hashable, CaseIterable, Codable {
  /// The sums of leaves, which a trigger compares with a threshold.
  case margin
  /// What the training tool makes of the margins by its objective, such as probabilities.
  case probability
}

/// How the native quantiser chooses types.
///
/// hls4ml's arithmetic takes its types from the YAML instead.
public struct QuantizationChoices: Sendable, Hashable {
  /// A `.npy` with typical inputs.
  public var calibration: String?
  /// The fraction of calibration values that an activation's range has to cover.
  public var coverage: Double?
  public var weightBits: Int?
  public var activationBits: Int?
  /// Bits of an input whose type is not given.
  public var inputBits: Int?
  /// For inputs that only trees read: bits of every feature, which even integers may not exceed.
  public var featureBits: [Int]?

  public init() {}

  var hasInputBits: Bool { inputBits != nil || featureBits != nil }
}

/// What to prune before quantisation.
public struct PruningChoices: Sendable, Hashable {
  /// Over what the fraction is taken.
  public enum Scope: String, Sendable, Hashable, CaseIterable, Codable {
    case layer, global
  }

  /// The fraction of weights that become zero.
  public var sparsity: Double
  public var scope: Scope

  public init(sparsity: Double, scope: Scope = .layer) {
    self.sparsity = sparsity
    self.scope = scope
  }
}

/// How the firmware is built; none of it changes a bit of what is computed.
public struct HardwareChoices: Sendable, Hashable {
  /// A part or ordering code.
  public var part: String?
  /// In nanoseconds.
  public var clockPeriod: Double?
  /// What is left free of it, as hls4ml writes it: `12.5%`, or nanoseconds; nil: as a configuration has it, else 12.5 %.
  public var clockUncertainty: String?
  /// hls4ml's strategy for every layer, or `multipliers` or `logic`.
  public var strategy: String?
  public var reuseFactor: Int?
  /// A latency in cycles to reach by more registers, or nil for the least.
  public var latency: Int?
  /// How long the adder graphs are optimised.
  public var effort: Effort = .fast
  /// Adder levels that sums may take above the least possible, which saves look-up tables and costs latency; nil: as a quantised model
  /// has it, else 1.
  public var extraDepth: Int?

  /// How sums are built.
  public var adders: Adders = .automatic
  /// How the logic of pipelines is written.
  public var logic: Logic = .automatic
  /// How kernels that are fired at many positions are built.
  public var hierarchy: Hierarchy = .automatic
  /// How recurrences are built.
  public var recurrence: Recurrence = .unrolled
  /// Positions of each kernel that are computed at once; nil: as the configuration has it, else all.
  public var parallelPositions: Int?
  /// How events come in; nil: as the configuration has it, else at once.
  public var io: IO?

  /// A whole event at once, or position by position.
  public enum IO: String, Sendable, Hashable, CaseIterable, Codable {
    case parallel, stream
  }

  /// One module with an instance for every position, or every position built by itself.
  public enum Hierarchy: String, Sendable, Hashable, CaseIterable, Codable {
    /// Instances where a flat layer would be large.
    case automatic
    case flat, shared
  }

  /// Adders of two operands, or also of three where they save look-up tables.
  public enum Adders: String, Sendable, Hashable, CaseIterable, Codable {
    /// With primitives where the logic is made of them, else of two operands.
    case automatic
    case binary
    /// Written as one expression, which vendors' synthesis makes one carry chain of.
    case ternary
    /// Made of AMD's look-up tables and carry blocks.
    case primitives
  }

  /// Verilog's operators, or what synthesis would make of them.
  public enum Logic: String, Sendable, Hashable, CaseIterable, Codable {
    /// Networks of tables and trees as primitives, others as expressions.
    case automatic
    /// Sums, comparisons and tables, which synthesis maps.
    case expressions
    /// AMD's look-up tables and carry blocks, mapped by Tricot.
    case primitives
  }

  /// Step behind step, or one cell with its state.
  public enum Recurrence: String, Sendable, Hashable, CaseIterable, Codable {
    case unrolled, sequential
  }

  public enum Effort: String, Sendable, Hashable, CaseIterable, Codable {
    case fast, normal, high
  }

  public init() {}
}

/// What only HLS projects and emulators take.
public struct HLSChoices: Sendable, Hashable {
  /// Tells versions of one project apart: part of the namespace and of the emulator's symbols.
  public var firmwareVersion: String?
  /// How data enter and leave the top function; nil: each port with a valid bit.
  public var interface: Interface?
  /// A folder with AMD's `ap_fixed.h`; nil: wherever it is usually found.
  public var apTypes: String?

  /// HLS's words: wires, wires with a valid bit, AXI4-Stream.
  public enum Interface: String, Sendable, Hashable, CaseIterable, Codable {
    case none = "ap_none"
    case valid = "ap_vld"
    case stream = "axis"
  }

  public init() {}
}
