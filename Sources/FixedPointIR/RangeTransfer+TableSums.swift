import FixedPoint

extension RangeTransfer {
  mutating func tableSumResults(_ sums: TableSum) -> [ExactRange] {
    var patterns: [TableSum.Operand: [Bool]] = [:]
    for operand in sums.operands {
      let x = x(operand.input)
      patterns[operand] = operand.reachablePatterns(of: x.raw, fractionBits: x.fractionBits)
    }
    return sums.edgesByOutput.enumerated().map { output, edges in
      var total = ExactRange.zero
      var widest = ExactRange.zero
      for edge in edges {
        for operand in edge.operands { _ = quantize(x(operand.input), to: operand.type, at: .address, element: output) }
        let table = sums.tables[edge.table]
        let isReached = edge.reachableAddresses { patterns[$0] ?? [] }
        let reached = table.entries.indices.lazy.filter { isReached[$0] }.map { table.entries[$0] }
        let term = ExactRange(
          raw: Interval(Int128(reached.min() ?? 0), Int128(reached.max() ?? 0)),
          fractionBits: table.fractionBits
        )
        total = total + term
        // Whatever the order of addition, every partial sum lies within the sum of the one-sided extremes.
        widest = note(widest + term.union(.zero))
      }
      return total
    }
  }
}
