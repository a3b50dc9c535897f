import FixedPoint

extension NetlistBuilder {
  /// Bits `low …< low + width` of the two's complement pattern, unsigned.
  package mutating func bits(_ a: ValueID, low: Int, width: Int) -> ValueID {
    if width == 0 { return constant(0) }
    // Beyond bit 126 every pattern repeats its sign.
    let low = min(low, 127)
    let mask = (Int128(1) << width) - 1
    let shifted = range(a).shifted(by: -low)
    if shifted.lower >= 0 && shifted.upper <= mask { return shiftRight(a, low) }
    switch instruction(a) {
    case .shiftLeft(let inner, let n) where low >= Int(n): return bits(inner, low: low - Int(n), width: width)
    case .shiftLeft(_, let n) where low + width <= Int(n): return constant(0)
    case .shiftRight(let inner, let n): return bits(inner, low: low + Int(n), width: width)
    case .bits(let inner, let innerLow, let innerWidth) where low + width <= Int(innerWidth):
      return bits(inner, low: low + Int(innerLow), width: width)
    case .wrap(let inner, let innerWidth, _) where low + width <= Int(innerWidth):
      return bits(inner, low: low, width: width)
    case .input, .constant, .add, .subtract, .addThree, .multiply, .accumulate, .shiftLeft, .bits, .wrap, .clamp, .less,
      .equal,
      .select, .and,
      .or, .not, .lookup:
      return add(.bits(a, low: UInt8(low), width: UInt8(width)))
    }
  }

  /// The low `width` bits, read as two's complement or unsigned.
  package mutating func wrap(_ a: ValueID, width: Int, signed: Bool) -> ValueID {
    let type = FixedPointType(width: width, integerBits: width, isSigned: signed)
    if type.rawRange.contains(range(a)) { return a }
    if let value = constantValue(a) { return constant(type.wrapped(value)) }
    switch instruction(a) {
    case .wrap(let inner, let innerWidth, _) where Int(innerWidth) >= width:
      return wrap(inner, width: width, signed: signed)
    case .bits(let inner, 0, let innerWidth) where Int(innerWidth) >= width:
      return wrap(inner, width: width, signed: signed)
    case .shiftLeft(_, let n) where Int(n) >= width: return constant(0)
    case .shiftLeft(let inner, let n): return shiftLeft(wrap(inner, width: width - Int(n), signed: signed), Int(n))
    case .input, .constant, .add, .subtract, .addThree, .multiply, .accumulate, .shiftRight, .bits, .wrap, .clamp,
      .less, .equal,
      .select, .and,
      .or, .not, .lookup:
      return add(.wrap(a, width: UInt8(width), signed: signed))
    }
  }

  /// Limits a value: `min(max(a, lower), upper)`.
  package mutating func clamp(_ a: ValueID, to bounds: Interval) -> ValueID {
    if bounds.contains(range(a)) { return a }
    // Bounds that the value never reaches are those of the value.
    let clamped = Interval(bounds.nearest(to: range(a).lower), bounds.nearest(to: range(a).upper))
    if clamped.isConstant { return constant(clamped.lower) }
    if case .clamp(let inner, _, _) = instruction(a) { return clamp(inner, to: clamped) }
    return add(.clamp(a, lower: clamped.lower, upper: clamped.upper))
  }
}
