import FixedPoint
import FixedPointIR
import NetlistIR

/// Rounding and overflow in gates; nothing is emitted that the proven range shows to be without effect.
extension NetlistBuilder {
  /// The raw value, in a type, of the number `value · 2^-fractionBits`.
  package mutating func requantized(_ value: ValueID, fractionBits: Int, to type: FixedPointType) -> ValueID {
    requantize(scaled(value, fractionBits: fractionBits), to: type)
  }

  /// The raw value of a number in a type: `type.quantize` as hardware.
  mutating func requantize(_ x: ScaledValue, to type: FixedPointType) -> ValueID {
    let low = type.quantize(raw: x.range.lower, fractionBits: x.fractionBits)
    let high = type.quantize(raw: x.range.upper, fractionBits: x.fractionBits)
    if type.width == 0 || x.range.isConstant { return constant(low.raw) }
    if low.raw == high.raw && low.overflowed == high.overflowed && type.isMonotone(low, high) {
      return constant(low.raw)
    }
    let drop = x.fractionBits - type.fractionBits
    if drop <= 0 { return fitShifted(x, places: -drop, to: type) }
    return fit(rounded(x, places: drop, type.rounding), to: type)
  }

  /// `x / 2^places`, rounded to an integer: a floor, plus a condition on the dropped bits and the sign.
  mutating func rounded(_ x: ScaledValue, places: Int, _ rounding: Rounding) -> ScaledValue {
    // No value has more bits than that, so that further places change nothing.
    let places = min(places, 126)
    let range = Interval(
      FixedPointType.roundedShift(x.range.lower, by: places, rounding),
      FixedPointType.roundedShift(x.range.upper, by: places, rounding)
    )
    func result(_ id: ValueID) -> ScaledValue { ScaledValue(id: id, fractionBits: 0, range: range) }
    switch rounding.simplified(for: x.range) {
    case .truncate: return result(shiftRight(x.id, places))
    case .roundHalfUp where x.range.bitWidth < FixedPointType.maximumWidth - 1 && places < FixedPointType.maximumWidth:
      let half = constant(Int128(1) << (places - 1))
      return result(shiftRight(sum(x.id, half), places))
    case .roundHalfUp, .truncateTowardZero, .roundHalfDown, .roundHalfAwayFromZero, .roundHalfTowardZero,
      .roundHalfToEven:
      let carry = carry(x, places: places, rounding.simplified(for: x.range))
      return result(sum(shiftRight(x.id, places), carry))
    }
  }

  /// Whether rounding adds one to the floor.
  private mutating func carry(_ x: ScaledValue, places: Int, _ rounding: Rounding) -> ValueID {
    let isNegative = isNegative(x.id)
    let isHalfOrMore = bits(x.id, low: places - 1, width: 1)
    let isLowest = bits(x.id, low: places, width: 1)
    let reachesBeyondHalf = isNonzero(x.id, low: places - 1)
    switch rounding {
    case .truncate: return constant(0)
    case .truncateTowardZero: return and(isNegative, isNonzero(x.id, low: places))
    case .roundHalfUp: return isHalfOrMore
    case .roundHalfDown: return and(isHalfOrMore, reachesBeyondHalf)
    case .roundHalfAwayFromZero: return and(isHalfOrMore, or(reachesBeyondHalf, not(isNegative)))
    case .roundHalfTowardZero: return and(isHalfOrMore, or(reachesBeyondHalf, isNegative))
    case .roundHalfToEven: return and(isHalfOrMore, or(reachesBeyondHalf, isLowest))
    }
  }

  /// Whether any of the `low` lowest bits is set.
  private mutating func isNonzero(_ id: ValueID, low: Int) -> ValueID {
    // Only the bits that exist are looked at; above them a pattern repeats its sign, which the highest of them is.
    let width = min(low, range(id).bitWidth)
    return not(equal(bits(id, low: 0, width: width), constant(0)))
  }

  /// The raw value of an integer on the type's grid.
  mutating func fit(_ x: ScaledValue, to type: FixedPointType) -> ValueID {
    let id = narrowed(x)
    let bounds = type.overflow == .saturateSymmetric ? type.rawRange : Interval(type.minimumRaw, type.maximumRaw)
    if bounds.contains(x.range) { return id }
    switch type.overflow {
    case .wrap: return wrap(id, width: type.width, signed: type.isSigned)
    case .saturate, .saturateSymmetric: return clamp(id, to: bounds)
    case .saturateToZero:
      let isOutside = isOutside(id, bounds)
      let selected = select(isOutside, constant(0), id)
      return wrap(selected, width: type.width, signed: type.isSigned)
    }
  }

  private mutating func isOutside(_ id: ValueID, _ bounds: Interval) -> ValueID {
    let low = less(id, constant(bounds.lower))
    let high = less(constant(bounds.upper), id)
    return or(low, high)
  }

  private mutating func narrowed(_ x: ScaledValue) -> ValueID { narrowed(x.id, to: x.range) }

  /// The value in no more bits than its proven range needs: wires only.
  mutating func narrowed(_ id: ValueID, to proven: Interval) -> ValueID {
    if range(id).bitWidth <= proven.bitWidth && (range(id).lower < 0) == (proven.lower < 0) { return id }
    return wrap(id, width: proven.bitWidth, signed: proven.lower < 0)
  }

  /// The raw value of `x · 2^places` on the type's grid, without ever making a word that is wider than needed.
  private mutating func fitShifted(_ x: ScaledValue, places: Int, to type: FixedPointType) -> ValueID {
    let shifted = x.range.shifted(by: places)
    if !shifted.isTooWide && shifted.bitWidth <= FixedPointType.maximumWidth {
      let id = shiftLeft(narrowed(x), places)
      return fit(ScaledValue(id: id, fractionBits: 0, range: shifted), to: type)
    }
    let kept = wrap(x.id, width: max(0, type.width - places), signed: type.isSigned)
    let inside = shiftLeft(kept, places)
    if type.overflow == .wrap { return inside }
    let range = type.rawRange
    // The values whose shifted value still fits: rounded toward the inside.
    let lowest = constant(-(-range.lower >> min(places, 127)))
    let highest = constant(range.upper >> min(places, 127))
    let isLow = less(x.id, lowest)
    let isHigh = less(highest, x.id)
    let isZero = type.overflow == .saturateToZero
    let high = select(isHigh, constant(isZero ? 0 : range.upper), inside)
    let result = select(isLow, constant(isZero ? 0 : range.lower), high)
    return wrap(result, width: type.width, signed: type.isSigned)
  }
}

extension Rounding {
  /// The simplest rule that rounds every value of a range like this one.
  func simplified(for range: Interval) -> Rounding {
    switch self {
    case .truncate, .roundHalfUp, .roundHalfDown, .roundHalfToEven: return self
    case .truncateTowardZero: return range.lower >= 0 ? .truncate : self
    case .roundHalfAwayFromZero:
      if range.lower >= 0 { return .roundHalfUp }
      return range.upper <= 0 ? .roundHalfDown : self
    case .roundHalfTowardZero:
      if range.lower >= 0 { return .roundHalfDown }
      return range.upper <= 0 ? .roundHalfUp : self
    }
  }
}

extension FixedPointType {
  /// Whether everything between two arguments is quantised to something between their results.
  fileprivate func isMonotone(_ low: QuantizedValue, _ high: QuantizedValue) -> Bool {
    switch overflow {
    case .saturate, .saturateSymmetric: true
    case .wrap, .saturateToZero: !low.overflowed && !high.overflowed
    }
  }
}
