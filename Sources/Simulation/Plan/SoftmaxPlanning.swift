import FixedPoint
import FixedPointIR

extension NodeContext {
  func softmax(_ operation: SoftmaxOperation) throws -> PlannedNode {
    try requireGroups(operation.groups)
    switch operation.algorithm {
    case .normalized(let softmax): return try normalizedSoftmax(softmax, operation.groups)
    case .pairwise(let softmax): return try pairwiseSoftmax(softmax, operation.groups)
    }
  }

  private func requireGroups(_ groups: SoftmaxGroups) throws {
    try require(
      groups.size > 0 && groups.count * groups.size == outputTypes.count
        && inputs[0].types.count == outputTypes.count,
      "the groups do not fit the tensors"
    )
  }

  /// The elements of a group aligned on their finest grid.
  private func aligned(_ elements: Range<Int>) throws -> (lifts: [Int], ranges: [Interval], fractionBits: Int) {
    let grid = inputs[0].finestFractionBits(of: elements) ?? 0
    // What is always zero stands on every grid.
    let lifts = elements.map { max(0, grid - inputs[0].fractionBits($0)) }
    let ranges = zip(elements, lifts).map { inputs[0].ranges[$0].shifted(by: $1) }
    for range in ranges { try check(range) }
    return (lifts, ranges, grid)
  }

  private func normalizedSoftmax(_ softmax: NormalizedSoftmax, _ groups: SoftmaxGroups) throws -> PlannedNode {
    let sumType = softmax.sumType
    let exponential = TableKernel.Entries(softmax.exponential.table, as: sumType)
    let sum = QuantizeRule(
      range: sumType.rawRange + sumType.rawRange,
      fractionBits: sumType.fractionBits,
      type: sumType
    )
    let total = groups.size > 1 ? sum.result.union(exponential.range) : exponential.range
    let reciprocalInput = QuantizeRule(
      range: total,
      fractionBits: sumType.fractionBits,
      type: softmax.reciprocalInputType
    )
    let reciprocalAddress = try addressProgram(
      softmax.reciprocal,
      range: reciprocalInput.result,
      fractionBits: softmax.reciprocalInputType.fractionBits
    )
    let reciprocal = TableKernel.Entries(softmax.reciprocal.table)
    let product = exponential.range * reciprocal.range
    try check(product)
    let fractionBits = sumType.fractionBits + softmax.reciprocal.table.type.fractionBits
    var work = [sum.work, reciprocalInput.work, reciprocalAddress.work, WorkWidth(holding: product)].reduce(
      WorkWidth(holding: exponential.range.union(reciprocal.range))
    ) { max($0, $1) }
    var planned: [SoftmaxKernel.Group] = []
    for index in 0..<groups.count {
      let elements = index * groups.size..<(index + 1) * groups.size
      var group = try softmaxGroup(softmax, elements, &work)
      group.results = elements.map { outputRule($0, range: product, fractionBits: fractionBits) }
      work = group.results.reduce(work) { max($0, $1.work) }
      planned.append(group)
    }
    let kernel = SoftmaxKernel(
      input: inputs[0].place,
      output: output,
      size: groups.size,
      groups: planned,
      exponential: exponential,
      sum: sum,
      reciprocalInput: reciprocalInput,
      reciprocalAddress: reciprocalAddress,
      reciprocal: reciprocal,
      work: work,
      resultSite: resultSite,
      insideSite: insideSite
    )
    return PlannedNode(kernel: kernel, ranges: planned.flatMap { $0.results.map(\.result) })
  }

  /// The way to the exponentials of one group; widens `work` to what it needs.
  private func softmaxGroup(
    _ softmax: NormalizedSoftmax,
    _ elements: Range<Int>,
    _ work: inout WorkWidth
  ) throws -> SoftmaxKernel.Group {
    guard let type = softmax.differenceType else {
      let addresses = try elements.map {
        try addressProgram(softmax.exponential, range: inputs[0].ranges[$0], fractionBits: inputs[0].fractionBits($0))
      }
      work = addresses.reduce(work) { max($0, $1.work) }
      return SoftmaxKernel.Group(lifts: elements.map { _ in 0 }, difference: nil, addresses: addresses, results: [])
    }
    let group = try aligned(elements)
    let all = group.ranges.dropFirst().reduce(group.ranges[0]) { $0.union($1) }
    let difference = Interval(0, all.upper - all.lower)
    try check(difference)
    let rule = QuantizeRule(range: difference, fractionBits: group.fractionBits, type: type)
    let address = try addressProgram(softmax.exponential, range: rule.result, fractionBits: type.fractionBits)
    work = max(work, rule.work, address.work, WorkWidth(holding: all))
    return SoftmaxKernel.Group(
      lifts: group.lifts,
      difference: rule,
      addresses: elements.map { _ in address },
      results: []
    )
  }

  private func pairwiseSoftmax(_ softmax: PairwiseSoftmax, _ groups: SoftmaxGroups) throws -> PlannedNode {
    let type = softmax.sumType
    let tableBits = softmax.exponential.table.type.fractionBits
    let grid = max(type.fractionBits, tableBits)
    let factor = Interval(1).shifted(by: grid - tableBits)
    let entries = softmax.exponential.table.entries
    let terms = Interval(Int128(entries.min() ?? 0), Int128(entries.max() ?? 0)) * factor
    let lifted = type.rawRange.shifted(by: grid - type.fractionBits)
    try check(factor, terms, lifted)
    let exponential = TableKernel.Entries(softmax.exponential.table, scale: factor.lower)
    let sum = QuantizeRule(range: lifted + terms, fractionBits: grid, type: type)
    let reciprocalAddress = try addressProgram(
      softmax.reciprocal,
      range: type.rawRange,
      fractionBits: type.fractionBits
    )
    var types: [FixedPointType] = []
    var reciprocalOfElement: [Int] = []
    for type in outputTypes.all {
      if !types.contains(type) { types.append(type) }
      reciprocalOfElement.append(types.firstIndex(of: type) ?? 0)
    }
    let reciprocals = types.map { TableKernel.Entries(softmax.reciprocal.table, as: $0) }
    var work = max(sum.work, reciprocalAddress.work, WorkWidth(holding: lifted.union(terms)))
    work = reciprocals.reduce(work) { max($0, WorkWidth(storing: $1.range)) }
    let pairs = try pairs(softmax, groups)
    work = max(work, pairs.work)
    let kernel = PairwiseSoftmaxKernel(
      input: inputs[0].place,
      output: output,
      size: groups.size,
      groups: pairs.groups,
      addresses: pairs.addresses,
      exponential: exponential,
      one: type.quantize(raw: 1, fractionBits: 0),
      sumLift: grid - type.fractionBits,
      sum: sum,
      reciprocalAddress: reciprocalAddress,
      reciprocals: reciprocals,
      reciprocalOfElement: reciprocalOfElement,
      work: work,
      resultSite: resultSite,
      insideSite: insideSite
    )
    return PlannedNode(kernel: kernel, ranges: reciprocalOfElement.map { reciprocals[$0].range })
  }

  /// Every difference of two elements of a group, on the finer of their grids: the grid is part of the address.
  private func pairs(_ softmax: PairwiseSoftmax, _ groups: SoftmaxGroups) throws -> PlannedPairs {
    var planned = PlannedPairs()
    let all = inputs[0].ranges.enumerated().map { ($0, $1) }
    for index in 0..<groups.count {
      let members = all[index * groups.size..<(index + 1) * groups.size]
      var group: [PairwiseSoftmaxKernel.Pair] = []
      for (i, subtracted) in members {
        for (j, value) in members {
          let bits = (inputs[0].fractionBits(j), inputs[0].fractionBits(i))
          let grid = max(bits.0, bits.1)
          let operands = (value.shifted(by: grid - bits.0), subtracted.shifted(by: grid - bits.1))
          let difference = operands.0 - operands.1
          try check(operands.0, operands.1, difference)
          let address = try addressProgram(softmax.exponential, range: difference, fractionBits: grid)
          group.append(
            PairwiseSoftmaxKernel.Pair(
              lift: grid - bits.0,
              subtractedLift: grid - bits.1,
              address: planned.index(of: address)
            )
          )
          for range in [operands.0, operands.1, difference] {
            planned.work = max(planned.work, WorkWidth(holding: range))
          }
        }
      }
      planned.groups.append(group)
    }
    return planned
  }

  func argmax(_ groups: SoftmaxGroups) throws -> PlannedNode {
    try requireGroups(groups)
    var lifts: [Int] = []
    let ones = outputTypes.all.map { $0.quantize(raw: 1, fractionBits: 0) }
    let ranges = ones.map { Interval(min($0.raw, 0), max($0.raw, 0)) }
    var work = ranges.reduce(WorkWidth.int32) { max($0, WorkWidth(storing: $1)) }
    for index in 0..<groups.count {
      let group = try aligned(index * groups.size..<(index + 1) * groups.size)
      work = group.ranges.reduce(work) { max($0, WorkWidth(holding: $1)) }
      lifts += group.lifts
    }
    let kernel = ArgmaxKernel(
      input: inputs[0].place,
      output: output,
      size: groups.size,
      lifts: lifts,
      ones: ones,
      overflows: outputTypes.all.map(\.overflow),
      work: work,
      site: resultSite
    )
    return PlannedNode(kernel: kernel, ranges: ranges)
  }
}

/// The differences of a pairwise softmax.
private struct PlannedPairs {
  var groups: [[PairwiseSoftmaxKernel.Pair]] = []
  var addresses: [AddressProgram] = []
  var work = WorkWidth.int32

  mutating func index(of address: AddressProgram) -> Int {
    if let known = addresses.firstIndex(of: address) { return known }
    work = max(work, address.work)
    addresses.append(address)
    return addresses.count - 1
  }
}
