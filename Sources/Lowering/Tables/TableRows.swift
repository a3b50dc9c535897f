/// The rows of a table: by the high bits of the address, what the low bits choose from.
struct TableRows {
  /// By high bits, what all entries of the row have in common.
  let base: PartialTable
  private let lowBits: Int
  private let highBits: Int
  /// By high bits, the row's rest among the different ones; -1 where nothing leads.
  private var kindOf: [Int]
  /// Different rests; -1 where anything will do.
  private var kinds: [[Int64]]
  /// The bits of the largest rest.
  private let width: Int

  /// Rests with larger addresses are not looked at.
  private static let mostRestBits = 8
  /// More rests than a table can tell apart.
  private static let mostKinds = 64

  /// What tells rests from each other, and about what it takes with the rests' adder, in quarters of a look-up table.
  struct Cut {
    var kept: [Int]
    var classes: PartialTable
    var rest: PartialTable
    var cost: Int
  }

  /// - Parameter places: low places of the base that are left to the rest.
  init?(_ table: PartialTable, lowBits: Int, dropping places: Int) {
    let length = 1 << lowBits
    let highBits = table.addressBits - lowBits
    var base = [Int64](repeating: 0, count: 1 << highBits)
    var isRowReached = [Bool](repeating: false, count: 1 << highBits)
    var kindOf = [Int](repeating: -1, count: 1 << highBits)
    var kinds: [[Int64]] = []
    for high in 0..<1 << highBits {
      let cells = high * length..<(high + 1) * length
      var least: Int64?
      for cell in cells where table.isReached[cell] { least = min(least ?? table.entries[cell], table.entries[cell]) }
      guard let least else { continue }
      isRowReached[high] = true
      base[high] = (least >> places) << places
      let row = cells.map { table.isReached[$0] ? table.entries[$0] - base[high] : -1 }
      if let found = kinds.firstIndex(where: { Self.fit($0, row) }) {
        kindOf[high] = found
        for (index, cell) in row.enumerated() where cell >= 0 { kinds[found][index] = cell }
      } else {
        guard kinds.count < Self.mostKinds else { return nil }
        kindOf[high] = kinds.count
        kinds.append(row)
      }
    }
    guard !kinds.isEmpty else { return nil }
    self.base = PartialTable(addressBits: highBits, entries: base, isReached: isRowReached)
    self.lowBits = lowBits
    self.highBits = highBits
    self.kindOf = kindOf
    self.kinds = kinds
    width = 64 - (kinds.joined().max() ?? 0).leadingZeroBitCount
  }

  private static func fit(_ a: [Int64], _ b: [Int64]) -> Bool {
    zip(a, b).allSatisfy { $0 == $1 || $0 < 0 || $1 < 0 }
  }

  /// The cheapest way to tell the rests apart that takes less than `limit` quarters of a look-up table.
  ///
  /// Where the rest is free, high bits are read as they are instead of by class.
  func cheapestCut(below limit: Int) -> Cut? {
    var best: Cut?
    func consider(_ kept: [Int], classBits: Int) {
      guard TableTermPrice.least(width: width) < best?.cost ?? limit else { return }
      let cut = cut(keeping: kept, classBits: classBits)
      if cut.cost < best?.cost ?? limit { best = cut }
    }
    let all = Self.bits(for: kinds.count)
    if lowBits + all <= Self.mostRestBits { consider([], classBits: all) }
    let free = min(TablePlanPart.freeInputs - lowBits, highBits)
    guard free > 0, all > 0 else { return best }
    for mask in 1..<1 << highBits where mask.nonzeroBitCount <= free {
      let kept = (0..<highBits).filter { mask >> $0 & 1 != 0 }
      guard let classBits = classBits(keeping: kept, atMost: free - kept.count) else { continue }
      consider(kept, classBits: classBits)
    }
    return best
  }

  private static func bits(for count: Int) -> Int { Int.bitWidth - (count - 1).leadingZeroBitCount }

  /// Which of the cells that the kept bits make a row is in.
  private func cell(_ high: Int, _ kept: [Int]) -> Int {
    var cell = 0
    for (place, bit) in kept.enumerated() { cell |= (high >> bit & 1) << place }
    return cell
  }

  /// The bits of a class among the rows of a cell; nil if there are more than allowed.
  private func classBits(keeping kept: [Int], atMost most: Int) -> Int? {
    var seen = [UInt64](repeating: 0, count: 1 << kept.count)
    var count = 0
    for high in kindOf.indices where kindOf[high] >= 0 {
      let cell = cell(high, kept)
      seen[cell] |= 1 << UInt64(kindOf[high])
      count = max(count, seen[cell].nonzeroBitCount)
      if count > 1 << most { return nil }
    }
    return Self.bits(for: count)
  }

  private func cut(keeping kept: [Int], classBits: Int) -> Cut {
    var found = [[Int]](repeating: [], count: 1 << kept.count)
    var classOf = [Int64](repeating: 0, count: kindOf.count)
    for high in kindOf.indices where kindOf[high] >= 0 {
      let cell = cell(high, kept)
      if let known = found[cell].firstIndex(of: kindOf[high]) {
        classOf[high] = Int64(known)
      } else {
        classOf[high] = Int64(found[cell].count)
        found[cell].append(kindOf[high])
      }
    }
    let nothing = [Int64](repeating: -1, count: 1 << lowBits)
    let cells = found.flatMap { rows in
      (0..<1 << classBits).flatMap { $0 < rows.count ? kinds[rows[$0]] : nothing }
    }
    let rest = PartialTable(
      addressBits: lowBits + classBits + kept.count,
      entries: cells.map { max($0, 0) },
      isReached: cells.map { $0 >= 0 }
    )
    let classes = PartialTable(addressBits: highBits, entries: classOf, isReached: base.isReached)
    let cost = TableTermPrice.of(rest) + classes.cost * TableTermPrice.lookup
    return Cut(kept: kept, classes: classes, rest: rest, cost: cost)
  }
}
