/// Sums and comparisons as synthesis maps them: carry chains, of one and two bits plain logic.
extension BitNetwork {
  /// The longest sums that are plain logic.
  private static let plainBits = 2
  /// Inputs of a look-up table.
  private static let tableInputs = 6

  /// `a + b`, or `a - b`; both operands have the width of the result.
  mutating func sum(_ a: [BitLiteral], _ b: [BitLiteral], subtracts: Bool, owner: Int32) -> [BitLiteral] {
    var (a, others, carriesIn) = (a, subtracts ? b.map { ~$0 } : b, subtracts)
    // A one at the lowest bit comes in as a carry: it takes no inverter.
    if !carriesIn, a.first == .one || others.first == .one {
      carriesIn = true
      if a[0] == .one { a[0] = .zero } else { others[0] = .zero }
    }
    let differences = zip(a, others).map { xor($0, $1, owner: owner) }
    if a.count > Self.plainBits {
      let generate = style == .primitives ? zip(a, others).map { generating($0, $1) } : a
      return chain(propagate: differences, generate: generate, carriesIn: carriesIn, owner: owner)
    }
    var carry = BitLiteral.constant(carriesIn)
    var result: [BitLiteral] = []
    for (bit, difference) in differences.enumerated() {
      result.append(xor(difference, carry, owner: owner))
      carry = select(difference, carry, a[bit], owner: owner)
    }
    return result
  }

  /// Which of two bits of a sum goes on where they are equal: rather one that is a signal anyway than a table's, which is
  /// then part of the one before the chain.
  private func generating(_ a: BitLiteral, _ b: BitLiteral) -> BitLiteral {
    func cost(_ bit: BitLiteral) -> Int {
      if bit.isConstant { return 0 }
      if case .gate = nodes[bit.node].kind { return 2 + nodes[bit.node].operands.count }
      return bit.isInverted ? 2 : 1
    }
    return cost(b) < cost(a) ? b : a
  }

  /// `a + b + c` by carry, the words as wide as the result: a table a bit, whose second output the next bit's table takes.
  ///
  /// - Parameter ones: how many ones are added at the lowest bit, at most two: for each negative word, which is inverted.
  mutating func sum(ofThree words: [[BitLiteral]], ones: Int, owner: Int32) -> [BitLiteral] {
    var fromBelow = BitLiteral.constant(ones > 1)
    var (propagate, generate): ([BitLiteral], [BitLiteral]) = ([], [])
    for place in words[0].indices {
      let bits = words.map { $0[place] }
      generate.append(fromBelow)
      let parity = function(.pair, of: bits + [fromBelow], owner: owner) { $0.nonzeroBitCount % 2 == 1 }
      // An instance of the firmware's module has a table at every bit, even where a wire would do.
      let isTable = if case .pair = nodes[parity.node].kind { true } else { false }
      propagate.append(style == .expressions && !isTable ? add(.pair, owner: owner, [parity]) : parity)
      fromBelow = function(.majority, of: bits, owner: owner) { $0.nonzeroBitCount > 1 }
    }
    return chain(propagate: propagate, generate: generate, carriesIn: ones > 0, owner: owner)
  }

  /// `a + b + constant` without tables of two outputs.
  ///
  /// Both bits and the constant's give something to their own place and to the next one; the sum of both is one carry chain.
  /// As many tables as that takes; what negative words add at the lowest bit comes in as a carry, and is left out.
  mutating func sum(ofTwo words: [[BitLiteral]], plus constant: [BitLiteral], owner: Int32) -> [BitLiteral] {
    guard words.count == 2 else { return sum(ofThree: words + [constant], ones: 0, owner: owner) }
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
      let inputs = [sum[place], factor[place], place == 0 ? .zero : factor[place - 1]] + digit
      return function(of: inputs, owner: owner) { row in
        func bit(_ index: Int) -> Bool { row >> index & 1 == 1 }
        // Once where one of the lower two bits is set, twice where both are like each other and unlike the sign.
        let multiple = bit(3) != bit(4) ? bit(1) : bit(4) != bit(5) && bit(2)
        return (multiple != bit(5)) != bit(0)
      }
    }
    // The lowest bit of the chain makes the carry of a negative multiple.
    let (propagate, generate) = ([digit[2]] + bits, [.zero] + sum)
    return Array(chain(propagate: propagate, generate: generate, carriesIn: true, owner: owner).dropFirst())
  }

  /// `a < b` of words of the same width, by carry; the pairs of a few bits each are decided by look-up tables.
  mutating func less(_ a: [BitLiteral], _ b: [BitLiteral], owner: Int32) -> BitLiteral {
    let isConstant = a.allSatisfy(\.isConstant) || b.allSatisfy(\.isConstant)
    if isConstant && a.count <= Self.tableInputs {
      return compared(a[...], b[...], owner: owner) { $0 < $1 }
    }
    let group = isConstant ? Self.tableInputs : Self.tableInputs / 2
    var (propagate, generate): ([BitLiteral], [BitLiteral]) = ([], [])
    // From the highest bits down, so that the last group may be the short one.
    var end = a.count
    while end > 0 {
      let bits = max(0, end - group)..<end
      propagate.append(compared(a[bits], b[bits], owner: owner) { $0 == $1 })
      generate.append(compared(a[bits], b[bits], owner: owner) { $0 < $1 })
      end = bits.lowerBound
    }
    if propagate.count > Self.plainBits {
      return carry(propagate: propagate.reversed(), generate: generate.reversed(), owner: owner)
    }
    var result = BitLiteral.zero
    for (goesOn, decided) in zip(propagate, generate).reversed() {
      result = or(decided, and(goesOn, result, owner: owner), owner: owner)
    }
    return result
  }

  /// A table that compares a few bits of two words.
  private mutating func compared(
    _ a: ArraySlice<BitLiteral>,
    _ b: ArraySlice<BitLiteral>,
    owner: Int32,
    _ holds: (_ a: Int, _ b: Int) -> Bool
  ) -> BitLiteral {
    let width = a.count
    return function(of: Array(a) + Array(b), owner: owner) { holds($0 & ((1 << width) - 1), $0 >> width) }
  }

  /// `a == b` of words of the same width.
  mutating func equal(_ a: [BitLiteral], _ b: [BitLiteral], owner: Int32) -> BitLiteral {
    all(zip(a, b).map { ~xor($0, $1, owner: owner) }, owner: owner)
  }
}
