/// A closed interval of integers, never empty.
///
/// Arithmetic is exact until a bound leaves 126 bits; then it sticks at ``limit``, and ``isTooWide`` says so. Verifiers
/// refuse such values, so that nothing downstream computes with them.
package struct Interval: Hashable, Sendable, CustomStringConvertible {
  package var lower: Int128
  package var upper: Int128

  /// The magnitude at which bounds stick.
  package static let limit: Int128 = Int128(1) << 125

  /// - Precondition: `lower <= upper`.
  package init(_ lower: Int128, _ upper: Int128) {
    precondition(lower <= upper, "an interval is never empty")
    self.lower = max(lower, -Self.limit)
    self.upper = min(upper, Self.limit)
    if self.lower > self.upper {
      let bound = lower > 0 ? Self.limit : -Self.limit
      self.lower = bound
      self.upper = bound
    }
  }

  package init(_ value: Int128) { self.init(value, value) }

  /// The interval of a 0/1 condition.
  package static let bit = Interval(0, 1)

  package var isTooWide: Bool { lower <= -Self.limit || upper >= Self.limit }
  package var isConstant: Bool { lower == upper }
  package var isNonNegative: Bool { lower >= 0 }

  /// Bits of the smallest two's complement (if negative values occur) or unsigned word that holds every value; 0 for {0}.
  package var bitWidth: Int {
    lower < 0
      ? max(Self.signedWidth(lower), Self.signedWidth(upper))
      : 128 - upper.leadingZeroBitCount
  }

  private static func signedWidth(_ value: Int128) -> Int {
    129 - (value < 0 ? (~value).leadingZeroBitCount : value.leadingZeroBitCount)
  }

  /// The member that is nearest to a value.
  package func nearest(to value: Int128) -> Int128 { min(max(value, lower), upper) }

  package func contains(_ value: Int128) -> Bool { lower <= value && value <= upper }
  package func contains(_ other: Interval) -> Bool { lower <= other.lower && other.upper <= upper }

  package func union(_ other: Interval) -> Interval {
    Interval(min(lower, other.lower), max(upper, other.upper))
  }

  /// The common part, or nil where there is none.
  package func intersection(_ other: Interval) -> Interval? {
    let low = max(lower, other.lower)
    let high = min(upper, other.upper)
    return low <= high ? Interval(low, high) : nil
  }

  package static func + (a: Interval, b: Interval) -> Interval {
    Interval(a.lower + b.lower, a.upper + b.upper)
  }

  package static func - (a: Interval, b: Interval) -> Interval {
    Interval(a.lower - b.upper, a.upper - b.lower)
  }

  package static prefix func - (a: Interval) -> Interval { Interval(-a.upper, -a.lower) }

  package static func * (a: Interval, b: Interval) -> Interval {
    let products = [
      stickyProduct(a.lower, b.lower), stickyProduct(a.lower, b.upper),
      stickyProduct(a.upper, b.lower), stickyProduct(a.upper, b.upper),
    ]
    return Interval(products.min() ?? 0, products.max() ?? 0)
  }

  /// The interval of `factor · x`.
  package func scaled(by factor: Int128) -> Interval { self * Interval(factor) }

  /// The interval of `x · 2^places`; a negative count divides and rounds down.
  package func shifted(by places: Int) -> Interval {
    places >= 0
      ? Interval(Self.stickyShift(lower, places), Self.stickyShift(upper, places))
      : Interval(lower >> min(-places, 127), upper >> min(-places, 127))
  }

  package var description: String { "[\(lower), \(upper)]" }

  private static func stickyProduct(_ a: Int128, _ b: Int128) -> Int128 {
    let (value, overflow) = a.multipliedReportingOverflow(by: b)
    guard overflow else { return value }
    return (a < 0) == (b < 0) ? limit : -limit
  }

  private static func stickyShift(_ value: Int128, _ places: Int) -> Int128 {
    guard value != 0 else { return 0 }
    let magnitude = value < 0 ? ~value : value
    if places >= 126 || magnitude.leadingZeroBitCount <= places + 2 { return value < 0 ? -limit : limit }
    return value << places
  }
}

extension Interval {
  /// The interval of `x · x`.
  package var squared: Interval {
    let product = self * self
    return Interval(max(product.lower, lower > 0 || upper < 0 ? product.lower : 0), product.upper)
  }
}
