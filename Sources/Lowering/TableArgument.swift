import FixedPoint
import FixedPointIR
import NetlistIR

/// What is left of a table's address rule when its rounding is done: `index = (±q << places) + offset`, clamped.
struct TableArgument {
  var q: ScaledValue
  var isNegated = false
  var places = 0
  var offset: Int128 = 0
  /// How many bits the index has where it wraps instead of being clamped.
  var wrappingBits: Int?

  /// The table's index for a value of `q`.
  func index(_ value: Int128, count: Int) -> Int {
    if let bits = wrappingBits { return Int(value & ((Int128(1) << bits) - 1)) }
    let index = ((isNegated ? -value : value) << places) + offset
    return Int(min(max(index, 0), Int128(count - 1)))
  }

  /// Arguments beyond which the index stays at an end of the table.
  func domain(count: Int) -> Interval {
    if wrappingBits != nil { return q.range }
    let low = (0 - offset) >> places
    let high = -(-(Int128(count - 1) - offset) >> places)
    let domain = Interval(low, max(low, high))
    return isNegated ? -domain : domain
  }
}

extension GraphLowering {
  /// The rounded part of a table's address.
  mutating func argument(_ rule: TableAddressing, of x: ScaledValue, fractionBits: Int) -> TableArgument {
    let raw = builder.raw(of: x, on: fractionBits)
    let integer = builder.scaled(raw, fractionBits: 0, range: x.range(on: fractionBits))
    switch rule {
    case .linear(let base, let shift):
      let q = floored(integer, places: max(shift, 0))
      return TableArgument(q: q, places: max(-shift, 0), offset: -Int128(base))
    case .leadingBits(let bits, let width):
      let q = floored(integer, places: width - bits)
      if q.range.upper - q.range.lower < Int128(1) << bits { return TableArgument(q: q, wrappingBits: bits) }
      let pattern = builder.bits(q.id, low: 0, width: bits)
      return TableArgument(
        q: ScaledValue(id: pattern, fractionBits: 0, range: builder.range(pattern)),
        wrappingBits: bits
      )
    case .scaled(let scaling):
      return scaledArgument(scaling, of: integer, fractionBits: fractionBits)
    }
  }

  /// Nested truncations toward zero are one: `trunc0(trunc0(y / 2^a) / 2^b) = trunc0(y / 2^(a + b))`.
  private mutating func scaledArgument(
    _ rule: ScaledAddressing,
    of x: ScaledValue,
    fractionBits: Int
  ) -> TableArgument {
    let multiple = product(x, ExactValue(raw: abs(Int128(rule.multiplier)), fractionBits: 0))
    let divided = ScaledValue(
      id: multiple.id,
      fractionBits: multiple.fractionBits + rule.rangeLog2 + max(0, fractionBits),
      range: multiple.range
    )
    var argument = TableArgument(
      q: divided,
      isNegated: rule.multiplier < 0,
      places: min(max(0, -fractionBits), 32),
      offset: Int128(rule.offset)
    )
    if divided.fractionBits > 0 {
      argument.q = builder.rounded(divided, places: divided.fractionBits, .truncateTowardZero)
    } else {
      argument.q.fractionBits = 0
      argument.places -= divided.fractionBits
    }
    return argument
  }

  private mutating func floored(_ x: ScaledValue, places: Int) -> ScaledValue {
    let id = builder.raw(of: x, on: 0)
    let range = x.range(on: 0)
    return ScaledValue(id: builder.shiftRight(id, places), fractionBits: 0, range: range.shifted(by: -places))
  }
}
