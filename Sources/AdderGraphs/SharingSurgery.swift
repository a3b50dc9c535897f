/// Changes to a shared state that keep every sum's value: the steps of ``NeighbourhoodSearch``.
extension SharingState {
  /// Nodes that only one sum reads, and only once: as good as terms of that sum.
  func lonelyNodes() -> [Bool] {
    let uses = useCounts()
    var columnUses = [Int32](repeating: 0, count: pool.count)
    for column in columns { for term in column { columnUses[Int(term.value)] += 1 } }
    var isLonely = [Bool](repeating: false, count: pool.count)
    for value in pool.inputCount..<max(pool.count, pool.inputCount) {
      isLonely[value] = uses[value] == 0 || (uses[value] == 1 && columnUses[value] == 1)
    }
    return isLonely
  }

  /// Takes nodes apart in the sums that read them.
  ///
  /// The nodes stay, unread, until the state is compacted.
  ///
  /// - Parameter isDropped: by value; nodes that read a dropped one are dropped as well.
  mutating func dissolve(_ isDropped: [Bool]) {
    var isKept = isDropped.map { !$0 }
    for k in pool.nodes.indices
    where !isKept[Int(pool.nodes[k].a)] || !isKept[Int(pool.nodes[k].b)] { isKept[pool.inputCount + k] = false }
    for j in columns.indices where columns[j].contains(where: { !isKept[Int($0.value)] }) {
      var terms: [Term] = []
      for term in columns[j] { expand(term, isKept, into: &terms) }
      setColumn(j, ColumnCover.merged(terms))
    }
    for value in isKept.indices where !isKept[value] && pool.forget(value) { forgotten.append(Int32(value)) }
  }

  /// Forgets the values that nobody reads.
  mutating func compact() {
    let uses = useCounts()
    let names = pool.keepOnly(uses.indices.map { $0 < pool.inputCount || uses[$0] > 0 })
    for j in columns.indices {
      for t in columns[j].indices { columns[j][t].value = names[Int(columns[j][t].value)] }
    }
  }

  /// The terms of a value in kept values.
  private func expand(_ term: Term, _ isKept: [Bool], into terms: inout [Term]) {
    let value = Int(term.value)
    if isKept[value] {
      terms.append(term)
      return
    }
    let node = pool.nodes[value - pool.inputCount]
    let low = Term(value: node.a, shift: term.shift + Int16(node.aShift), isNegative: term.isNegative)
    let high = Term(
      value: node.b,
      shift: term.shift + Int16(node.bShift),
      isNegative: term.isNegative != node.isSubtraction
    )
    expand(low, isKept, into: &terms)
    expand(high, isKept, into: &terms)
  }

  /// The coefficients of some terms over the variables.
  func residual(of terms: some Sequence<Term>) -> [Int64] {
    var sum = [Int64](repeating: 0, count: pool.inputCount)
    for term in terms {
      for e in pool.forms.row(Int(term.value)) {
        let value = pool.forms.coefficients[e] &<< Int64(term.shift)
        sum[Int(pool.forms.inputs[e])] &+= term.isNegative ? 0 &- value : value
      }
    }
    return sum
  }

  /// Adder bits, nearly: exact for nodes that exist; the trees that are still to be built take for every term but the
  /// widest its own width and two bits of growth.
  var estimatedBits: Int {
    let uses = useCounts()
    var bits = pool.nodes.indices.reduce(0) { uses[pool.inputCount + $1] > 0 ? $0 + pool.adderBits(ofNode: $1) : $0 }
    for column in columns where column.count > 1 {
      var widest = 0
      for term in column {
        let width = Int(pool.widths[Int(term.value)]) + 2
        bits += width
        widest = max(widest, width)
      }
      bits -= widest
    }
    return bits
  }
}
