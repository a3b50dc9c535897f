import FixedPoint
import FixedPointIR

extension NodeContext {
  /// Trees as programs of comparisons, on the narrowest lanes that hold features, thresholds and leaves.
  func treeEnsemble(_ operation: TreeEnsembleOperation) throws -> PlannedNode {
    let features = inputs[0]
    let programs = (0..<outputTypes.count).map { TreeProgram(operation, output: $0, features: features.ranges) }
    let reachable = operation.trees.map { $0.reachableLeaves(features.ranges) }
    var rules: [QuantizeRule] = []
    var sums = Interval(0)
    for output in 0..<outputTypes.count {
      let total = try sumRange(operation, output, reachable)
      sums = sums.union(total.partial)
      rules.append(outputRule(output, range: total.result, fractionBits: total.fractionBits))
    }
    let lanes = programs.reduce(TreeProgram.lanes(of: features.ranges)) { max($0, $1.lanes) }
    let work = rules.reduce(WorkWidth(holding: sums)) { max($0, $1.work) }
    // Leaves that are added to each other need the lanes of their sum.
    let isNarrow = work == .int32 || operation.accumulation != .exact
    let kernel = TreeEnsembleKernel(
      input: features.place,
      output: output,
      featureCount: features.types.count,
      programs: programs,
      lanes: isNarrow ? lanes : .int64,
      start: (0..<outputTypes.count).map { start(operation, $0) },
      lift: leafLift(operation),
      step: step(operation),
      rules: rules,
      work: work,
      resultSite: resultSite,
      insideSite: insideSite
    )
    return PlannedNode(kernel: kernel, ranges: rules.map(\.result))
  }

  /// The grid of the sum, and the places by which leaves are shifted to stand on it.
  private func grid(_ operation: TreeEnsembleOperation) -> Int {
    switch operation.accumulation {
    case .exact:
      let biasIsZero = operation.bias.raw.allSatisfy { $0 == 0 }
      return biasIsZero
        ? operation.leafFractionBits : max(operation.leafFractionBits, operation.bias.fractionBits)
    case .stepwise(let type): return max(type.fractionBits, operation.leafFractionBits)
    }
  }

  private func leafLift(_ operation: TreeEnsembleOperation) -> Int { grid(operation) - operation.leafFractionBits }

  /// The sum before the first tree, and whether it had to be changed to fit.
  private func start(_ operation: TreeEnsembleOperation, _ output: Int) -> QuantizedValue {
    switch operation.accumulation {
    case .exact:
      let value = operation.bias.value(at: output)
      return QuantizedValue(raw: value.raw(on: grid(operation)), overflowed: false)
    case .stepwise(let type):
      let value = type.quantize(raw: Int128(operation.bias[output]), fractionBits: operation.bias.fractionBits)
      return QuantizedValue(raw: value.raw, overflowed: value.overflowed)
    }
  }

  /// The quantisation after every tree: from the grid of the sum to the accumulator's type.
  private func step(_ operation: TreeEnsembleOperation) -> TreeEnsembleKernel.Step? {
    guard case .stepwise(let type) = operation.accumulation else { return nil }
    let grid = grid(operation)
    let leaves = operation.trees.flatMap(\.leaves)
    let leaf = Interval(Int128(leaves.min() ?? 0), Int128(leaves.max() ?? 0)).shifted(by: leafLift(operation))
    let range = type.rawRange.shifted(by: grid - type.fractionBits) + leaf
    return TreeEnsembleKernel.Step(
      rule: QuantizeRule(range: range, fractionBits: grid, type: type),
      lift: grid - type.fractionBits
    )
  }

  /// Everything that a sum can be on its way and at its end.
  private func sumRange(
    _ operation: TreeEnsembleOperation,
    _ output: Int,
    _ reachable: [[Int]]
  ) throws -> (partial: Interval, result: Interval, fractionBits: Int) {
    let lift = leafLift(operation)
    let terms = operation.terms(ofOutput: output).map { index, position in
      operation.trees[index].leafRange(position: position, reachable: reachable[index]).shifted(by: lift)
    }
    switch operation.accumulation {
    case .exact:
      let bias = Interval(start(operation, output).raw)
      let partial = terms.reduce(bias.union(Interval(0))) { $0 + $1.union(Interval(0)) }
      try check(partial)
      return (partial, terms.reduce(bias, +), grid(operation))
    case .stepwise(let type):
      let room = type.rawRange.shifted(by: grid(operation) - type.fractionBits)
      let partial = terms.reduce(room) { $0.union(room + $1) }
      try check(partial)
      return (partial, type.rawRange, type.fractionBits)
    }
  }
}
