import FixedPoint

/// An operand of an adder: a value and the power of two it is multiplied by.
private struct ShiftedOperand {
  var value: ValueID
  var shift: Int
}

extension NetlistBuilder {
  /// The sum `(a << aShift) + (b << bShift)`.
  package mutating func sum(_ a: ValueID, shift aShift: Int = 0, _ b: ValueID, shift bShift: Int = 0) -> ValueID {
    if constantValue(a) == 0 { return shiftLeft(b, bShift) }
    if constantValue(b) == 0 { return shiftLeft(a, aShift) }
    var first = stripped(a, shift: aShift)
    var second = stripped(b, shift: bShift)
    let common = min(first.shift, second.shift)
    first = rebased(first, by: common)
    second = rebased(second, by: common)
    if first.value == second.value && first.shift == second.shift { return shiftLeft(first.value, common + 1) }
    if (second.value, second.shift) < (first.value, first.shift) { swap(&first, &second) }
    let id = add(
      .add(
        first.value,
        aShift: UInt8(clamping: first.shift),
        second.value,
        bShift: UInt8(clamping: second.shift)
      )
    )
    return shiftLeft(id, common)
  }

  /// The difference `(a << aShift) - (b << bShift)`.
  package mutating func difference(
    _ a: ValueID,
    shift aShift: Int = 0,
    _ b: ValueID,
    shift bShift: Int = 0
  ) -> ValueID {
    if constantValue(b) == 0 { return shiftLeft(a, aShift) }
    var first = stripped(a, shift: aShift)
    var second = stripped(b, shift: bShift)
    // Zero has no trailing zeros to speak of; it stands on the other operand's grid.
    if constantValue(a) == 0 { first.shift = second.shift }
    let common = min(first.shift, second.shift)
    first = rebased(first, by: common)
    second = rebased(second, by: common)
    if first.value == second.value && first.shift == second.shift { return constant(0) }
    let id = add(
      .subtract(
        first.value,
        aShift: UInt8(clamping: first.shift),
        second.value,
        bShift: UInt8(clamping: second.shift)
      )
    )
    return shiftLeft(id, common)
  }

  /// The negated value `-a`.
  package mutating func negate(_ a: ValueID) -> ValueID { difference(constant(0), a) }

  package mutating func product(_ a: ValueID, _ b: ValueID) -> ValueID {
    for (constantSide, other) in [(a, b), (b, a)] {
      guard let factor = constantValue(constantSide) else { continue }
      if factor == 0 { return constant(0) }
      if factor == -1 { return negate(other) }
      if factor > 0 && factor & (factor - 1) == 0 { return shiftLeft(other, factor.trailingZeroBitCount) }
    }
    return add(.multiply(min(a, b), max(a, b)))
  }

  /// `a · 2^places`.
  ///
  /// - Precondition: `places` is not negative, unless `a` is always 0.
  package mutating func shiftLeft(_ a: ValueID, _ places: Int) -> ValueID {
    precondition(places >= 0 || range(a) == Interval(0), "a shift to the left goes to the left")
    if places == 0 || constantValue(a) == 0 { return a }
    if let value = constantValue(a), !range(a).shifted(by: places).isTooWide { return constant(value << places) }
    if case .shiftLeft(let inner, let n) = instruction(a) { return shiftLeft(inner, places + Int(n)) }
    return add(.shiftLeft(a, places: UInt8(clamping: places)))
  }

  /// The floor of `a / 2^places`.
  package mutating func shiftRight(_ a: ValueID, _ places: Int) -> ValueID {
    if places == 0 { return a }
    let places = min(places, 127)
    if case .shiftLeft(let inner, let n) = instruction(a) {
      return Int(n) >= places ? shiftLeft(inner, Int(n) - places) : shiftRight(inner, places - Int(n))
    }
    if case .shiftRight(let inner, let n) = instruction(a) { return shiftRight(inner, places + Int(n)) }
    return add(.shiftRight(a, places: UInt8(places)))
  }

  /// A value without the shift or the trailing zeros that it ends with.
  private mutating func stripped(_ a: ValueID, shift: Int) -> ShiftedOperand {
    if case .shiftLeft(let inner, let n) = instruction(a) { return ShiftedOperand(value: inner, shift: shift + Int(n)) }
    guard let value = constantValue(a), value != 0 else { return ShiftedOperand(value: a, shift: shift) }
    let zeros = value.trailingZeroBitCount
    return ShiftedOperand(value: zeros == 0 ? a : constant(value >> zeros), shift: shift + zeros)
  }

  /// The operand over `2^common`; a constant takes what is left of its shift into its value.
  private mutating func rebased(_ operand: ShiftedOperand, by common: Int) -> ShiftedOperand {
    let shift = operand.shift - common
    if shift > 0, let value = constantValue(operand.value), !Interval(value).shifted(by: shift).isTooWide {
      return ShiftedOperand(value: constant(value << shift), shift: 0)
    }
    return ShiftedOperand(value: operand.value, shift: shift)
  }
}
