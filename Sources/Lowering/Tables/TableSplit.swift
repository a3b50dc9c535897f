/// A table as a sum of smaller ones: what its high address bits alone say, and a rest for which they matter only by a class.
///
/// `T[high, low] = base[high] + rest[kept, class[high], low]`: rows of the table that differ by a constant share their rest. What
/// tells the rows apart are some high bits as they are, and a class among the rows that agree in those. The base in turn may be
/// split. Exact for every address that is reached.
struct TableSplit: Sendable {
  /// What the whole has lost: it is `sum << zeros + offset`.
  var zeros: Int
  var offset: Int64
  /// The low bits of the address that the rest reads.
  var lowBits: Int
  /// Over the high bits of the address.
  var base: TablePlanPart
  /// Over the high bits: the class of each row.
  var classes: PartialTable
  /// The places in the high bits that the rest reads too, ascending.
  var kept: [Int]
  /// Over the low bits, above them the class, and above that the bits that are kept.
  var rest: PartialTable
}

/// A table on its way into a netlist: terms of a sum.
indirect enum TablePlanPart: Sendable {
  case whole(PartialTable)
  case split(TableSplit)

  /// An adder's look-up tables have so many inputs to spare: tables of no more are free.
  static let freeInputs = 5
  private static let deepest = 3

  /// The cheapest plan found for a table, and about what it takes with the adders of its terms, in quarters of a look-up table.
  static func cheapest(_ table: PartialTable, depth: Int = 0) -> (plan: TablePlanPart, cost: Int) {
    let table = table.reduced
    let width = table.width
    var best = (plan: TablePlanPart.whole(table), cost: TableTermPrice.of(table))
    guard table.addressBits > freeInputs, width > 0, depth < deepest else { return best }
    for lowBits in 1..<table.addressBits {
      for dropped in 0..<width {
        guard let rows = TableRows(table, lowBits: lowBits, dropping: dropped) else { continue }
        let rest = best.cost - TableTermPrice.least(of: rows.base.reduced)
        guard rest > 0, let cut = rows.cheapestCut(below: rest) else { continue }
        let base = cheapest(rows.base, depth: depth + 1)
        guard cut.cost + base.cost < best.cost else { continue }
        let plan = TableSplit(
          zeros: table.zeros,
          offset: table.offset,
          lowBits: lowBits,
          base: base.plan,
          classes: cut.classes,
          kept: cut.kept,
          rest: cut.rest
        )
        best = (.split(plan), cut.cost + base.cost)
      }
    }
    return best
  }
}
