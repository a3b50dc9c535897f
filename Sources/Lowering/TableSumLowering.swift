import FixedPoint
import FixedPointIR
import NetlistIR

extension GraphLowering {
  /// Sums of tables: a code for every operand, a table for every edge, and trees of adders.
  mutating func tableSumOutputs(_ sums: TableSum, _ node: FixedNode) -> [ValueID] {
    var codes: [TableSum.Operand: ValueID] = [:]
    for operand in sums.operands { codes[operand] = builder.requantize(x(node, operand.input), to: operand.type) }
    return sums.edgesByOutput.enumerated().map { output, edges in
      builder.element = Int32(output)
      var bias = ExactValue(raw: 0, fractionBits: 0)
      var terms: [ScaledValue] = []
      for edge in edges {
        let table = sums.tables[edge.table]
        guard let term = TableTerm(edge, table, codes: { builder.range(codes[$0] ?? ValueID(0)) }) else { continue }
        bias = bias + ExactValue(raw: Int128(term.offset), fractionBits: table.fractionBits)
        guard !term.isConstant else { continue }
        let value = read(term, codes: { codes[$0] ?? ValueID(0) }, name: "\(node.name)_\(output)")
        terms.append(builder.scaled(value, fractionBits: table.fractionBits - term.zeros))
      }
      let sum = builder.tableSum(terms)
      return builder.quantizedSum(sum, plus: bias, as: outputType(node, output))
    }
  }

  private mutating func read(_ term: TableTerm, codes: (TableSum.Operand) -> ValueID, name: String) -> ValueID {
    if let operand = term.edge.operands.first, term.edge.operands.count == 1 {
      let code = codes(operand)
      let range = builder.range(code)
      let entries = (0...Int(range.upper - range.lower)).map { step in
        term.entries[operand.pattern(ofRaw: range.lower + Int128(step))]
      }
      let function = TabulatedFunction(entries: entries, first: range.lower)
      return builder.read(
        .cheapest(for: function, arguments: range, isOutsideFree: false),
        at: code,
        name: name
      )
    }
    var address = builder.constant(0)
    var shift = 0
    for operand in term.edge.operands {
      let pattern = builder.bits(codes(operand), low: 0, width: operand.type.width)
      address = builder.sum(address, shift: 0, pattern, shift: shift)
      shift += operand.type.width
    }
    let entries = Array(term.entries[...Int(builder.range(address).upper)])
    let id = builder.rom(Rom(name: name, entries: entries))
    return builder.lookup(id, address: address)
  }
}

/// A table as a term of a sum: unsigned entries without common zeros, and what is constant about them.
struct TableTerm {
  let edge: TableSum.Edge
  /// By address; where no code leads, anything.
  private(set) var entries: [Int64]
  /// What all entries have in common, on the grid of the table.
  let offset: Int64
  /// Trailing zeros that the entries have lost.
  private(set) var zeros = 0

  var isConstant: Bool { entries.allSatisfy { $0 == 0 } }

  /// - Parameter codes: what the raw codes of an operand can be.
  init?(_ edge: TableSum.Edge, _ table: TableSum.Table, codes: (TableSum.Operand) -> Interval) {
    self.edge = edge
    let isReached = edge.reachableAddresses { operand in
      operand.reachablePatterns(of: codes(operand), fractionBits: operand.type.fractionBits)
    }
    let reached = table.entries.indices.filter { isReached[$0] }.map { table.entries[$0] }
    guard let least = reached.min() else { return nil }
    offset = least
    entries = zip(table.entries, isReached).map { $1 ? $0 - least : 0 }
    let bits = entries.reduce(0) { $0 | $1 }
    if bits != 0 {
      zeros = bits.trailingZeroBitCount
      entries = entries.map { $0 >> bits.trailingZeroBitCount }
    }
  }
}

extension NetlistBuilder {
  /// The exact sum of the entries of several tables, of least depth; neighbours in size are added first.
  mutating func tableSum(_ terms: [ScaledValue]) -> ScaledValue {
    var level = terms
    while level.count > 1 {
      level.sort { ($0.fractionBits, $0.range.bitWidth) < ($1.fractionBits, $1.range.bitWidth) }
      var next: [ScaledValue] = []
      for index in stride(from: 0, to: level.count, by: 2) {
        next.append(index + 1 < level.count ? sum(level[index], level[index + 1]) : level[index])
      }
      level = next
    }
    return level.first ?? scaled(ExactValue(raw: 0, fractionBits: 0))
  }
}
