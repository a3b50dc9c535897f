import FixedPoint

/// One exact number: `raw · 2^-fractionBits`.
package struct ExactValue: Hashable, Sendable {
  package var raw: Int128
  package var fractionBits: Int

  package init(raw: Int128, fractionBits: Int) {
    self.raw = raw
    self.fractionBits = fractionBits
  }

  /// The raw integer of the same number on a finer grid.
  package func raw(on grid: Int) -> Int128 { raw == 0 ? 0 : raw << (grid - fractionBits) }

  /// The finest of the grids of two numbers; zero stands on all.
  private static func grid(_ a: ExactValue, _ b: ExactValue) -> Int {
    if a.raw == 0 { return b.fractionBits }
    return b.raw == 0 ? a.fractionBits : max(a.fractionBits, b.fractionBits)
  }

  package static func + (a: ExactValue, b: ExactValue) -> ExactValue {
    let grid = grid(a, b)
    return ExactValue(raw: a.raw(on: grid) + b.raw(on: grid), fractionBits: grid)
  }

  package static func - (a: ExactValue, b: ExactValue) -> ExactValue {
    a + ExactValue(raw: -b.raw, fractionBits: b.fractionBits)
  }

  package static func * (a: ExactValue, b: ExactValue) -> ExactValue {
    ExactValue(raw: a.raw * b.raw, fractionBits: a.fractionBits + b.fractionBits)
  }

  /// Whether `a` is the smaller number.
  package static func isLess(_ a: ExactValue, _ b: ExactValue) -> Bool {
    let grid = grid(a, b)
    return a.raw(on: grid) < b.raw(on: grid)
  }

  package static func minimum(_ a: ExactValue, _ b: ExactValue) -> ExactValue { isLess(b, a) ? b : a }
  package static func maximum(_ a: ExactValue, _ b: ExactValue) -> ExactValue { isLess(a, b) ? b : a }
}

extension ConstantVector {
  package func value(at element: Int) -> ExactValue {
    ExactValue(raw: Int128(self[element]), fractionBits: fractionBits)
  }
}
