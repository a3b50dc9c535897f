import ModelIR

/// Trained numbers while they are folded, in the arithmetic that hls4ml's NumPy uses: products of two float32 arrays are
/// rounded to float32, integers times float32 become float64.
struct FoldedParameter: Sendable, Equatable {
  enum Kind: Sendable { case integer, float32, float64 }

  /// Row-major; one value may stand for all.
  var values: [Double]
  var kind: Kind

  init(_ values: [Double], _ kind: Kind) {
    self.values = values
    self.kind = kind
  }

  init(_ tensor: ParameterTensor) {
    self.init(tensor.values, tensor.precision == .float32 ? .float32 : .float64)
  }

  static let one = FoldedParameter([1], .integer)
  static let zero = FoldedParameter([0], .float64)

  var count: Int { values.count }

  func isAll(_ value: Double) -> Bool { values.allSatisfy { $0 == value } }

  subscript(_ index: Int) -> Double { values.count == 1 ? values[0] : values[index] }

  static func * (a: FoldedParameter, b: FoldedParameter) -> FoldedParameter { combine(a, b, { $0 * $1 }, { $0 * $1 }) }
  static func + (a: FoldedParameter, b: FoldedParameter) -> FoldedParameter { combine(a, b, { $0 + $1 }, { $0 + $1 }) }
  static func - (a: FoldedParameter, b: FoldedParameter) -> FoldedParameter { combine(a, b, { $0 - $1 }, { $0 - $1 }) }
  static func / (a: FoldedParameter, b: FoldedParameter) -> FoldedParameter {
    var quotient = combine(a, b, { $0 / $1 }, { $0 / $1 })
    if quotient.kind == .integer { quotient.kind = .float64 }
    return quotient
  }

  /// The square roots, each correctly rounded.
  var squareRoot: FoldedParameter {
    kind == .float32
      ? FoldedParameter(values.map { Double(Float($0).squareRoot()) }, .float32)
      : FoldedParameter(values.map { $0.squareRoot() }, .float64)
  }

  /// A number written in the model's text, which NumPy brings to the precision of the array it meets.
  static func literal(_ value: Double, like other: FoldedParameter) -> FoldedParameter {
    other.kind == .float32 ? FoldedParameter([Double(Float(value))], .float32) : FoldedParameter([value], .float64)
  }

  private static func combine(
    _ a: FoldedParameter,
    _ b: FoldedParameter,
    _ single: (Float, Float) -> Float,
    _ double: (Double, Double) -> Double
  ) -> FoldedParameter {
    let count = max(a.count, b.count)
    switch (a.kind, b.kind) {
    case (.float32, .float32):
      return FoldedParameter((0..<count).map { Double(single(Float(a[$0]), Float(b[$0]))) }, .float32)
    case (.integer, .integer):
      return FoldedParameter((0..<count).map { double(a[$0], b[$0]) }, .integer)
    case (.integer, _), (_, .integer), (.float64, _), (_, .float64):
      return FoldedParameter((0..<count).map { double(a[$0], b[$0]) }, .float64)
    }
  }
}
