import FixedPoint

extension NetlistBuilder {
  /// `a < b` as 0 or 1.
  package mutating func less(_ a: ValueID, _ b: ValueID) -> ValueID { a == b ? constant(0) : add(.less(a, b)) }

  package mutating func isNegative(_ a: ValueID) -> ValueID { less(a, constant(0)) }

  package mutating func equal(_ a: ValueID, _ b: ValueID) -> ValueID {
    if a == b { return constant(1) }
    for (constantSide, other) in [(a, b), (b, a)] where range(other) == .bit {
      if constantValue(constantSide) == 1 { return other }
      if constantValue(constantSide) == 0 { return not(other) }
    }
    return add(.equal(min(a, b), max(a, b)))
  }

  /// The choice `condition ? a : b`.
  package mutating func select(_ condition: ValueID, _ a: ValueID, _ b: ValueID) -> ValueID {
    if let value = constantValue(condition) { return value != 0 ? a : b }
    if a == b { return a }
    if case .not(let inner) = instruction(condition) { return select(inner, b, a) }
    if constantValue(a) == 1 && constantValue(b) == 0 { return condition }
    if constantValue(a) == 0 && constantValue(b) == 1 { return not(condition) }
    return add(.select(condition: condition, a, b))
  }

  package mutating func and(_ a: ValueID, _ b: ValueID) -> ValueID {
    if let value = constantValue(a) { return value != 0 ? b : a }
    if let value = constantValue(b) { return value != 0 ? a : b }
    return a == b ? a : add(.and(min(a, b), max(a, b)))
  }

  package mutating func or(_ a: ValueID, _ b: ValueID) -> ValueID {
    if let value = constantValue(a) { return value != 0 ? a : b }
    if let value = constantValue(b) { return value != 0 ? b : a }
    return a == b ? a : add(.or(min(a, b), max(a, b)))
  }

  package mutating func not(_ a: ValueID) -> ValueID {
    if let value = constantValue(a) { return constant(1 - value) }
    if case .not(let inner) = instruction(a) { return inner }
    return add(.not(a))
  }
}
