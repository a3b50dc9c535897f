import Diagnostics
import FixedPointIR
import ModelIR

/// Trained constants as integers on one grid, without any rounding.
struct ExactConstants {
  var raw: [Int64]
  var fractionBits: Int

  /// - Throws: a `Diagnostic` that names the layer if no 63-bit integers hold the values on one grid.
  init(_ values: [Double], of what: String, _ node: ModelNode) throws {
    guard let constants = Self.raw(values) else {
      throw Diagnostic.error(
        "too-wide",
        "the \(what) of '\(node.name)' holds numbers too far apart for one 63-bit grid",
        at: node.origin,
        hint: "quantise the layer's weights to fewer bits"
      )
    }
    self = constants
  }

  private init(raw: [Int64], fractionBits: Int) {
    self.raw = raw
    self.fractionBits = fractionBits
  }

  /// The values on their coarsest common grid; nil where they do not fit.
  static func raw(_ values: [Double]) -> ExactConstants? {
    guard values.allSatisfy(\.isFinite) else { return nil }
    let grid = values.lazy.filter { $0 != 0 }.map { places(of: $0) }.max() ?? 0
    guard abs(grid) <= 1000 else { return nil }
    var raw: [Int64] = []
    raw.reserveCapacity(values.count)
    for value in values {
      let scaled = ConstantQuantization.scaled(value, by: grid)
      guard abs(scaled) < ConstantQuantization.limit, let integer = Int64(exactly: scaled) else { return nil }
      raw.append(integer)
    }
    return ExactConstants(raw: raw, fractionBits: grid)
  }

  /// Fraction bits of a number that is not zero.
  private static func places(of value: Double) -> Int {
    Int(value.significandWidth) - Int(value.exponent)
  }

  /// The coarsest grid of one value.
  func grid(of element: Int) -> Int {
    let value = raw.count == 1 ? raw[0] : raw[element]
    return value == 0 ? Int.min / 4 : fractionBits - value.trailingZeroBitCount
  }
}
