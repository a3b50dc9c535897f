import FixedPoint

/// Where the carry chain of an addition or subtraction runs.
package struct AdderSpan: Hashable, Sendable {
  /// Low result bits that are copies of one operand's bits: wires.
  package var copiedBits: Int
  /// Bits of the carry chain: from the higher operand's lowest bit to the result's highest.
  package var carryBits: Int
}

extension Netlist {
  /// The span of an adder, a subtractor or a row of a multiplier; nil for anything else.
  ///
  /// In `a + (b << s)` and `a - (b << s)` the low `s` bits are those of `a`. In `(a << s) - b` none are.
  /// A row of a multiplier adds from its shift on.
  package func adderSpan(of id: ValueID) -> AdderSpan? {
    let value = self[id]
    let copied: Int
    switch value.instruction {
    case .add(let a, let s, let b, let t):
      copied = isConcatenation(a, s, b, t) ? value.width : Int(max(s, t))
    case .subtract(_, let s, _, let t): copied = s > 0 ? 0 : Int(t)
    case .addThree(let a, let b, let c): copied = firstSharedBit(of: [a, b, c])
    case .accumulate(_, _, _, _, let shift): copied = Int(shift)
    case .input, .constant, .multiply, .shiftLeft, .shiftRight, .bits, .wrap, .clamp, .less, .equal, .select, .and,
      .or, .not, .lookup:
      return nil
    }
    return AdderSpan(copiedBits: min(copied, value.width), carryBits: max(value.width - copied, 0))
  }

  /// The lowest bit of a sum that more than one term decides: those below are copies of one positive term's bits.
  package func firstSharedBit(of terms: [SumTerm]) -> Int {
    let lows = terms.map { lowestBit(of: $0) }
    let second = lows.sorted().dropFirst().first ?? 0
    // A negative term is inverted, and one is added to its lowest bit; a constant is one with its sign.
    return zip(terms, lows).reduce(second) { low, term in
      term.0.isNegative && !self[term.0.value].range.isConstant ? min(low, term.1) : low
    }
  }

  /// The lowest bit of a term that is not always zero.
  private func lowestBit(of term: SumTerm) -> Int {
    let range = self[term.value].range
    return Int(term.shift) + (range.isConstant ? range.lower.trailingZeroBitCount % 128 : 0)
  }

  /// Whether no bit of the result depends on both operands of a sum: it is wires only.
  private func isConcatenation(_ a: ValueID, _ s: UInt8, _ b: ValueID, _ t: UInt8) -> Bool {
    let (low, shift) = s == 0 ? (self[a], t) : (self[b], s)
    return shift > 0 && !low.isSigned && low.width <= Int(shift)
  }
}
