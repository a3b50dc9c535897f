import FixedPoint
import FixedPointIR

/// A constant `raw · 2^-fractionBits`, on the coarsest grid that holds it.
struct GridConstant: Sendable, Hashable {
  var raw: Int128
  var fractionBits: Int

  init(raw: Int64, fractionBits: Int) {
    let zeros = raw == 0 ? 0 : raw.trailingZeroBitCount
    self.raw = Int128(raw >> Int64(zeros))
    self.fractionBits = fractionBits - zeros
  }

  var isZero: Bool { raw == 0 }

  /// The coarsest grid that holds the constant; nil for zero, which stands on all.
  var coarsestFractionBits: Int? { isZero ? nil : fractionBits }

  /// The constant on a finer grid, as an interval that sticks where 126 bits do not hold it.
  func on(_ grid: Int) -> Interval { isZero ? Interval(0) : Interval(raw).shifted(by: grid - fractionBits) }
}

extension ConstantVector {
  /// An element on the coarsest grid that holds it.
  func constant(_ element: Int) -> GridConstant {
    GridConstant(raw: self[element], fractionBits: fractionBits)
  }

  /// Whether there is one value for each of `count` elements, or one for all.
  func fits(_ count: Int) -> Bool { raw.count == 1 || raw.count == count }
}

extension Sequence<GridConstant> {
  /// The finest grid of those that are not zero.
  var finestFractionBits: Int? { compactMap(\.coarsestFractionBits).max() }
}
