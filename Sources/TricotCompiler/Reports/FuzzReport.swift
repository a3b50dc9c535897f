/// What `tricot fuzz` found.
public struct FuzzReport: Codable, Sendable {
  /// Repeats the run.
  public var seed: UInt64
  public var networks: Int
  /// Per network.
  public var samples: Int
  /// Whether there is a compiler for HLS C++, and what it needs.
  public var comparesCpp: Bool
  public var forms: [Form]
  public var comparedValues: Int
  public var seconds: Double
  public var failures: [Failure]

  /// Whether every network agreed everywhere.
  public var isEqual: Bool { failures.isEmpty }

  /// What networks were made as, and compared with the simulator.
  public struct Form: Codable, Sendable {
    /// `netlist`; Verilog under Verilator: `verilator` in one pipeline, `shared` with instances, shared multipliers and one cell for
    /// all steps, `streamed` position by position; compiled C++: `hls`, `hls-streamed`.
    public var name: String
    /// How many of them.
    public var networks: Int
  }

  /// One network on which something disagreed.
  public struct Failure: Codable, Sendable {
    /// Its number in the run.
    public var network: Int
    /// The name of a form.
    public var against: String
    public var mismatches: Int
    /// The network's text form.
    public var graph: String
  }

  mutating func add(form name: String, networks: Int) {
    if let index = forms.firstIndex(where: { $0.name == name }) {
      forms[index].networks += networks
    } else {
      forms.append(Form(name: name, networks: networks))
    }
  }
}
