import FixedPoint
import FixedPointIR
import NetlistIR

extension NetlistBuilder {
  /// Quantises `±v + bias`.
  ///
  /// The constant of the rounding rule joins the bias, so that both cost one adder.
  mutating func quantizedSum(
    _ v: ScaledValue,
    isNegated: Bool = false,
    plus bias: ExactValue,
    as type: FixedPointType
  ) -> ValueID {
    if bias.raw == 0 && !isNegated { return requantize(v, to: type) }
    let constant = scaled(bias)
    let grid = ScaledValue.grid(v, constant)
    let exact = (isNegated ? -v.range(on: grid) : v.range(on: grid)) + constant.range(on: grid)
    let rule = type.rounding.simplified(for: exact)
    let drop = grid - type.fractionBits
    guard let offset = rule.offset(places: drop), !exact.isConstant else {
      return requantize(isNegated ? difference(constant, v) : sum(v, constant), to: type)
    }
    // Bits of the constant below both grids never carry into the value.
    let below = max(0, min(drop, v.shift(to: grid)))
    let total = (bias.raw(on: grid) + offset) >> below
    let addend = scaled(ExactValue(raw: total, fractionBits: grid - below))
    let result = isNegated ? difference(addend, v) : sum(v, addend)
    let rounded = Interval(
      FixedPointType.roundedShift(exact.lower, by: drop, rule),
      FixedPointType.roundedShift(exact.upper, by: drop, rule)
    )
    let places = result.fractionBits - type.fractionBits
    let id = places >= 0 ? shiftRight(result.id, places) : shiftLeft(result.id, -places)
    return requantizeRounded(id, range: rounded, to: type)
  }

  private mutating func requantizeRounded(_ id: ValueID, range: Interval, to type: FixedPointType) -> ValueID {
    requantize(
      ScaledValue(id: id, fractionBits: type.fractionBits, range: self.range(id).intersection(range) ?? range),
      to: type
    )
  }
}

extension Rounding {
  /// The constant after whose addition the rule is a floor, or nil where there is none or nothing is dropped.
  fileprivate func offset(places: Int) -> Int128? {
    guard (1...110).contains(places) else { return nil }
    switch self {
    case .truncate: return 0
    case .roundHalfUp: return Int128(1) << (places - 1)
    case .roundHalfDown: return (Int128(1) << (places - 1)) - 1
    case .truncateTowardZero, .roundHalfAwayFromZero, .roundHalfTowardZero, .roundHalfToEven: return nil
    }
  }
}
