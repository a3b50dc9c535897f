/// What `tricot compile` did.
public struct CompilationReport: Codable, Sendable {
  /// The folder.
  public var output: String
  /// The top module or function.
  public var top: String
  public var backend: String
  public var part: String
  public var clockPeriodNs: Double
  /// Timing and resources are known where Tricot decides them, and nil where an HLS tool does.
  public var latencyCycles: Int?
  public var initiationInterval: Int?
  /// The longest path between registers by the delay model, in nanoseconds.
  public var worstStageNs: Double?
  /// The module of the Verilog in which that path ends.
  public var worstModule: String?
  public var resources: ResourceReport?
  public var pruning: PruningSummary?
  /// Relative to the folder, in alphabetical order.
  public var files: [String]
}

/// Amounts of an FPGA's resources.
public struct ResourceReport: Codable, Sendable, Hashable {
  public var lut: Int
  public var ff: Int
  public var dsp: Int
  public var bram36: Int
  /// Carry blocks of eight bits.
  public var carry8: Int
  /// The same chains in blocks of four bits, of which 7-series parts are made and in which yosys counts.
  public var carry4: Int
}
