import Glibc

extension ConstantTensor {
  /// Every element changed, and rounded to the tensor's type; nil where a whole number has no such result.
  func mapped(_ change: (Double) -> Double) -> ConstantTensor? {
    var result = self
    for index in result.values.indices {
      guard let value = type.rounded(change(values[index])) else { return nil }
      result.values[index] = value
    }
    return result
  }
}

/// Powers and logarithms, by names that do not clash with operators' cases.
enum ONNXMath {
  static func exp2(_ x: Double) -> Double { Glibc.exp2(x) }
  static func exp(_ x: Double) -> Double { Glibc.exp(x) }
  static func pow(_ x: Double, _ y: Double) -> Double { Glibc.pow(x, y) }
  static func log2(_ x: Double) -> Double { Glibc.log2(x) }
  static func log(_ x: Double) -> Double { Glibc.log(x) }
}
