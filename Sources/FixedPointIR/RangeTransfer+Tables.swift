import FixedPoint

extension RangeTransfer {
  /// The entries that a range of arguments reaches.
  mutating func entries(of table: AddressedTable, for x: ExactRange) -> ExactRange {
    noteAddress(table, x)
    // An address too wide to be computed is about to be refused; until then the whole table counts as reached.
    let (low, high) =
      widest > FixedPointType.maximumWidth
      ? table.wholeRange : table.extremes(ofRaw: x.raw, fractionBits: x.fractionBits)
    return ExactRange(
      raw: Interval(Int128(low), Int128(high)),
      fractionBits: table.table.type.fractionBits
    )
  }

  private mutating func noteAddress(_ table: AddressedTable, _ x: ExactRange) {
    switch table.addressing {
    case .scaled(let rule):
      note(x.raw.scaled(by: Int128(rule.multiplier)).shifted(by: max(0, -x.fractionBits)))
    case .linear(let base, let shift):
      note(x.raw.shifted(by: max(0, -shift)) - Interval(Int128(base)))
    case .leadingBits: note(x.raw)
    }
  }

  mutating func softmaxResults(_ softmax: SoftmaxOperation) -> [ExactRange] {
    var results: [ExactRange] = []
    for group in 0..<softmax.groups.count {
      let members = (0..<softmax.groups.size).map { x(group * softmax.groups.size + $0) }
      switch softmax.algorithm {
      case .normalized(let rule): results += normalized(members, rule, group: group)
      case .pairwise(let rule): results += pairwise(members, rule, group: group)
      }
    }
    return results
  }

  private mutating func normalized(
    _ members: [ExactRange],
    _ rule: NormalizedSoftmax,
    group: Int
  ) -> [ExactRange] {
    var arguments = members
    if let type = rule.differenceType {
      for i in members.indices {
        let difference = note(distanceToMaximum(of: i, in: members))
        arguments[i] = quantize(
          difference,
          to: type,
          at: .difference,
          element: group * members.count + i
        )
      }
    }
    var exponentials: [ExactRange] = []
    for (i, argument) in arguments.enumerated() {
      let entries = entries(of: rule.exponential, for: argument)
      exponentials.append(
        quantize(entries, to: rule.sumType, at: .exponential, element: group * members.count + i)
      )
    }
    let sum = treeSum(exponentials[...], type: rule.sumType, group: group)
    let argument = quantize(sum, to: rule.reciprocalInputType, at: .reciprocalInput, element: group)
    let reciprocal = entries(of: rule.reciprocal, for: argument)
    var results: [ExactRange] = []
    for exponential in exponentials { results.append(note(exponential * reciprocal)) }
    return results
  }

  /// `max(x) - x_i`: at least 0, and at least what another element is surely ahead.
  private func distanceToMaximum(of i: Int, in members: [ExactRange]) -> ExactRange {
    members.indices.reduce(ExactRange.zero) { farthest, j in
      j == i ? farthest : .maximum(farthest, members[j] - members[i])
    }
  }

  private mutating func treeSum(
    _ values: ArraySlice<ExactRange>,
    type: FixedPointType,
    group: Int
  ) -> ExactRange {
    guard values.count > 1 else { return values[values.startIndex] }
    let middle = values.startIndex + NormalizedSoftmax.split(of: values.count)
    let left = treeSum(values[..<middle], type: type, group: group)
    let right = treeSum(values[middle...], type: type, group: group)
    return quantize(note(left + right), to: type, at: .sum, element: group)
  }

  private mutating func pairwise(_ members: [ExactRange], _ rule: PairwiseSoftmax, group: Int) -> [ExactRange] {
    var results: [ExactRange] = []
    for i in members.indices {
      let element = group * members.count + i
      let one = ExactRange(raw: Interval(1), fractionBits: 0)
      var sum = quantize(one, to: rule.sumType, at: .sum, element: element)
      for j in members.indices where j != i {
        let entry = entries(of: rule.exponential, for: note(pairDifference(members[j], members[i])))
        sum = quantize(note(sum + entry), to: rule.sumType, at: .sum, element: element)
      }
      results.append(entries(of: rule.reciprocal, for: sum))
    }
    return results
  }

  /// `a - b` on the common grid of both types, as the evaluator forms it.
  private func pairDifference(_ a: ExactRange, _ b: ExactRange) -> ExactRange {
    let grid = max(a.fractionBits, b.fractionBits)
    return ExactRange(raw: a.raw(on: grid) - b.raw(on: grid), fractionBits: grid)
  }
}

extension AddressedTable {
  fileprivate var wholeRange: (Int64, Int64) { (table.entries.min() ?? 0, table.entries.max() ?? 0) }

  /// The smallest and the largest entry that a range of raw arguments reaches.
  func extremes(ofRaw range: Interval, fractionBits: Int) -> (Int64, Int64) {
    let first = index(ofRaw: range.lower, fractionBits: fractionBits)
    let last = index(ofRaw: range.upper, fractionBits: fractionBits)
    var reached = table.entries[min(first, last)...max(first, last)]
    if case .leadingBits(let bits, let width) = addressing, width > 0 {
      let half = Int128(1) << (width - 1)
      if range.lower < 0 && range.upper >= 0 {
        // The pattern jumps from all ones to zero between -1 and 0: both ends of the table are reached, and not the middle.
        let negative = table.entries[first...]
        let positive = table.entries[...last]
        return (
          min(negative.min() ?? 0, positive.min() ?? 0), max(negative.max() ?? 0, positive.max() ?? 0)
        )
      }
      if bits == 0 || range.lower < -half || range.upper >= half + half { reached = table.entries[...] }
    }
    return (reached.min() ?? 0, reached.max() ?? 0)
  }
}
