extension InstructionEmission {
  /// A row of a multiplier, `sum + (factor · digit << shift)`, in one look-up table and one bit of a carry chain for every bit.
  ///
  /// It is written as a difference: of a sum, synthesis may take either term into the carry chain itself, and with the row
  /// there instead of the sum so far every bit would cost a second table. What is subtracted is the opposite of the row, whose
  /// bits are those of the multiple or their inverses; the borrow of one bit below completes it.
  func row(_ sum: Operand, _ factor: Operand, digits: Operand, place: Int, shift: Int) -> Emission {
    if shift >= width { return Emission(value: sum.window(width: width)) }
    let bits = width - shift
    func digit(_ index: Int) -> Expression {
      index < 0 ? .literal(0, width: 1) : digits.window(low: index, width: 1)
    }
    let (low, middle, high) = (digit(place - 1), digit(place), digit(place + 1))
    let once = factor.window(width: bits)
    let twice = Expression.joined([factor.part(width: bits - 1), .literal(0, width: 1)])
    let multiple = Expression.conditional(
      .exclusiveOr(middle, low),
      once,
      .conditional(.exclusiveOr(high, middle), twice, .literal(0, width: bits))
    )
    let row = Net(name: "\(name)_row", width: bits)
    let total = Net(name: "\(name)_sum", width: bits + 1)
    let opposite = Expression.binary(.xor, multiple, .repeated(bits, high.inverted))
    let terms = Expression.joined([sum.window(low: shift, width: bits), .literal(0, width: 1)])
    return Emission(
      helpers: [(row, opposite), (total, .binary(.subtract, terms, .concatenation([row.whole, high.inverted])))],
      value: .joined([.slice(total, high: bits, low: 1), sum.part(width: shift)])
    )
  }
}
