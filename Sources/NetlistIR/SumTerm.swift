/// A term of a sum of three: `±(value << shift)`.
package struct SumTerm: Hashable, Sendable {
  package var value: ValueID
  package var shift: UInt8
  package var isNegative: Bool

  package init(_ value: ValueID, shift: UInt8 = 0, isNegative: Bool = false) {
    self.value = value
    self.shift = shift
    self.isNegative = isNegative
  }

  /// What the term adds, by the number that its value is.
  package func addend(_ number: Int128) -> Int128 { isNegative ? -(number << Int(shift)) : number << Int(shift) }

  func renamed(_ rename: (ValueID) -> ValueID) -> SumTerm {
    SumTerm(rename(value), shift: shift, isNegative: isNegative)
  }
}

extension Instruction {
  /// The terms of a sum or difference; nil for anything else.
  package var terms: [SumTerm]? {
    switch self {
    case .add(let a, let s, let b, let t): [SumTerm(a, shift: s), SumTerm(b, shift: t)]
    case .subtract(let a, let s, let b, let t): [SumTerm(a, shift: s), SumTerm(b, shift: t, isNegative: true)]
    case .addThree(let a, let b, let c): [a, b, c]
    case .input, .constant, .multiply, .accumulate, .shiftLeft, .shiftRight, .bits, .wrap, .clamp, .less, .equal,
      .select, .and, .or,
      .not, .lookup:
      nil
    }
  }
}
