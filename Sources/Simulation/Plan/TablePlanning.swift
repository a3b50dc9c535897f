import FixedPoint
import FixedPointIR

extension TableKernel.Entries {
  /// The entries of a table in another type.
  init(_ table: LookupTable, as type: FixedPointType) {
    let quantized = table.entries.map { type.quantize(raw: Int128($0), fractionBits: table.type.fractionBits) }
    values = quantized.map(\.raw)
    overflowed = quantized.contains(where: \.overflowed) ? quantized.map(\.overflowed) : nil
    overflow = type.overflow
  }

  /// The exact values `entry · scale`.
  init(_ table: LookupTable, scale: Int128 = 1) {
    values = table.entries.map { Int128($0) * scale }
    overflowed = nil
    overflow = .wrap
  }
}

extension NodeContext {
  func table(_ table: AddressedTable) throws -> PlannedNode {
    let input = inputs[0]
    try require(input.types.count == outputTypes.count, "input and output differ in size")
    var runs: [TableKernel.Run] = []
    var entries: [TableKernel.Entries] = []
    var types: [FixedPointType] = []
    var ranges: [Interval] = []
    for element in 0..<outputTypes.count {
      let type = outputTypes[element]
      let known = types.firstIndex(of: type)
      if known == nil {
        types.append(type)
        entries.append(TableKernel.Entries(table.table, as: type))
      }
      let index = known ?? types.count - 1
      let range = entries[index].range
      let address = try addressProgram(
        table,
        range: input.ranges[element],
        fractionBits: input.fractionBits(element)
      )
      ranges.append(range)
      if let last = runs.last, last.address == address, last.entries == index {
        runs[runs.count - 1].count += 1
      } else {
        let work = max(address.work, WorkWidth(storing: range))
        runs.append(TableKernel.Run(row: element, count: 1, address: address, entries: index, work: work))
      }
    }
    let kernel = TableKernel(
      input: input.place,
      output: output,
      runs: runs,
      entries: entries,
      site: resultSite
    )
    return PlannedNode(kernel: kernel, ranges: ranges)
  }

  func exponentialUnit(_ unit: ExponentialUnitOperation) throws -> PlannedNode {
    let input = inputs[0]
    try require(input.types.count == outputTypes.count, "input and output differ in size")
    var kernel = ExponentialUnitKernel(
      input: input.place,
      output: output,
      runs: [],
      entries: [],
      site: resultSite
    )
    var scales: [Int128] = []
    var ranges: [Interval] = []
    for element in 0..<outputTypes.count {
      let (run, factor) = try exponentialUnitRun(unit, element)
      let known = scales.firstIndex(of: factor)
      if known == nil {
        scales.append(factor)
        kernel.entries.append(TableKernel.Entries(unit.exponential.table, scale: factor))
      }
      ranges.append(run.rule.result)
      kernel.append(run, entries: known ?? scales.count - 1)
    }
    return PlannedNode(kernel: kernel, ranges: ranges)
  }

  /// The work of one element, and the factor that takes raw table entries to its grid.
  private func exponentialUnitRun(
    _ unit: ExponentialUnitOperation,
    _ element: Int
  ) throws -> (ExponentialUnitKernel.Run, Int128) {
    let x = inputs[0].ranges[element]
    let fractionBits = inputs[0].fractionBits(element)
    // What no argument reaches has no say in the grid.
    let zero = GridConstant(raw: 0, fractionBits: 0)
    let positive = x.upper > 0 ? unit.positiveScale.constant(element) : zero
    let negative = x.lower < 0 ? unit.negativeScale.constant(element) : zero
    let tableBits = unit.exponential.table.type.fractionBits
    let grids = [
      positive.isZero ? nil : positive.fractionBits + fractionBits,
      negative.isZero ? nil : negative.fractionBits + tableBits,
    ]
    let grid = grids.compactMap { $0 }.max() ?? 0
    let scale = positive.on(grid - fractionBits)
    let factor = negative.on(grid - tableBits)
    let entries = unit.exponential.table.entries
    let table = Interval(Int128(entries.min() ?? 0), Int128(entries.max() ?? 0)) * factor
    let linear = Interval(max(x.lower, 0), max(x.upper, 0)) * scale
    try check(scale, factor, table, linear)
    let range = x.upper < 0 ? table : x.lower >= 0 ? linear : table.union(linear)
    let rule = outputRule(element, range: range, fractionBits: grid)
    let address = try addressProgram(unit.exponential, range: x, fractionBits: fractionBits)
    let work = [x, scale, table, linear].reduce(max(rule.work, address.work)) { max($0, WorkWidth(holding: $1)) }
    let run = ExponentialUnitKernel.Run(
      row: element,
      count: 1,
      address: address,
      scale: scale.lower,
      entries: 0,
      rule: rule,
      work: work
    )
    return (run, factor.lower)
  }
}

extension ExponentialUnitKernel {
  /// Adds the work of the next element.
  fileprivate mutating func append(_ next: Run, entries: Int) {
    var next = next
    next.entries = entries
    if let last = runs.last, last.address == next.address, last.scale == next.scale, last.entries == entries,
      last.rule == next.rule, last.work == next.work
    {
      runs[runs.count - 1].count += 1
    } else {
      runs.append(next)
    }
  }
}
