import FixedPoint
import FixedPointIR

extension NodeContext {
  func merge(_ kind: FixedMergeKind) throws -> PlannedNode {
    try require(inputs.count >= 2, "a merge takes at least two inputs")
    try require(
      inputs.allSatisfy { $0.types.count == outputTypes.count },
      "inputs and output of a merge differ in size"
    )
    try require(
      inputs.count == 2 || (kind != .subtract && kind != .average),
      "\(kind.rawValue) takes two inputs"
    )
    var runs: [MergeKernel.Run] = []
    var ranges: [Interval] = []
    for element in 0..<outputTypes.count {
      var run = try mergeRun(kind, element)
      ranges.append(run.rule.result)
      run.rule = run.rule.shared(in: run.work)
      if let last = runs.last, last.rule == run.rule, last.lifts == run.lifts, last.work == run.work {
        runs[runs.count - 1].count += 1
        runs[runs.count - 1].isPlain = last.isPlain && run.isPlain
      } else {
        runs.append(run)
      }
    }
    return PlannedNode(
      kernel: MergeKernel(kind: kind, inputs: inputs.map(\.place), output: output, runs: runs, site: resultSite),
      ranges: ranges
    )
  }

  private func mergeRun(_ kind: FixedMergeKind, _ element: Int) throws -> MergeKernel.Run {
    let grids = inputs.map { $0.fractionBits(element) }
    let grid = inputs.compactMap { $0.finestFractionBits(of: element..<element + 1) }.max() ?? 0
    // What is always zero stands on every grid.
    let lifts = kind == .multiply ? inputs.map { _ in 0 } : grids.map { max(0, grid - $0) }
    let operands = zip(inputs, lifts).map { $0.ranges[element].shifted(by: $1) }
    for operand in operands { try check(operand) }
    var range = operands[0]
    for operand in operands.dropFirst() {
      range = Self.combined(kind, range, operand)
      try check(range)
    }
    let fractionBits =
      switch kind {
      case .add, .subtract, .maximum, .minimum: grid
      case .average: grid + 1
      case .multiply: grids.reduce(0, +)
      }
    let rule = outputRule(element, range: range, fractionBits: fractionBits)
    let work = operands.reduce(max(rule.work, WorkWidth(holding: range))) { max($0, WorkWidth(holding: $1)) }
    let isPlain = rule.isIdentity && lifts.allSatisfy { $0 == 0 }
    return MergeKernel.Run(row: element, count: 1, lifts: lifts, rule: rule, work: work, isPlain: isPlain)
  }

  private static func combined(_ kind: FixedMergeKind, _ a: Interval, _ b: Interval) -> Interval {
    switch kind {
    case .add, .average: a + b
    case .subtract: a - b
    case .multiply: a * b
    case .maximum: Interval(max(a.lower, b.lower), max(a.upper, b.upper))
    case .minimum: Interval(min(a.lower, b.lower), min(a.upper, b.upper))
    }
  }
}
