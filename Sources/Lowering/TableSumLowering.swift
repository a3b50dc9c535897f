import FixedPoint
import FixedPointIR
import NetlistIR

extension GraphLowering {
  /// Sums of tables: a code for every operand, tables and parts of tables, and trees of adders.
  mutating func tableSumOutputs(_ sums: TableSum, _ node: FixedNode) -> [ValueID] {
    var codes: [TableSum.Operand: ValueID] = [:]
    var patterns: [TableSum.Operand: [Bool]] = [:]
    for operand in sums.operands {
      let x = x(node, operand.input)
      codes[operand] = builder.requantize(x, to: operand.type)
      patterns[operand] = operand.reachablePatterns(of: x.range, fractionBits: x.fractionBits)
    }
    return sums.edgesByOutput.enumerated().map { output, edges in
      builder.element = Int32(output)
      var sum = TermCollection(name: "\(node.name)_\(output)")
      for edge in edges {
        let table = sums.tables[edge.table]
        let isReached = edge.reachableAddresses { patterns[$0] ?? [] }
        let partial = PartialTable(addressBits: edge.addressBits, entries: table.entries, isReached: isReached)
        let plan = tablePlans.plan(partial)
        let address = builder.address(of: edge) { codes[$0] ?? ValueID(0) }
        builder.add(plan, at: address, fractionBits: table.fractionBits, to: &sum)
      }
      let terms = builder.terms(of: &sum)
      let total = builder.tableSum(terms, extraDepth: extraDepth, offset: &sum.offset)
      return builder.quantizedSum(total, plus: sum.offset, as: outputType(node, output))
    }
  }
}

/// Plans of tables by their contents: the same tables occur at many positions.
struct TablePlans {
  private struct Key: Hashable {
    var entries: [Int64]
    var isReached: [Bool]
  }

  private var known: [Key: TablePlanPart] = [:]

  mutating func plan(_ table: PartialTable) -> TablePlanPart {
    let key = Key(entries: table.entries, isReached: table.isReached)
    if let plan = known[key] { return plan }
    let plan = TablePlanPart.cheapest(table).plan
    known[key] = plan
    return plan
  }
}

/// What a sum of tables adds.
struct TermCollection {
  /// What tables are called.
  let name: String
  var tables: [PlacedTable] = []
  var offset = ExactValue(raw: 0, fractionBits: 0)

  init(name: String) { self.name = name }
}

/// A reduced table at its address.
struct PlacedTable {
  var table: PartialTable
  var address: ValueID
  /// The grid of the entries, which are unsigned.
  var fractionBits: Int

  /// Two tables as one over both addresses, the second in the higher bits.
  ///
  /// - Parameter address: the address of both.
  func joined(with other: PlacedTable, address: ValueID) -> PlacedTable {
    let grid = max(fractionBits, other.fractionBits)
    var entries: [Int64] = []
    var isReached: [Bool] = []
    for (high, isHighReached) in zip(other.table.entries, other.table.isReached) {
      for (low, isLowReached) in zip(table.entries, table.isReached) {
        entries.append((low << (grid - fractionBits)) + (high << (grid - other.fractionBits)))
        isReached.append(isLowReached && isHighReached)
      }
    }
    let bits = table.addressBits + other.table.addressBits
    let joined = PartialTable(addressBits: bits, entries: entries, isReached: isReached)
    return PlacedTable(table: joined, address: address, fractionBits: grid)
  }

  /// Whether both together are one small table that an adder takes in, of clearly fewer bits than two.
  func isWorthJoining(_ other: PlacedTable) -> Bool {
    guard table.addressBits + other.table.addressBits <= TablePlanPart.freeInputs,
      abs(fractionBits - other.fractionBits) < 16
    else { return false }
    return joined(with: other, address: address).table.width + 2 <= table.width + other.table.width
  }
}

extension NetlistBuilder {
  /// The codes of an edge's operands side by side, the first in the lowest bits.
  fileprivate mutating func address(of edge: TableSum.Edge, code: (TableSum.Operand) -> ValueID) -> ValueID {
    var address = constant(0)
    var shift = 0
    for operand in edge.operands {
      let pattern = bits(code(operand), low: 0, width: operand.type.width)
      address = sum(address, shift: 0, pattern, shift: shift)
      shift += operand.type.width
    }
    return address
  }

  /// Adds the parts of a table to a sum.
  fileprivate mutating func add(
    _ plan: TablePlanPart,
    at address: ValueID,
    fractionBits: Int,
    to sum: inout TermCollection
  ) {
    switch plan {
    case .whole(let table):
      sum.offset = sum.offset + ExactValue(raw: Int128(table.offset), fractionBits: fractionBits)
      guard table.width > 0 else { return }
      sum.tables.append(PlacedTable(table: table, address: address, fractionBits: fractionBits - table.zeros))
    case .split(let split):
      sum.offset = sum.offset + ExactValue(raw: Int128(split.offset), fractionBits: fractionBits)
      let grid = fractionBits - split.zeros
      let high = bits(address, low: split.lowBits, width: split.classes.addressBits)
      add(split.base, at: high, fractionBits: grid, to: &sum)
      let low = bits(address, low: 0, width: split.lowBits)
      let kind = split.classes.width == 0 ? constant(0) : read(split.classes.filled, at: high, name: sum.name)
      var place = self.sum(low, shift: 0, kind, shift: split.lowBits)
      for (index, bit) in split.kept.enumerated() {
        let shift = split.rest.addressBits - split.kept.count + index
        place = self.sum(place, shift: 0, bits(high, low: bit, width: 1), shift: shift)
      }
      add(.whole(split.rest.reduced), at: place, fractionBits: grid, to: &sum)
    }
  }

  /// The terms of a sum: its tables, the smallest of which are joined.
  fileprivate mutating func terms(of sum: inout TermCollection) -> [TableTerm] {
    var open = sum.tables
    open.sort { ($0.table.addressBits, $0.address.raw) > ($1.table.addressBits, $1.address.raw) }
    var index = 0
    while index < open.count {
      if let partner = open.indices.first(where: { $0 > index && open[index].isWorthJoining(open[$0]) }) {
        let other = open.remove(at: partner)
        let place = self.sum(open[index].address, shift: 0, other.address, shift: open[index].table.addressBits)
        open[index] = open[index].joined(with: other, address: place)
      } else {
        index += 1
      }
    }
    var terms: [TableTerm] = []
    for placed in open {
      let read = read(placed.table.filled, at: placed.address, name: sum.name)
      let value = scaled(read, fractionBits: placed.fractionBits)
      if value.range.isConstant {
        sum.offset = sum.offset + ExactValue(raw: value.range.lower, fractionBits: value.fractionBits)
      } else {
        let isFree = placed.table.addressBits <= TablePlanPart.freeInputs
        terms.append(TableTerm(value: value, complement: isFree ? complement(of: value) : nil))
      }
    }
    return terms
  }

  /// Entries of tables of so many bits stay in look-up tables; larger ones may be taken for memories.
  private static var mostBitsOfLogic: Int { 896 }

  /// Reads a table; what is larger than a look-up table's worth is cut into slices of bits, so that none becomes a memory.
  private mutating func read(_ table: PartialTable, at address: ValueID, name: String) -> ValueID {
    let count = Int(range(address).upper) + 1
    if table.addressBits > 9, count > 512 {
      let half = table.entries.count / 2
      let low = bits(address, low: 0, width: table.addressBits - 1)
      let parts = [table.entries[..<half], table.entries[half...]].map { entries in
        let isReached = [Bool](repeating: true, count: half)
        return read(
          PartialTable(addressBits: table.addressBits - 1, entries: Array(entries), isReached: isReached),
          at: low,
          name: name
        )
      }
      return select(bits(address, low: table.addressBits - 1, width: 1), parts[1], parts[0])
    }
    let length = max(1, Self.mostBitsOfLogic / max(count, 1))
    var result = constant(0)
    for start in stride(from: 0, to: table.width, by: length) {
      let mask = (Int64(1) << min(length, table.width - start)) - 1
      let entries = table.entries[..<min(count, table.entries.count)].map { $0 >> start & mask }
      let id = rom(Rom(name: name, entries: entries))
      let slice = lookup(id, address: address)
      result = sum(result, shift: 0, slice, shift: start)
    }
    return result
  }

  /// The largest entry of a table less what is read of it.
  private mutating func complement(of value: ScaledValue) -> ScaledValue? {
    guard case .lookup(let id, let address) = instruction(value.id) else { return nil }
    let table = netlist.roms[id.index]
    let upper = Int64(value.range.upper)
    let entries = table.entries.map { max(0, upper - $0) }
    return scaled(
      lookup(rom(Rom(name: table.name, entries: entries)), address: address),
      fractionBits: value.fractionBits
    )
  }

  /// The exact sum of the entries of several tables, `extraDepth` and few more levels deeper than need be.
  ///
  /// Rows of terms are added one by one to chains, which begin with large tables, as few chains as the depth allows. Small tables
  /// are subtracted from a constant, their largest entry: in a difference, unlike in a sum, synthesis leaves the second term to
  /// the look-up tables of the carry chain, which take the table in. Single bits are counted by tables.
  fileprivate mutating func tableSum(
    _ terms: [TableTerm],
    extraDepth: Int,
    offset: inout ExactValue
  ) -> ScaledValue {
    let terms = countingBits(terms)
    guard !terms.isEmpty else { return scaled(ExactValue(raw: 0, fractionBits: 0)) }
    let least = Int.bitWidth - (terms.count - 1).leadingZeroBitCount
    let rows = TermRow.packed(terms).map { term(of: $0) }
    // Every chain more takes an adder of the whole sum's width: where there are many rows, chains may be longer.
    let depth = least + extraDepth + 1 + rows.count / Self.rowsOfALevel
    return chained(rows, depth: depth, offset: &offset)
  }

  /// For so many rows, chains may be one more level deeper.
  private static var rowsOfALevel: Int { 16 }

  /// The terms of a row side by side.
  private mutating func term(of row: TermRow) -> TableTerm {
    var result = row.terms[0]
    for term in row.terms.dropFirst() {
      result.value = sum(result.value, term.value)
      if let (a, b) = result.complement.flatMap({ a in term.complement.map { (a, $0) } }) {
        result.complement = sum(a, b)
      }
    }
    return result
  }

  private mutating func chained(_ terms: [TableTerm], depth: Int, offset: inout ExactValue) -> ScaledValue {
    if terms.count > depth + 1 {
      let halves = [0, 1].map { half in terms.indices.filter { $0 % 2 == half }.map { terms[$0] } }
      let a = chained(halves[0], depth: depth - 1, offset: &offset)
      return sum(a, chained(halves[1], depth: depth - 1, offset: &offset))
    }
    return terms.dropFirst().reduce(terms[0].value) { total, term in
      guard let complement = term.complement else { return sum(total, term.value) }
      offset = offset + ExactValue(raw: term.value.range.upper, fractionBits: term.value.fractionBits)
      return difference(total, complement)
    }
  }

  /// Six bits of one place are three bits of their number.
  private mutating func countingBits(_ terms: [TableTerm]) -> [TableTerm] {
    var result: [TableTerm] = []
    var places: [Int: [ValueID]] = [:]
    for term in terms {
      if term.value.range == Interval(0, 1) {
        places[term.value.fractionBits, default: []].append(term.value.id)
      } else {
        result.append(term)
      }
    }
    for place in places.keys.sorted() {
      let bits = places[place] ?? []
      for start in stride(from: 0, to: bits.count, by: 6) {
        let group = bits[start..<min(start + 6, bits.count)]
        if group.count < 3 {
          result += group.map { TableTerm(value: scaled($0, fractionBits: place)) }
          continue
        }
        var address = constant(0)
        for (index, bit) in group.enumerated() { address = sum(address, shift: 0, bit, shift: index) }
        let counts = (0..<1 << group.count).map { Int64($0.nonzeroBitCount) }
        let id = rom(Rom(name: "count", entries: counts))
        let value = scaled(lookup(id, address: address), fractionBits: place)
        result.append(TableTerm(value: value, complement: group.count <= 5 ? complement(of: value) : nil))
      }
    }
    return result
  }
}
