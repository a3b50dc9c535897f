import FixedPoint
import FixedPointIR

extension NodeContext {
  /// Sums of tables: the codes of all operands first, then each edge a look-up.
  func tableSum(_ sums: TableSum) throws -> PlannedNode {
    let input = inputs[0]
    try require(
      input.types.count == sums.inputCount && outputTypes.count == sums.outputCount && sums.problem == nil,
      "tables that do not fit its tensors"
    )
    let operands = sums.operands
    let rows = Dictionary(operands.enumerated().map { ($1, $0) }) { first, _ in first }
    let codes = operands.map { operand in
      TableSumKernel.Code(
        input: operand.input,
        mask: (1 << operand.type.width) - 1,
        rule: QuantizeRule(
          range: input.ranges[operand.input],
          fractionBits: input.fractionBits(operand.input),
          type: operand.type
        )
      )
    }
    var kernel = TableSumKernel(
      input: input.place,
      output: output,
      codes: codes,
      results: [],
      work: .int32,
      resultSite: resultSite,
      insideSite: insideSite
    )
    for (output, edges) in sums.edgesByOutput.enumerated() {
      let grid = sums.fractionBits(of: edges)
      var range = Interval(0)
      var partial = Interval(0)
      var terms: [TableSumKernel.Term] = []
      for edge in edges {
        let table = sums.tables[edge.table]
        let lift = table.entries.allSatisfy { $0 == 0 } ? 0 : grid - table.fractionBits
        let entries = table.entries.map { Interval(Int128($0)).shifted(by: lift) }
        let reached = entries.dropFirst().reduce(entries[0]) { $0.union($1) }
        range = range + reached
        partial = partial + reached.union(Interval(0))
        try check(partial, reached)
        let parts = edge.operands.map {
          TableSumKernel.Part(code: rows[$0] ?? 0, width: $0.type.width)
        }
        terms.append(TableSumKernel.Term(parts: parts, entries: entries.map(\.lower)))
      }
      let rule = outputRule(output, range: range, fractionBits: grid)
      kernel.results.append(TableSumKernel.Result(terms: terms, rule: rule))
      kernel.work = max(kernel.work, max(rule.work, WorkWidth(holding: partial)))
    }
    let ranges = kernel.results.map(\.rule.result)
    return PlannedNode(kernel: kernel, ranges: ranges)
  }
}
