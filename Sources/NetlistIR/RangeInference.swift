import FixedPoint

extension Instruction {
  /// The interval of the result, given the intervals of the operands: everything that can occur, as far as one
  /// instruction alone shows it.
  ///
  /// - Precondition: operands are what the instruction asks for: conditions are 0 or 1, addresses lie inside the ROM.
  package func range(inputs: [NetlistPort], roms: [Rom], operand: (ValueID) -> Interval) -> Interval {
    switch self {
    case .input(let index): return inputs[Int(index)].range ?? inputs[Int(index)].type.rawRange
    case .constant(let value): return Interval(value)
    case .add(let a, let s, let b, let t): return operand(a).shifted(by: Int(s)) + operand(b).shifted(by: Int(t))
    case .subtract(let a, let s, let b, let t): return operand(a).shifted(by: Int(s)) - operand(b).shifted(by: Int(t))
    case .addThree(let a, let b, let c):
      return [b, c].reduce(operand(a.value).shifted(by: Int(a.shift))) { sum, term in
        let addend = operand(term.value).shifted(by: Int(term.shift))
        return term.isNegative ? sum - addend : sum + addend
      }
    case .multiply(let a, let b): return a == b ? operand(a).squared : operand(a) * operand(b)
    case .accumulate(let sum, let factor, let digits, let place, let shift):
      let digit = RadixFourDigit.range(of: operand(digits), at: Int(place))
      return operand(sum) + (operand(factor) * digit).shifted(by: Int(shift))
    case .shiftLeft(let a, let places): return operand(a).shifted(by: Int(places))
    case .shiftRight(let a, let places): return operand(a).shifted(by: -Int(places))
    case .bits(let a, let low, let width): return operand(a).bits(low: Int(low), width: Int(width))
    case .wrap(let a, let width, let signed):
      let word = FixedPointType(width: Int(width), integerBits: Int(width), isSigned: signed).rawRange
      return word.contains(operand(a)) ? operand(a) : word
    case .clamp(let a, let lower, let upper):
      let bounds = Interval(lower, upper)
      return Interval(bounds.nearest(to: operand(a).lower), bounds.nearest(to: operand(a).upper))
    case .less(let a, let b):
      if operand(a).upper < operand(b).lower { return Interval(1) }
      return operand(a).lower >= operand(b).upper ? Interval(0) : .bit
    case .equal(let a, let b):
      if operand(a).isConstant && operand(a) == operand(b) { return Interval(1) }
      return operand(a).intersection(operand(b)) == nil ? Interval(0) : .bit
    case .select(let condition, let a, let b):
      guard operand(condition).isConstant else { return operand(a).union(operand(b)) }
      return operand(condition).lower != 0 ? operand(a) : operand(b)
    case .and(let a, let b):
      return Interval(operand(a).lower & operand(b).lower, operand(a).upper & operand(b).upper)
    case .or(let a, let b):
      return Interval(operand(a).lower | operand(b).lower, operand(a).upper | operand(b).upper)
    case .not(let a): return Interval(1) - operand(a)
    case .lookup(let rom, let address): return roms[rom.index].range(of: operand(address))
    }
  }
}

extension Interval {
  /// The interval of bits `low …< low + width`, unsigned.
  fileprivate func bits(low: Int, width: Int) -> Interval {
    let mask = (Int128(1) << width) - 1
    let shifted = shifted(by: -low)
    return shifted.lower >= 0 && shifted.upper <= mask ? shifted : Interval(0, mask)
  }
}

extension Rom {
  /// The interval of the entries that an interval of addresses reaches.
  package func range(of addresses: Interval) -> Interval {
    let first = Int(max(addresses.lower, 0))
    let last = Int(min(addresses.upper, Int128(entries.count - 1)))
    guard first <= last else { return range }
    var low = entries[first]
    var high = low
    for entry in entries[first...last] {
      low = min(low, entry)
      high = max(high, entry)
    }
    return Interval(Int128(low), Int128(high))
  }
}
