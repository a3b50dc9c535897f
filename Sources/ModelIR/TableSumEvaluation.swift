import FixedPoint

/// Sums of tables of a batch, row by row of the last axis; what reads a NaN is NaN.
func tableSums(_ sums: TableSum, _ input: [Double]) -> [Double] {
  let rows = input.count / sums.inputCount
  let operands = sums.operands
  var output = [Double](repeating: 0, count: rows * sums.outputCount)
  var patterns: [TableSum.Operand: Int] = [:]
  for row in 0..<rows {
    patterns.removeAll(keepingCapacity: true)
    for operand in operands {
      let x = input[row * sums.inputCount + operand.input]
      if !x.isNaN { patterns[operand] = operand.pattern(ofRaw: operand.type.quantize(x).raw) }
    }
    for edge in sums.edges {
      let isKnown = edge.operands.allSatisfy { patterns[$0] != nil }
      let table = sums.tables[edge.table]
      let entry = Double(table.entries[edge.address { patterns[$0, default: 0] }])
      let value = isKnown ? entry * Double(sign: .plus, exponent: -table.fractionBits, significand: 1) : .nan
      output[row * sums.outputCount + edge.output] += value
    }
  }
  return output
}
