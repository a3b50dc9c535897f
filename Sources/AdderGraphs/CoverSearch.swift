import FixedPoint

/// Improves a half-finished graph round by round: sums are rewritten over the shared values, values that lost their users
/// go, and what the new sums have in common is shared again.
struct CoverSearch {
  private var state: SharingState
  private var jitter: SplitMix64
  private let tactics: SharingTactics

  init(_ state: SharingState, tactics: SharingTactics, seed: UInt64) {
    self.state = state
    self.tactics = tactics
    jitter = SplitMix64(seed: seed)
  }

  /// One round; returns the state that it reached.
  mutating func round(effort: Int) -> SharingState {
    rewriteColumns()
    for _ in 0..<effort { repairColumns() }
    state = GreedySharing.share(state.withoutLonelyNodes(), tactics)
    return state
  }

  /// The coefficients of some terms over the variables.
  private func residual(of terms: some Sequence<Term>) -> [Int64] {
    var sum = [Int64](repeating: 0, count: state.pool.inputCount)
    for term in terms {
      for (input, coefficient) in state.pool.sparseForm(of: Int(term.value)) {
        let value = coefficient &<< Int64(term.shift)
        sum[Int(input)] &+= term.isNegative ? 0 &- value : value
      }
    }
    return sum
  }

  private mutating func rewriteColumns() {
    let cover = ColumnCover(state, usable: { _ in true })
    for j in state.columns.indices {
      guard
        let terms = cover.terms(for: residual(of: state.columns[j]), baseLoad: 0, jitter: &jitter),
        terms.count <= state.columns[j].count
      else { continue }
      state.setColumn(j, terms)
    }
  }

  /// Takes a random part out of every sum and puts it together anew.
  private mutating func repairColumns() {
    let cover = ColumnCover(state, usable: { _ in true })
    for j in state.columns.indices where state.columns[j].count > 2 {
      let share = 0.15 + 0.35 * jitter.unit()
      var kept: [Term] = []
      var removed: [Term] = []
      for term in state.columns[j] {
        if jitter.unit() < share { removed.append(term) } else { kept.append(term) }
      }
      let load = kept.reduce(0) { $0 + Kraft.weight(state.pool.levels[Int($1.value)]) }
      guard
        let terms = cover.terms(for: residual(of: removed), baseLoad: load, jitter: &jitter),
        terms.count <= removed.count,
        !terms.contains(where: { term in kept.contains { $0.value == term.value && $0.shift == term.shift } })
      else { continue }
      state.setColumn(j, kept + terms)
    }
  }
}

extension SharingState {
  /// The same sums without nodes that nobody reads, and with nodes that only one sum reads taken apart.
  func withoutLonelyNodes() -> SharingState {
    let uses = useCounts()
    var columnUses = [Int32](repeating: 0, count: pool.count)
    for column in columns { for term in column { columnUses[Int(term.value)] += 1 } }
    var isKept = uses.map { $0 > 0 }
    for k in pool.nodes.indices where uses[pool.inputCount + k] == 1 && columnUses[pool.inputCount + k] == 1 {
      isKept[pool.inputCount + k] = false
    }
    var result = self
    result.pool.truncate(toCount: pool.inputCount)
    var names = (0..<pool.inputCount).map { ValuePool.Alias(value: Int32($0), shift: 0, isNegated: false) }
    for k in pool.nodes.indices {
      let node = pool.nodes[k]
      guard isKept[pool.inputCount + k] else {
        names.append(ValuePool.Alias(value: -1, shift: 0, isNegated: false))
        continue
      }
      let (a, b) = (names[Int(node.a)], names[Int(node.b)])
      names.append(
        result.pool.combine(
          low: a.value,
          high: b.value,
          shift: Int(node.bShift),
          isSubtraction: node.isSubtraction != (a.isNegated != b.isNegated),
          isNegated: a.isNegated
        )
      )
    }
    for j in columns.indices {
      var terms: [Term] = []
      for term in columns[j] { expand(term, isKept, names, into: &terms) }
      result.setColumn(j, terms)
    }
    return result
  }

  private func expand(_ term: Term, _ isKept: [Bool], _ names: [ValuePool.Alias], into terms: inout [Term]) {
    let value = Int(term.value)
    if isKept[value] {
      let alias = names[value]
      terms.append(
        Term(
          value: alias.value,
          shift: term.shift + Int16(alias.shift),
          isNegative: term.isNegative != alias.isNegated
        )
      )
      return
    }
    let node = pool.nodes[value - pool.inputCount]
    expand(
      Term(value: node.a, shift: term.shift + Int16(node.aShift), isNegative: term.isNegative),
      isKept,
      names,
      into: &terms
    )
    expand(
      Term(
        value: node.b,
        shift: term.shift + Int16(node.bShift),
        isNegative: term.isNegative != node.isSubtraction
      ),
      isKept,
      names,
      into: &terms
    )
  }
}
