/// Sums of look-up tables, exact: `y_j = Σ T_e(x)` over the edges `e` that feed output `j`.
///
/// Every edge rounds what it reads to types of its own; the codes of all its operands together are the table's address.
/// It is what networks of tables consist of (HGQ's table layers, KANELÉ, LogicNets and their kind, DWN), as trained and in
/// fixed point alike.
package struct TableSum: Hashable, Sendable {
  /// What an edge reads: an element of the input, in a type.
  package struct Operand: Hashable, Sendable {
    package var input: Int
    package var type: FixedPointType

    package init(input: Int, type: FixedPointType) {
      self.input = input
      self.type = type
    }

    /// The two's complement pattern of a raw value of the type.
    package func pattern(ofRaw raw: Int128) -> Int { Int(truncatingIfNeeded: raw) & ((1 << type.width) - 1) }

    /// By pattern, whether some `raw · 2^-fractionBits` of a range is rounded to it; more than these never.
    package func reachablePatterns(of range: Interval, fractionBits: Int) -> [Bool] {
      var isReached = [Bool](repeating: false, count: 1 << type.width)
      if range.upper - range.lower < Self.mostArguments {
        var raw = range.lower
        while raw <= range.upper {
          isReached[pattern(ofRaw: type.quantize(raw: raw, fractionBits: fractionBits).raw)] = true
          raw += 1
        }
      } else {
        let codes = type.quantizedRange(of: range, fractionBits: fractionBits)
        var raw = codes.lower
        while raw <= codes.upper {
          isReached[pattern(ofRaw: raw)] = true
          raw += 1
        }
      }
      return isReached
    }

    private static let mostArguments = Int128(1) << 16
  }

  /// One table that is added to one output.
  package struct Edge: Hashable, Sendable {
    /// The first operand's code stands in the lowest bits of the address; none: the table is a constant.
    package var operands: [Operand]
    package var output: Int
    package var table: Int

    package init(operands: [Operand], output: Int, table: Int) {
      self.operands = operands
      self.output = output
      self.table = table
    }

    package var addressBits: Int { operands.reduce(0) { $0 + $1.type.width } }

    /// The address that some patterns make, one for each operand.
    package func address(_ patterns: (Operand) -> Int) -> Int {
      var address = 0
      var shift = 0
      for operand in operands {
        address |= patterns(operand) << shift
        shift += operand.type.width
      }
      return address
    }

    /// By address, whether it is made of patterns that the operands reach.
    package func reachableAddresses(_ patterns: (Operand) -> [Bool]) -> [Bool] {
      operands.reduce([true]) { low, operand in
        patterns(operand).flatMap { isReached in isReached ? low : low.map { _ in false } }
      }
    }
  }

  /// Integers on a grid, by address.
  package struct Table: Hashable, Sendable {
    package var entries: [Int64]
    package var fractionBits: Int

    package init(entries: [Int64], fractionBits: Int) {
      self.entries = entries
      self.fractionBits = fractionBits
    }

    /// The same numbers on the coarsest grid that holds them.
    package var reduced: Table {
      let bits = entries.reduce(0) { $0 | $1 }
      if bits == 0 { return Table(entries: entries, fractionBits: 0) }
      let zeros = bits.trailingZeroBitCount
      return Table(entries: entries.map { $0 >> zeros }, fractionBits: fractionBits - zeros)
    }
  }

  package var inputCount: Int
  package var outputCount: Int
  package var edges: [Edge]
  package var tables: [Table]

  package init(inputCount: Int, outputCount: Int, edges: [Edge] = [], tables: [Table] = []) {
    self.inputCount = inputCount
    self.outputCount = outputCount
    self.edges = edges
    self.tables = tables
  }

  /// More address bits than any table of such networks has.
  package static let mostAddressBits = 20
  /// The grids on which entries may stand.
  package static let grids = -1024...1024

  /// What the edges read, each once, in the order of its first use.
  package var operands: [Operand] {
    var known: Set<Operand> = []
    return edges.lazy.flatMap(\.operands).filter { known.insert($0).inserted }
  }

  /// By output, the edges that feed it, in order.
  package var edgesByOutput: [[Edge]] {
    var result = [[Edge]](repeating: [], count: outputCount)
    for edge in edges { result[edge.output].append(edge) }
    return result
  }

  /// The finest grid of the tables that feed an output and are not zero.
  package func fractionBits(of edges: [Edge]) -> Int {
    edges.lazy.map { tables[$0.table] }.filter { table in table.entries.contains { $0 != 0 } }.map(\.fractionBits).max()
      ?? 0
  }

  /// What is wrong, as a sentence about the tables; nil where nothing is.
  package var problem: String? {
    if inputCount <= 0 || outputCount <= 0 { return "it has \(inputCount) inputs and \(outputCount) outputs" }
    for (index, table) in tables.enumerated() {
      if table.entries.isEmpty { return "table \(index) is empty" }
      if !Self.grids.contains(table.fractionBits) { return "table \(index) has \(table.fractionBits) fraction bits" }
      if table.entries.contains(where: { $0 > Self.largestEntry || $0 < -Self.largestEntry }) {
        return "table \(index) has entries of more than 60 bits"
      }
    }
    for (index, edge) in edges.enumerated() {
      if !(0..<outputCount).contains(edge.output) {
        return "edge \(index) feeds output \(edge.output) of \(outputCount)"
      }
      if !tables.indices.contains(edge.table) { return "edge \(index) reads table \(edge.table) of \(tables.count)" }
      for operand in edge.operands {
        if !(0..<inputCount).contains(operand.input) {
          return "edge \(index) reads element \(operand.input) of \(inputCount)"
        }
        if !(0...Self.mostAddressBits).contains(operand.type.width) || abs(operand.type.integerBits) > 1024 {
          return "edge \(index) is addressed by the type \(operand.type)"
        }
      }
      if edge.addressBits > Self.mostAddressBits {
        return "edge \(index) has an address of \(edge.addressBits) bits; the limit is \(Self.mostAddressBits)"
      }
      let count = tables[edge.table].entries.count
      if count != 1 << edge.addressBits {
        return "edge \(index) has an address of \(edge.addressBits) bits for \(count) entries"
      }
    }
    return nil
  }

  private static let largestEntry = Int64(1) << 60
}
