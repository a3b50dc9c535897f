import FixedPoint

extension OperationRun {
  mutating func tableSumValues(_ sums: TableSum) -> [ExactValue] {
    var patterns: [TableSum.Operand: Int] = [:]
    for operand in sums.operands {
      patterns[operand] = operand.pattern(ofRaw: quantize(x(operand.input), to: operand.type).raw)
    }
    var results = [ExactValue](repeating: ExactValue(raw: 0, fractionBits: 0), count: sums.outputCount)
    for edge in sums.edges {
      let table = sums.tables[edge.table]
      let entry = table.entries[edge.address { patterns[$0, default: 0] }]
      results[edge.output] = results[edge.output] + ExactValue(raw: Int128(entry), fractionBits: table.fractionBits)
    }
    return results
  }
}
