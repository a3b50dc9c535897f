import FixedPoint

/// Every value that an exact number can take: `raw · 2^-fractionBits`, `raw` in an interval.
package struct ExactRange: Hashable, Sendable {
  package var raw: Interval
  package var fractionBits: Int

  package init(raw: Interval, fractionBits: Int) {
    self.raw = raw
    self.fractionBits = fractionBits
  }

  package init(_ value: ExactValue) { self.init(raw: Interval(value.raw), fractionBits: value.fractionBits) }

  package static let zero = ExactRange(raw: Interval(0), fractionBits: 0)

  var isZero: Bool { raw == Interval(0) }

  /// The bounds as numbers, for people.
  package var lower: Double { Self.number(raw.lower, fractionBits) }
  package var upper: Double { Self.number(raw.upper, fractionBits) }

  private static func number(_ raw: Int128, _ fractionBits: Int) -> Double {
    Double(raw) * Double(sign: .plus, exponent: -fractionBits, significand: 1)
  }

  /// The interval on a finer grid.
  package func raw(on grid: Int) -> Interval { isZero ? raw : raw.shifted(by: grid - fractionBits) }

  /// The finer of the grids of two ranges; zero stands on all.
  static func grid(_ a: ExactRange, _ b: ExactRange) -> Int {
    if a.isZero { return b.fractionBits }
    return b.isZero ? a.fractionBits : max(a.fractionBits, b.fractionBits)
  }

  private static func combine(
    _ a: ExactRange,
    _ b: ExactRange,
    _ body: (Interval, Interval) -> Interval
  ) -> ExactRange {
    let grid = grid(a, b)
    return ExactRange(raw: body(a.raw(on: grid), b.raw(on: grid)), fractionBits: grid)
  }

  package static func + (a: ExactRange, b: ExactRange) -> ExactRange { combine(a, b, +) }
  package static func - (a: ExactRange, b: ExactRange) -> ExactRange { combine(a, b, -) }

  package static func * (a: ExactRange, b: ExactRange) -> ExactRange {
    ExactRange(raw: a.raw * b.raw, fractionBits: a.fractionBits + b.fractionBits)
  }

  package static func maximum(_ a: ExactRange, _ b: ExactRange) -> ExactRange {
    combine(a, b) { Interval(max($0.lower, $1.lower), max($0.upper, $1.upper)) }
  }

  package static func minimum(_ a: ExactRange, _ b: ExactRange) -> ExactRange {
    combine(a, b) { Interval(min($0.lower, $1.lower), min($0.upper, $1.upper)) }
  }

  package func union(_ other: ExactRange) -> ExactRange { Self.combine(self, other) { $0.union($1) } }

  /// Every value that quantisation to a type can give.
  package func quantized(to type: FixedPointType) -> ExactRange {
    ExactRange(raw: type.quantizedRange(of: raw, fractionBits: fractionBits), fractionBits: type.fractionBits)
  }
}

extension ConstantVector {
  package func range(at element: Int) -> ExactRange { ExactRange(value(at: element)) }
}
