/// A table as a sum of smaller ones: what its high address bits alone say, and a rest for which they matter only by a class.
///
/// `T[high, low] = base[high] + rest[class[high], low]`: rows of the table that differ by a constant share their rest. The base in
/// turn may be split. Exact for every address that is reached.
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
  /// Over the low bits, and above them the class.
  var rest: PartialTable
}

/// A table on its way into a netlist: terms of a sum.
indirect enum TablePlanPart: Sendable {
  case whole(PartialTable)
  case split(TableSplit)

  /// An adder's look-up tables have so many inputs to spare: tables of no more are free.
  static let freeInputs = 5
  /// Larger rests are not looked at.
  private static let mostRestBits = 8
  private static let deepest = 3

  /// The cheapest plan found for a table, and about how many look-up tables it takes with the adders of its terms.
  static func cheapest(_ table: PartialTable, depth: Int = 0) -> (plan: TablePlanPart, cost: Int) {
    let table = table.reduced
    let width = table.width
    // An adder takes a look-up table where both of its terms have a bit.
    var best = (plan: TablePlanPart.whole(table), cost: width)
    guard table.addressBits > freeInputs, width > 0 else { return best }
    best.cost += table.cost
    guard depth < deepest else { return best }
    for lowBits in 1..<table.addressBits {
      for dropped in 0..<width {
        guard let split = TableRows(table, lowBits: lowBits).split(dropping: dropped) else { continue }
        let restBits = split.rest.addressBits
        guard restBits <= mostRestBits, split.base.addressBits < table.addressBits else { continue }
        let restWidth = split.rest.width
        var cost = restWidth + split.classes.cost
        if restBits > freeInputs { cost += split.rest.cost }
        guard cost < best.cost else { continue }
        let base = cheapest(split.base, depth: depth + 1)
        if cost + base.cost < best.cost {
          let plan = TableSplit(
            zeros: table.zeros,
            offset: table.offset,
            lowBits: lowBits,
            base: base.plan,
            classes: split.classes,
            rest: split.rest
          )
          best = (.split(plan), cost + base.cost)
        }
      }
    }
    return best
  }
}

/// The rows of a table: by the high bits of the address, what the low bits choose from.
private struct TableRows {
  private let table: PartialTable
  private let lowBits: Int

  init(_ table: PartialTable, lowBits: Int) {
    self.table = table
    self.lowBits = lowBits
  }

  /// Base, classes and rest, where the base has no bits below `dropping`; nil where nothing comes of it.
  func split(dropping places: Int) -> (base: PartialTable, classes: PartialTable, rest: PartialTable)? {
    let length = 1 << lowBits
    let highBits = table.addressBits - lowBits
    var base = [Int64](repeating: 0, count: 1 << highBits)
    var isRowReached = [Bool](repeating: false, count: 1 << highBits)
    var classOf = [Int64](repeating: 0, count: 1 << highBits)
    // Rests of the classes; -1 where anything will do.
    var classes: [[Int64]] = []
    for high in 0..<1 << highBits {
      let cells = high * length..<(high + 1) * length
      var least: Int64?
      for cell in cells where table.isReached[cell] { least = min(least ?? table.entries[cell], table.entries[cell]) }
      guard let least else { continue }
      isRowReached[high] = true
      base[high] = (least >> places) << places
      let row = cells.map { table.isReached[$0] ? table.entries[$0] - base[high] : -1 }
      if let found = classes.firstIndex(where: { Self.fit($0, row) }) {
        classOf[high] = Int64(found)
        for (index, cell) in row.enumerated() where cell >= 0 { classes[found][index] = cell }
      } else {
        // More classes than a table can tell apart.
        guard classes.count < 64 else { return nil }
        classOf[high] = Int64(classes.count)
        classes.append(row)
      }
    }
    guard !classes.isEmpty else { return nil }
    let classBits = Int.bitWidth - (classes.count - 1).leadingZeroBitCount
    let missing = (1 << classBits) - classes.count
    let cells = classes.joined() + [Int64](repeating: -1, count: missing * length)
    let rest = PartialTable(
      addressBits: classBits + lowBits,
      entries: cells.map { max($0, 0) },
      isReached: cells.map { $0 >= 0 }
    )
    let high = PartialTable(addressBits: highBits, entries: base, isReached: isRowReached)
    let kinds = PartialTable(addressBits: highBits, entries: classOf, isReached: isRowReached)
    return (high, kinds, rest)
  }

  private static func fit(_ a: [Int64], _ b: [Int64]) -> Bool {
    zip(a, b).allSatisfy { $0 == $1 || $0 < 0 || $1 < 0 }
  }
}
