import FixedPoint
import FixedPointIR
import NetlistIR

extension GraphLowering {
  mutating func rectifierOutputs(_ rule: RectifierOperation, _ node: FixedNode) -> [ValueID] {
    (0..<graph[node.output].count).map { i in
      builder.element = Int32(i)
      let x = x(node, i)
      let type = outputType(node, i)
      let isPlain =
        rule.threshold[i] == 0 && rule.lowerSlope[i] == 0 && rule.lowerOffset[i] == 0 && rule.maximum == nil
      if isPlain { return builder.rectify(x, as: type) }
      return builder.requantize(rectified(x, rule, element: i), to: type)
    }
  }

  private mutating func rectified(_ x: ScaledValue, _ rule: RectifierOperation, element i: Int) -> ScaledValue {
    let offset = rule.lowerOffset.value(at: i)
    // The smallest raw value of the upper branch; one less where both branches agree there, since a sign costs nothing.
    var first = rule.firstUpper(element: i, fractionBits: x.fractionBits)
    let last = ExactValue(raw: first - 1, fractionBits: x.fractionBits)
    if first == 1, rule.isContinuous(at: last, element: i) { first = 0 }
    let isLower = x.range.upper < first ? builder.constant(1) : builder.less(x.id, builder.constant(first))
    let below = x.limited(to: Interval(min(x.range.lower, first - 1), first - 1))
    let above = x.limited(to: Interval(first, max(x.range.upper, first)))
    let line = builder.sum(product(below, rule.lowerSlope.value(at: i)), builder.scaled(offset))
    let value = builder.select(isLower, line, above)
    guard let maximum = rule.maximum?.value(at: i) else { return value }
    let limit = builder.scaled(maximum)
    return builder.minimum(value, limit)
  }
}

extension RectifierOperation {
  /// Whether the lower branch gives the argument itself.
  fileprivate func isContinuous(at x: ExactValue, element: Int) -> Bool {
    let line = x * lowerSlope.value(at: element) + lowerOffset.value(at: element)
    return !ExactValue.isLess(line, x) && !ExactValue.isLess(x, line)
  }

  /// The smallest raw value on a grid that takes the upper branch, within 126 bits.
  fileprivate func firstUpper(element: Int, fractionBits: Int) -> Int128 {
    let limit = threshold.value(at: element)
    let places = limit.fractionBits - fractionBits
    let floor = Interval(limit.raw).shifted(by: -places).lower
    let isOnGrid = places <= 0 || (floor << min(places, 126)) == limit.raw
    return isInclusive && isOnGrid ? floor : floor + 1
  }
}

extension ScaledValue {
  /// The same wire where a condition says more about it.
  fileprivate func limited(to bounds: Interval) -> ScaledValue {
    ScaledValue(id: id, fractionBits: fractionBits, range: range.intersection(bounds) ?? range)
  }
}

extension NetlistBuilder {
  /// `max(x, 0)`, quantised.
  ///
  /// Every rounding rule is monotone and keeps zero, so that rounding may come first: what the rectifier then sees is
  /// narrower. Where the type wraps, the sign chooses between the low bits and zero.
  fileprivate mutating func rectify(_ x: ScaledValue, as type: FixedPointType) -> ValueID {
    if x.range.upper <= 0 || type.width == 0 { return constant(0) }
    if x.range.lower >= 0 { return requantize(x, to: type) }
    let positive = ScaledValue(id: x.id, fractionBits: x.fractionBits, range: Interval(0, x.range.upper))
    let places = x.fractionBits - type.fractionBits
    if type.overflow == .wrap && !type.holds(positive.range, fractionBits: x.fractionBits) {
      guard places > 0 else {
        let isNegative = isNegative(x.id)
        return select(isNegative, constant(0), requantize(x, to: type))
      }
      // The sign of the rounded value serves as well, and is there anyway: what it calls zero is zero.
      let rounded = rounded(x, places: places, type.rounding.simplified(for: positive.range))
      let isNegative = isNegative(rounded.id)
      return select(isNegative, constant(0), fit(rounded, to: type))
    }
    guard places > 0 else {
      let zero = scaled(ExactValue(raw: 0, fractionBits: 0))
      return requantize(maximum(x, zero), to: type)
    }
    // For values that are not negative, three rules have simpler equals.
    let rounded = rounded(x, places: places, type.rounding.simplified(for: positive.range))
    let clamped = clamp(rounded.id, to: Interval(0, max(1, range(rounded.id).upper)))
    let range = Interval(0, max(rounded.range.upper, 0))
    return fit(ScaledValue(id: clamped, fractionBits: 0, range: range), to: type)
  }
}
