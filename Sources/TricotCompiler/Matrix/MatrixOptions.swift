/// A constant matrix, and how its adder graph is searched for.
public struct MatrixOptions: Sendable, Hashable {
  /// A `.npy` of shape `[inputs, outputs]`, integers or multiples of a power of two: `y = x · W`.
  public var matrix: String
  /// Bits of every input.
  public var inputBits = 8
  /// Whether inputs are two's complement.
  public var isSigned = false
  /// Most adder levels of any output; raised to the least possible.
  public var maximumDepth: Int?
  /// Most adder levels above the least possible; nil for no limit.
  public var extraDepth: Int?
  public var effort: HardwareChoices.Effort = .normal
  public var seed: UInt64 = 1
  public var threads: Int?
  /// Where to write a pipelined Verilog module, all modules in one file.
  public var verilog: String?
  /// Whether that file may be replaced.
  public var replacing = false
  public var part: String?
  /// In nanoseconds.
  public var clockPeriod = 5.0

  public init(matrix: String) { self.matrix = matrix }
}
