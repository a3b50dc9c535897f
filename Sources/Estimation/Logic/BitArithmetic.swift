/// Sums and comparisons as synthesis maps them: carry chains, of one and two bits plain logic.
extension BitNetwork {
  /// The longest sums that are plain logic.
  private static let plainBits = 2
  /// Inputs of a look-up table.
  private static let tableInputs = 6

  /// `a + b`, or `a - b`; both operands have the width of the result.
  mutating func sum(_ a: [BitLiteral], _ b: [BitLiteral], subtracts: Bool, owner: Int32) -> [BitLiteral] {
    let others = subtracts ? b.map { ~$0 } : b
    let differences = zip(a, others).map { xor($0, $1, owner: owner) }
    if a.count > Self.plainBits { return chain(propagate: differences, generate: a, owner: owner) }
    var carry = BitLiteral.constant(subtracts)
    var result: [BitLiteral] = []
    for (bit, difference) in differences.enumerated() {
      result.append(xor(difference, carry, owner: owner))
      carry = select(difference, carry, a[bit], owner: owner)
    }
    return result
  }

  /// `a + b + c` by carry, the words as wide as the result: a table a bit, whose second output the next bit's table takes.
  mutating func sum(ofThree words: [[BitLiteral]], owner: Int32) -> [BitLiteral] {
    var carried = BitLiteral.zero
    var (propagate, generate): ([BitLiteral], [BitLiteral]) = ([], [])
    for place in words[0].indices {
      generate.append(carried)
      carried = add(.pair, owner: owner, words.map { $0[place] } + [carried])
      propagate.append(carried)
    }
    return chain(propagate: propagate, generate: generate, owner: owner)
  }

  /// `a + b + constant` without tables of two outputs.
  ///
  /// Both bits and the constant's give something to their own place and to the next one; the sum of both is one carry chain.
  mutating func sum(ofTwo words: [[BitLiteral]], plus constant: [BitLiteral], owner: Int32) -> [BitLiteral] {
    guard words.count == 2 else { return sum(ofThree: words + [constant], owner: owner) }
    var carried = BitLiteral.zero
    var (own, fromBelow): ([BitLiteral], [BitLiteral]) = ([], [])
    for place in constant.indices {
      let (a, b) = (words[0][place], words[1][place])
      own.append(xor(xor(a, b, owner: owner), constant[place], owner: owner))
      fromBelow.append(carried)
      carried = constant[place] == .one ? or(a, b, owner: owner) : and(a, b, owner: owner)
    }
    return sum(fromBelow, own, subtracts: false, owner: owner)
  }

  /// `sum + factor · digit`, of a digit's three bits, the lowest first: a row of a multiplier.
  mutating func row(_ sum: [BitLiteral], _ factor: [BitLiteral], digit: [BitLiteral], owner: Int32) -> [BitLiteral] {
    let bits = sum.indices.map { place in
      // The same function of the same bits is the same table.
      table([], [sum[place], factor[place], place == 0 ? .zero : factor[place - 1]] + digit, owner: owner)
    }
    // The lowest bit of the chain makes the carry of a negative multiple.
    return Array(chain(propagate: [digit[2]] + bits, generate: [.zero] + sum, owner: owner).dropFirst())
  }

  /// `a < b` of words of the same width, by carry; the pairs of a few bits each are decided by look-up tables.
  mutating func less(_ a: [BitLiteral], _ b: [BitLiteral], owner: Int32) -> BitLiteral {
    let isConstant = a.allSatisfy(\.isConstant) || b.allSatisfy(\.isConstant)
    if isConstant && a.count <= Self.tableInputs { return table(a + b, owner: owner) }
    let group = isConstant ? Self.tableInputs : Self.tableInputs / 2
    var (propagate, generate): ([BitLiteral], [BitLiteral]) = ([], [])
    // From the highest bits down, so that the last group may be the short one.
    var end = a.count
    while end > 0 {
      let bits = max(0, end - group)..<end
      let inputs = Array(a[bits]) + Array(b[bits])
      propagate.append(table(inputs, owner: owner))
      generate.append(table(inputs, owner: owner))
      end = bits.lowerBound
    }
    if propagate.count > Self.plainBits {
      return chain(propagate: propagate.reversed(), generate: generate.reversed(), owner: owner).last ?? .zero
    }
    var result = BitLiteral.zero
    for (goesOn, decided) in zip(propagate, generate).reversed() {
      result = or(decided, and(goesOn, result, owner: owner), owner: owner)
    }
    return result
  }

  /// `a == b` of words of the same width.
  mutating func equal(_ a: [BitLiteral], _ b: [BitLiteral], owner: Int32) -> BitLiteral {
    all(zip(a, b).map { ~xor($0, $1, owner: owner) }, owner: owner)
  }
}
