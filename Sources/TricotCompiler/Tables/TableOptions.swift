/// A model of trees as a look-up table, and where to write it.
public struct TableOptions: Sendable, Hashable {
  public var model: String
  /// The address specification: YAML or JSON.
  public var specification: String
  public var output: String
  /// Equal parts by the highest address bits, each in files of its own.
  public var banks = 1
  /// Typical events of the encoder's features, for coverage and resolution.
  public var events: String?
  /// What the model itself would be given for the same events; nil: derived from the specification.
  public var inputs: String?
  /// For the same events, the score that the model was trained for.
  public var truth: String?
  /// Whether to drive the encoder's Verilog under Verilator.
  public var verify = false
  /// Whether a table that Tricot wrote, or an interrupted run for another one, may be replaced.
  public var replacing = false
  public var part: String?
  /// In nanoseconds.
  public var clockPeriod = 5.0
  public var threads: Int?
  public var seed: UInt64 = 1
  /// Addresses between two savings: a power of two.
  package var chunk = 1 << 20

  public init(model: String, specification: String, output: String) {
    self.model = model
    self.specification = specification
    self.output = output
  }
}
