import FixedPoint
import FixedPointIR

/// A function of one element, with the values that can come out and their grid.
struct PlannedFunction {
  var function: ElementFunction
  /// The exact results.
  var range: Interval
  var fractionBits: Int
  /// Every intermediate value that must be held.
  var intermediates: [Interval]
}

extension NodeContext {
  /// A kernel that computes each element from one element of an input.
  func elementwise(
    _ function: (_ element: Int, _ range: Interval, _ fractionBits: Int) throws -> PlannedFunction
  ) throws -> PlannedNode {
    let input = inputs[0]
    try require(input.types.count == outputTypes.count, "input and output differ in size")
    return try elementwise(sources: (0..<outputTypes.count).map { .init(input: 0, element: $0) }, function)
  }

  /// A kernel that computes each element from one element of some input.
  func elementwise(
    sources: [GatherOperation.Source],
    _ function: (_ element: Int, _ range: Interval, _ fractionBits: Int) throws -> PlannedFunction
  ) throws -> PlannedNode {
    var rows: [RowRun] = []
    var ranges: [Interval] = []
    for (element, source) in sources.enumerated() {
      let input = inputs[source.input]
      let planned = try function(element, input.ranges[source.element], input.fractionBits(source.element))
      try check(planned.range)
      for range in planned.intermediates { try check(range) }
      let rule = outputRule(element, range: planned.range, fractionBits: planned.fractionBits)
      let program = ElementProgram(
        function: planned.function,
        rule: rule,
        ranges: planned.intermediates + [planned.range, input.ranges[source.element]]
      )
      rows.append(
        RowRun(input: source.input, sourceRow: source.element, row: element, count: 1, program: program)
      )
      ranges.append(rule.result)
    }
    let kernel = ElementwiseKernel(
      inputs: inputs.map(\.place),
      output: output,
      runs: RowRun.joined(rows),
      site: resultSite
    )
    return PlannedNode(kernel: kernel, ranges: ranges)
  }
}

extension PlannedFunction {
  /// The value itself.
  static func copy(_ range: Interval, _ fractionBits: Int) -> PlannedFunction {
    PlannedFunction(function: .copy(lift: 0), range: range, fractionBits: fractionBits, intermediates: [])
  }

  /// `x · scale + bias`.
  static func affine(
    _ x: Interval,
    _ fractionBits: Int,
    scale: GridConstant,
    bias: GridConstant
  ) -> PlannedFunction {
    let grid = linearGrid(x, fractionBits, scale, bias) ?? 0
    let factor = liftedScale(x, fractionBits, scale, grid)
    let offset = bias.on(grid)
    return PlannedFunction(
      function: .linear(scale: factor.lower, offset: offset.lower),
      range: x * factor + offset,
      fractionBits: grid,
      intermediates: [factor, x * factor, offset]
    )
  }

  /// `clamp(x · slope + shift, lower, upper)`.
  static func clampedLinear(
    _ x: Interval,
    _ fractionBits: Int,
    slope: GridConstant,
    shift: GridConstant,
    lower: GridConstant,
    upper: GridConstant
  ) -> PlannedFunction {
    let grids = [linearGrid(x, fractionBits, slope, shift), [lower, upper].finestFractionBits]
    let grid = grids.compactMap { $0 }.max() ?? 0
    let factor = liftedScale(x, fractionBits, slope, grid)
    let offset = shift.on(grid)
    let low = lower.on(grid)
    let high = upper.on(grid)
    let sum = x * factor + offset
    // As the kernel does: the lower bound first.
    let ends = [sum.lower, sum.upper].map { $0 < low.lower ? low.lower : min($0, high.lower) }
    return PlannedFunction(
      function: .clampedLinear(scale: factor.lower, offset: offset.lower, lower: low.lower, upper: high.lower),
      range: low.lower <= high.lower ? Interval(ends[0], ends[1]) : low.union(high),
      fractionBits: grid,
      intermediates: [factor, x * factor, offset, sum, low, high]
    )
  }

  /// The finest grid of product and bias, of those that are not always zero.
  private static func linearGrid(
    _ x: Interval,
    _ fractionBits: Int,
    _ scale: GridConstant,
    _ bias: GridConstant
  ) -> Int? {
    let product = scale.isZero || x == Interval(0) ? nil : fractionBits + scale.fractionBits
    let grids = [product, bias.isZero ? nil : bias.fractionBits]
    return grids.compactMap { $0 }.max()
  }

  /// The scale that takes a raw argument to the grid.
  private static func liftedScale(
    _ x: Interval,
    _ fractionBits: Int,
    _ scale: GridConstant,
    _ grid: Int
  ) -> Interval {
    if scale.isZero || x == Interval(0) { return Interval(0) }
    return Interval(scale.raw).shifted(by: grid - fractionBits - scale.fractionBits)
  }

  /// Rectified linear units; see ``RectifierOperation``.
  static func rectifier(
    _ x: Interval,
    _ fractionBits: Int,
    _ operation: RectifierOperation,
    element: Int
  ) -> PlannedFunction {
    if operation.isPlainReLU {
      return PlannedFunction(
        function: .relu,
        range: Interval(max(x.lower, 0), max(x.upper, 0)),
        fractionBits: fractionBits,
        intermediates: []
      )
    }
    let limit = min(max(threshold(operation, element, fractionBits), x.lower - 1), x.upper)
    let below = limit >= x.lower ? Interval(x.lower, limit) : nil
    let above = limit < x.upper ? Interval(limit + 1, x.upper) : nil
    // What no argument reaches has no say in the grid.
    let zero = GridConstant(raw: 0, fractionBits: 0)
    let slope = below == nil ? zero : operation.lowerSlope.constant(element)
    let offset = below == nil ? zero : operation.lowerOffset.constant(element)
    let maximum = operation.maximum?.constant(element)
    let isLifted = above != nil && above != Interval(0)
    var grids = [linearGrid(below ?? Interval(0), fractionBits, slope, offset), isLifted ? fractionBits : nil]
    if let maximum, !maximum.isZero { grids.append(maximum.fractionBits) }
    let grid = grids.compactMap { $0 }.max() ?? 0
    let factor = liftedScale(below ?? Interval(0), fractionBits, slope, grid)
    let term = offset.on(grid)
    let lift = isLifted ? grid - fractionBits : 0
    let product = (below ?? Interval(0)) * factor
    let lower = below.map { _ in product + term }
    let upper = above?.shifted(by: lift)
    let both = lower.flatMap { low in upper.map { low.union($0) } } ?? lower ?? upper ?? Interval(0)
    let ceiling = maximum?.on(grid) ?? Interval(both.upper)
    return PlannedFunction(
      function: .rectify(
        threshold: limit,
        lift: min(lift, 127),
        slope: factor.lower,
        offset: term.lower,
        maximum: ceiling.lower
      ),
      range: Interval(min(both.lower, ceiling.lower), min(both.upper, ceiling.lower)),
      fractionBits: grid,
      intermediates: [factor, product, term, both, ceiling, Interval(limit)]
    )
  }

  /// The largest raw argument that takes the lower branch.
  private static func threshold(_ operation: RectifierOperation, _ element: Int, _ fractionBits: Int) -> Int128 {
    let threshold = operation.threshold.constant(element)
    if threshold.isZero { return operation.isInclusive ? -1 : 0 }
    let places = fractionBits - threshold.fractionBits
    return operation.isInclusive
      ? -Interval(-threshold.raw).shifted(by: places).lower - 1
      : Interval(threshold.raw).shifted(by: places).lower
  }
}
