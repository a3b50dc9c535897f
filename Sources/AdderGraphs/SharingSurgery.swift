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

  /// Takes nodes apart in the sums that read them, and drops them.
  ///
  /// - Parameters:
  ///   - isDropped: by value; nodes that read a dropped one are dropped as well.
  ///   - isChanged: marks the sums whose terms change.
  mutating func dissolve(_ isDropped: [Bool], marking isChanged: inout [Bool]) {
    var isKept = isDropped.map { !$0 }
    for k in pool.nodes.indices
    where !isKept[Int(pool.nodes[k].a)] || !isKept[Int(pool.nodes[k].b)] { isKept[pool.inputCount + k] = false }
    if isKept.allSatisfy({ $0 }) { return }
    for j in columns.indices where columns[j].contains(where: { !isKept[Int($0.value)] }) {
      isChanged[j] = true
      var terms: [Term] = []
      for term in columns[j] { expand(term, isKept, into: &terms) }
      columns[j] = ColumnCover.merged(terms)
    }
    let names = pool.keepOnly(isKept)
    for j in columns.indices {
      for t in columns[j].indices { columns[j][t].value = names[Int(columns[j][t].value)] }
      if isChanged[j] { setColumn(j, columns[j]) }
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
    var bits = pool.nodes.indices.reduce(0) { $0 + pool.adderBits(ofNode: $1) }
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
