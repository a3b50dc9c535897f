import FixedPoint

extension RandomFixedPointGraph {
  /// Tables of one, several or no operands, some of them shared by edges.
  package mutating func tableSum(inputs: Int, outputs: Int) -> TableSum {
    var sums = TableSum(inputCount: inputs, outputCount: outputs)
    for _ in 0..<int(0...3 * outputs) {
      var operands: [TableSum.Operand] = []
      var room = 7
      for _ in 0..<int(0...3) {
        let type = type(widths: 0...min(room, 6))
        room -= type.width
        operands.append(TableSum.Operand(input: int(0...inputs - 1), type: type))
      }
      let count = 1 << operands.reduce(0) { $0 + $1.type.width }
      let table: Int
      if let known = sums.tables.firstIndex(where: { $0.entries.count == count }), int(0...3) == 0 {
        table = known
      } else {
        let size = int(0...7)
        let isSmooth = int(0...1) == 0
        var last = 0
        let entries = (0..<count).map { _ -> Int64 in
          last = isSmooth ? last + int(-1...1) : int(-(1 << size)...1 << size)
          return Int64(last)
        }
        sums.tables.append(TableSum.Table(entries: entries, fractionBits: int(-1...5)))
        table = sums.tables.count - 1
      }
      sums.edges.append(TableSum.Edge(operands: operands, output: int(0...outputs - 1), table: table))
    }
    return sums
  }
}
