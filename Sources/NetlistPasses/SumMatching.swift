import Devices
import FixedPoint
import NetlistIR

/// Two adders that one of three operands replaces.
struct SumPair {
  /// The one that the other reads, and the other.
  var inner: Int
  var outer: Int
  /// The first is positive.
  var terms: [SumTerm]
  /// Look-up tables that joining saves, in eighths.
  var gain: Int

  /// As one adder, in picoseconds.
  func delay(in netlist: Netlist, _ model: DelayModel) -> Int32 {
    let bits = netlist.values[outer].width - netlist.firstSharedBit(of: terms)
    return Int32(model.sumOfThree(terms, bits: bits, in: netlist))
  }
}

/// The pairs of adders that may be joined, and the best choice among them in which no adder is in two.
struct SumMatching {
  /// By value: the pairs of which it is the outer adder.
  private var candidates: [[SumPair]]

  init(_ netlist: Netlist, usesBlockRegisters: Bool) {
    candidates = Self.joinable(netlist, usesBlockRegisters: usesBlockRegisters).map { $0.filter { $0.gain > 0 } }
  }

  /// By outer adder: all pairs of which nobody else reads the inner one.
  static func joinable(_ netlist: Netlist, usesBlockRegisters: Bool) -> [[SumPair]] {
    var candidates = [[SumPair]](repeating: [], count: netlist.values.count)
    let costs = SumCosts(netlist, usesBlockRegisters: usesBlockRegisters)
    for (index, value) in netlist.values.enumerated() {
      guard costs.isFree[index], let outer = value.instruction.terms, outer.count == 2 else { continue }
      for (place, term) in outer.enumerated() where costs.readers[term.value.index] == 1 {
        guard costs.isFree[term.value.index], let inner = netlist[term.value].instruction.terms, inner.count == 2,
          let terms = Self.joined(inner, into: term, with: outer[1 - place])
        else { continue }
        let gain =
          costs.price(of: inner, for: term.value.index) + costs.price(of: outer, for: index)
          - costs.price(of: terms, for: index)
        candidates[index].append(SumPair(inner: term.value.index, outer: index, terms: terms, gain: gain))
      }
    }
    return candidates
  }

  /// The terms of both, a positive one first; nil where none is, or where one would be shifted too far.
  private static func joined(_ inner: [SumTerm], into term: SumTerm, with other: SumTerm) -> [SumTerm]? {
    var terms: [SumTerm] = [other]
    for part in inner {
      let shift = Int(part.shift) + Int(term.shift)
      guard shift <= FixedPointType.maximumWidth else { return nil }
      terms.append(
        SumTerm(part.value, shift: UInt8(shift), isNegative: part.isNegative != term.isNegative)
      )
    }
    guard let positive = terms.firstIndex(where: { !$0.isNegative }), terms.contains(where: { $0.shift == 0 }) else {
      return nil
    }
    terms.swapAt(0, positive)
    return terms
  }

  /// Takes a pair from the choice.
  mutating func forbid(_ pair: SumPair) { candidates[pair.outer].removeAll { $0.inner == pair.inner } }

  /// By outer adder, the chosen pair: the greatest gain together.
  func pairs() -> [SumPair?] {
    // Of the trees below each adder: the most that can be gained, and the same if its reader takes the adder.
    var best = [Int](repeating: 0, count: candidates.count)
    var withoutOwn = best
    var choice = [SumPair?](repeating: nil, count: candidates.count)
    for index in candidates.indices where !candidates[index].isEmpty {
      withoutOwn[index] = candidates[index].reduce(0) { $0 + best[$1.inner] }
      best[index] = withoutOwn[index]
      for pair in candidates[index] {
        let gain = withoutOwn[index] - best[pair.inner] + withoutOwn[pair.inner] + pair.gain
        if gain > best[index] { (best[index], choice[index]) = (gain, pair) }
      }
    }
    // From the roots down: an adder whose reader has taken it is no outer one.
    var isTaken = [Bool](repeating: false, count: candidates.count)
    for index in candidates.indices.reversed() {
      if isTaken[index] { choice[index] = nil }
      if let pair = choice[index] { isTaken[pair.inner] = true }
    }
    return choice
  }
}
