/// What `tricot matrix` prints.
public struct MatrixReport: Codable, Sendable {
  public var matrix: String
  public var inputs: Int
  public var outputs: Int
  /// The matrix is integers times `2^-fraction_bits`.
  public var fractionBits: Int
  /// Two-operand adders and subtractors.
  public var adders: Int
  /// For each adder, bits from the result's most significant one down to the higher of its operands' least significant
  /// ones.
  public var bits: Int
  /// Adder levels of the deepest output.
  public var depth: Int
  /// The least depth that any graph of two-operand adders could have with these signed digits.
  public var leastDepth: Int
  /// The search alone, wall clock.
  public var seconds: Double
  /// Whether the coefficients of every output, recomputed from the graph alone, are those of the matrix.
  public var verified: Bool
  public var effort: HardwareChoices.Effort
  public var seed: UInt64
  /// The module that was written, if one was.
  public var firmware: Firmware?

  /// A pipelined module.
  public struct Firmware: Codable, Sendable {
    public var file: String
    public var top: String
    public var latencyCycles: Int
    public var clockPeriodNs: Double
    public var resources: ResourceReport
  }
}
