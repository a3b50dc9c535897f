/// What `tricot fuzz` found.
public struct FuzzReport: Codable, Sendable {
  /// Repeats the run.
  public var seed: UInt64
  public var networks: Int
  /// Per network.
  public var samples: Int
  public var comparedValues: Int
  public var seconds: Double
  public var failures: [Failure]

  /// Whether every network agreed everywhere.
  public var isEqual: Bool { failures.isEmpty }

  /// One network on which something disagreed.
  public struct Failure: Codable, Sendable {
    /// Its number in the run.
    public var network: Int
    /// `netlist`; or Verilog under Verilator: `verilator` in one pipeline, `shared` with instances and shared multipliers,
    /// `streamed` position by position.
    public var against: String
    public var mismatches: Int
    /// The network's text form.
    public var graph: String
  }
}
