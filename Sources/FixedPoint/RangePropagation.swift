extension FixedPointType {
  /// Every raw value that quantising some `raw · 2^-fractionBits`, `raw` in `range`, can give: exact bounds where the
  /// rule is monotone over the range, the whole type where values wrap or become zero.
  package func quantizedRange(of range: Interval, fractionBits: Int) -> Interval {
    let low = quantize(raw: range.lower, fractionBits: fractionBits)
    let high = quantize(raw: range.upper, fractionBits: fractionBits)
    switch overflow {
    case .saturate, .saturateSymmetric: return Interval(low.raw, high.raw)
    case .wrap, .saturateToZero:
      return low.overflowed || high.overflowed ? rawRange : Interval(low.raw, high.raw)
    }
  }

  /// Whether no value of the range is changed by overflow when it is quantised to this type.
  package func holds(_ range: Interval, fractionBits: Int) -> Bool {
    !quantize(raw: range.lower, fractionBits: fractionBits).overflowed
      && !quantize(raw: range.upper, fractionBits: fractionBits).overflowed
  }

  /// The smallest type that holds every `raw · 2^-fractionBits` of the range exactly.
  package static func containing(_ range: Interval, fractionBits: Int) -> FixedPointType {
    let width = range.bitWidth
    return FixedPointType(width: width, integerBits: width - fractionBits, isSigned: range.lower < 0)
  }
}
