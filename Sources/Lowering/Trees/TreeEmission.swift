import FixedPoint
import FixedPointIR
import NetlistIR

/// One tree on its way into a netlist: its comparisons, its leaf contents and the code that leads from one to the other.
struct TreePlan: Sendable {
  let shape: TreeShape
  /// By word: what it adds, for each output of the tree.
  var contents: [[Int64]]

  /// - Parameter ranges: what the features can be.
  init(_ tree: FixedTree, ranges: [Interval]) {
    let width = tree.outputs.count
    var numbers: [[Int64]: Int] = [:]
    var contents: [[Int64]] = []
    let words = (0..<tree.leafCount).map { leaf in
      let values = Array(tree.leaves[leaf * width..<(leaf + 1) * width])
      if let number = numbers[values] { return number }
      numbers[values] = contents.count
      contents.append(values)
      return contents.count - 1
    }
    shape = TreeShape(tree, ranges: ranges) { words[$0] }
    self.contents = contents
  }

  /// Trees of so few comparisons read their leaves from a table that the comparisons themselves address.
  static let directLimit = 6
}

extension NetlistBuilder {
  /// The words that a tree adds to its outputs.
  ///
  /// - Parameter condition: the value of a comparison.
  mutating func emit(_ plan: TreePlan, name: String, condition: (Comparator) -> ValueID) -> [ValueID] {
    let width = plan.contents.first?.count ?? 0
    if case .leaf(let word) = plan.shape { return plan.contents[word].map { constant(Int128($0)) } }
    let comparators = plan.shape.comparators
    let bits: [ValueID]
    let words: [Int]
    if comparators.count <= TreePlan.directLimit {
      bits = comparators.map(condition)
      words = (0..<1 << comparators.count).map { pattern in
        plan.shape.word { comparator in
          let index = comparators.firstIndex(of: comparator) ?? 0
          return pattern >> (comparators.count - 1 - index) & 1 == 1
        }
      }
    } else {
      let code = LeafCode(plan.shape)
      (bits, words) = codeBits(code, condition)
    }
    let address = joined(bits)
    return (0..<width).map { position in
      let entries = words.map { plan.contents[$0][position] }
      return leafWord(entries, address: address, name: name)
    }
  }

  /// The bits that tell which leaf is reached, the most significant first, and the word of every pattern of them.
  ///
  /// They are those of the code, save that the last of four may be left as the two that the first bit chooses from: a leaf
  /// table has an input to spare, and the table that would choose is not needed.
  private mutating func codeBits(
    _ code: LeafCode,
    _ condition: (Comparator) -> ValueID
  ) -> (bits: [ValueID], words: [Int]) {
    var bits: [ValueID] = []
    for (index, row) in code.conditions.enumerated() {
      let candidates = row.map { $0.map { emit($0, condition) } }
      if index == 3, code.bits == 4, candidates.count(where: { $0 != nil }) > 4 {
        let half = candidates.count / 2
        let low = chosen(candidates[..<half], by: bits[1...]) ?? constant(0)
        let high = chosen(candidates[half...], by: bits[1...]) ?? constant(0)
        let words = (0..<32).map { pattern in
          let last = pattern >> 4 & 1 == 1 ? pattern & 1 : pattern >> 1 & 1
          return code.words[(pattern >> 2) << 1 | last]
        }
        return (bits + [low, high], words)
      }
      bits.append(chosen(candidates[...], by: bits[...]) ?? constant(0))
    }
    return (bits, code.words)
  }

  private mutating func emit(_ condition: LeafCode.Condition, _ value: (Comparator) -> ValueID) -> ValueID {
    condition.steps.reversed().reduce(constant(condition.last ? 1 : 0)) { rest, step in
      let ends = constant(step.value ? 1 : 0)
      let below = value(step.comparator)
      return step.leavesIfBelow ? chosen(below, ends, rest) : chosen(below, rest, ends)
    }
  }

  /// The choice between conditions, as the gate that it is where one of them is constant.
  private mutating func chosen(_ condition: ValueID, _ a: ValueID, _ b: ValueID) -> ValueID {
    if constantValue(b) == 0 { return and(condition, a) }
    if constantValue(a) == 1 { return or(condition, b) }
    if constantValue(a) == 0 { return and(not(condition), b) }
    if constantValue(b) == 1 { return or(not(condition), a) }
    return select(condition, a, b)
  }

  /// One of several conditions, those that do not matter left out.
  private mutating func chosen(_ candidates: ArraySlice<ValueID?>, by bits: ArraySlice<ValueID>) -> ValueID? {
    guard let bit = bits.first else { return candidates.first ?? nil }
    let middle = candidates.startIndex + candidates.count / 2
    let low = chosen(candidates[..<middle], by: bits.dropFirst())
    let high = chosen(candidates[middle...], by: bits.dropFirst())
    guard let low, let high else { return low ?? high }
    return select(bit, high, low)
  }

  /// Conditions as the bits of one number.
  private mutating func joined(_ bits: [ValueID]) -> ValueID {
    bits.reversed().enumerated().reduce(constant(0)) { sum, bit in
      self.sum(sum, shift: 0, bit.element, shift: bit.offset)
    }
  }

  /// A table entry, without the trailing zeros that all entries share.
  private mutating func leafWord(_ entries: [Int64], address: ValueID, name: String) -> ValueID {
    let zeros = entries.filter { $0 != 0 }.map(\.trailingZeroBitCount).min() ?? 0
    let count = Int(range(address).upper) + 1
    var padded = entries.map { $0 >> zeros }
    padded += Array(repeating: padded.last ?? 0, count: max(0, count - padded.count))
    let id = rom(Rom(name: name, entries: Array(padded[..<count])))
    return shiftLeft(lookup(id, address: address), zeros)
  }
}
