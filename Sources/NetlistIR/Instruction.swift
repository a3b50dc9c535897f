/// A scalar computation on integers.
///
/// Results are exact: the result's interval contains whatever can occur.
package enum Instruction: Hashable, Sendable {
  /// An element of the flat input vector.
  case input(Int32)
  case constant(Int128)
  /// `(a << aShift) + (b << bShift)`; shifts are not negative and at most one is positive.
  case add(ValueID, aShift: UInt8, ValueID, bShift: UInt8)
  /// `(a << aShift) - (b << bShift)`
  case subtract(ValueID, aShift: UInt8, ValueID, bShift: UInt8)
  /// The sum of three terms in one carry chain; the first is positive, and at least one is not shifted.
  case addThree(SumTerm, SumTerm, SumTerm)
  /// `a · b`
  case multiply(ValueID, ValueID)
  /// `sum + (factor · digit << shift)`: a row of a multiplier, of a ``RadixFourDigit`` of another value.
  case accumulate(sum: ValueID, factor: ValueID, digits: ValueID, place: UInt8, shift: UInt8)
  /// `a << places`: wires only.
  case shiftLeft(ValueID, places: UInt8)
  /// `floor(a / 2^places)`: wires only.
  case shiftRight(ValueID, places: UInt8)
  /// Bits `low …< low + width` of the two's complement pattern of `a`, as an unsigned number: wires only.
  case bits(ValueID, low: UInt8, width: UInt8)
  /// The low `width` bits of `a`, read as two's complement or unsigned: wires only.
  case wrap(ValueID, width: UInt8, signed: Bool)
  /// `min(max(a, lower), upper)`
  case clamp(ValueID, lower: Int128, upper: Int128)
  /// `a < b` as 0 or 1.
  case less(ValueID, ValueID)
  /// `a == b` as 0 or 1.
  case equal(ValueID, ValueID)
  /// `condition != 0 ? a : b`; the condition is 0 or 1.
  case select(condition: ValueID, ValueID, ValueID)
  /// Of two conditions.
  case and(ValueID, ValueID)
  case or(ValueID, ValueID)
  /// `1 - a` of a condition.
  case not(ValueID)
  /// The ROM's entry at a non-negative address.
  case lookup(RomID, address: ValueID)

  /// The values that it reads, in order.
  package var operands: [ValueID] {
    switch self {
    case .input, .constant: []
    case .add(let a, _, let b, _), .subtract(let a, _, let b, _), .multiply(let a, let b), .less(let a, let b),
      .equal(let a, let b), .and(let a, let b), .or(let a, let b):
      [a, b]
    case .addThree(let a, let b, let c): [a.value, b.value, c.value]
    case .shiftLeft(let a, _), .shiftRight(let a, _), .bits(let a, _, _), .wrap(let a, _, _), .clamp(let a, _, _),
      .not(let a), .lookup(_, let a):
      [a]
    case .select(let condition, let a, let b): [condition, a, b]
    case .accumulate(let sum, let factor, let digits, _, _): [sum, factor, digits]
    }
  }

  /// Calls `body` with every operand, in order, without making an array of them.
  package func forEachOperand(_ body: (ValueID) -> Void) {
    switch self {
    case .input, .constant: break
    case .add(let a, _, let b, _), .subtract(let a, _, let b, _), .multiply(let a, let b), .less(let a, let b),
      .equal(let a, let b), .and(let a, let b), .or(let a, let b):
      body(a)
      body(b)
    case .addThree(let a, let b, let c):
      body(a.value)
      body(b.value)
      body(c.value)
    case .shiftLeft(let a, _), .shiftRight(let a, _), .bits(let a, _, _), .wrap(let a, _, _), .clamp(let a, _, _),
      .not(let a), .lookup(_, let a):
      body(a)
    case .accumulate(let sum, let factor, let digits, _, _):
      body(sum)
      body(factor)
      body(digits)
    case .select(let condition, let a, let b):
      body(condition)
      body(a)
      body(b)
    }
  }

  /// The same computation on renamed operands.
  package func mapOperands(_ rename: (ValueID) -> ValueID) -> Instruction {
    switch self {
    case .input, .constant: self
    case .add(let a, let s, let b, let t): .add(rename(a), aShift: s, rename(b), bShift: t)
    case .subtract(let a, let s, let b, let t): .subtract(rename(a), aShift: s, rename(b), bShift: t)
    case .addThree(let a, let b, let c): .addThree(a.renamed(rename), b.renamed(rename), c.renamed(rename))
    case .multiply(let a, let b): .multiply(rename(a), rename(b))
    case .accumulate(let sum, let factor, let digits, let place, let shift):
      .accumulate(
        sum: rename(sum),
        factor: rename(factor),
        digits: rename(digits),
        place: place,
        shift: shift
      )
    case .shiftLeft(let a, let n): .shiftLeft(rename(a), places: n)
    case .shiftRight(let a, let n): .shiftRight(rename(a), places: n)
    case .bits(let a, let low, let width): .bits(rename(a), low: low, width: width)
    case .wrap(let a, let width, let signed): .wrap(rename(a), width: width, signed: signed)
    case .clamp(let a, let low, let high): .clamp(rename(a), lower: low, upper: high)
    case .less(let a, let b): .less(rename(a), rename(b))
    case .equal(let a, let b): .equal(rename(a), rename(b))
    case .select(let c, let a, let b): .select(condition: rename(c), rename(a), rename(b))
    case .and(let a, let b): .and(rename(a), rename(b))
    case .or(let a, let b): .or(rename(a), rename(b))
    case .not(let a): .not(rename(a))
    case .lookup(let rom, let a): .lookup(rom, address: rename(a))
    }
  }

  /// Whether it costs wires only: no logic, no delay.
  package var isWiring: Bool {
    switch self {
    case .input, .constant, .shiftLeft, .shiftRight, .bits, .wrap: true
    case .add, .subtract, .addThree, .multiply, .accumulate, .clamp, .less, .equal, .select, .and, .or, .not, .lookup:
      false
    }
  }
}
