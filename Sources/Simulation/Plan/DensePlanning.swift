import FixedPoint
import FixedPointIR

/// The exact sums of a dense layer.
private struct ExactSums {
  /// The grid of each sum.
  var grids: [Int]
  /// Weights on the grids of their sums, row-major `[outputSize][inputSize]`; zero where the input is always zero.
  var weights: [Int128]
  var bias: [Int128]
  /// What each sum can be.
  var sums: [Interval]
  /// A bound of every partial sum of each output, in any order.
  var bounds: [Int128]

  /// Brings a sum to the finer grid of its result where floats hold it there too: then nothing is left to do.
  mutating func lift(_ row: Int, to grid: Int) {
    let places = grid - grids[row]
    let limit = bounds[row] < Float.exactLimit ? Float.exactLimit : Double.exactLimit
    guard (1..<53).contains(places), bounds[row] < limit >> places else { return }
    let inputSize = weights.count / grids.count
    for index in row * inputSize..<(row + 1) * inputSize { weights[index] <<= places }
    bias[row] <<= places
    sums[row] = sums[row].shifted(by: places)
    bounds[row] <<= places
    grids[row] = grid
  }
}

extension NodeContext {
  func dense(_ operation: DenseOperation) throws -> PlannedNode {
    try require(
      inputs[0].types.count == operation.inputSize && outputTypes.count == operation.outputSize,
      "the kernel does not fit its tensors"
    )
    try require(operation.bias.fits(operation.outputSize), "the bias does not fit the outputs")
    switch operation.accumulation {
    case .exact: return try exactDense(operation)
    case .stepwise(let type, let order): return try stepwiseDense(operation, type, order)
    }
  }

  private func exactDense(_ operation: DenseOperation) throws -> PlannedNode {
    var exact = try exactSums(operation)
    for row in 0..<operation.outputSize { exact.lift(row, to: outputTypes[row].fractionBits) }
    let rules = exact.sums.enumerated().map { row, sum in
      outputRule(row, range: sum, fractionBits: exact.grids[row])
    }
    let bound = exact.bounds.max() ?? 0
    let kernel: any TileKernel =
      if bound < Float.exactLimit {
        Float32DenseKernel(dense: gemm(operation, exact, rules, as: Float.self))
      } else if bound < Double.exactLimit {
        Float64DenseKernel(dense: gemm(operation, exact, rules, as: Double.self))
      } else {
        wideDense(operation, exact, rules)
      }
    return PlannedNode(kernel: kernel, ranges: rules.map(\.result))
  }

  private func exactSums(_ operation: DenseOperation) throws -> ExactSums {
    let size = operation.inputSize
    let grids = (0..<operation.outputSize).map { grid(operation, $0) }
    let bias = grids.enumerated().map { operation.bias.constant($0).on($1) }
    for value in bias { try check(value) }
    var weights = [Int128](repeating: 0, count: size * operation.outputSize)
    var sums = bias
    var bounds = bias.map(\.magnitude)
    for i in 0..<size {
      let range = inputs[0].ranges[i]
      guard range != Interval(0) else { continue }
      let fractionBits = inputs[0].fractionBits(i)
      for j in 0..<operation.outputSize {
        let weight = operation.weights[i * operation.outputSize + j]
        guard weight != 0 else { continue }
        let lift = grids[j] - fractionBits - operation.weightFractionBits
        let lifted = lift == 0 ? Interval(Int128(weight)) : Interval(Int128(weight)).shifted(by: lift)
        let product = Self.product(range, lifted.lower)
        try check(lifted, product)
        weights[j * size + i] = lifted.lower
        sums[j] = sums[j] + product
        bounds[j] += product.magnitude
        try check(Interval(min(bounds[j], Interval.limit)))
      }
    }
    return ExactSums(
      grids: grids,
      weights: weights,
      bias: bias.map(\.lower),
      sums: sums,
      bounds: bounds
    )
  }

  /// The coarsest grid that holds all products and the bias of one sum.
  private func grid(_ operation: DenseOperation, _ output: Int) -> Int {
    var grid = operation.bias.constant(output).coarsestFractionBits
    for i in 0..<operation.inputSize {
      let weight = operation.weights[i * operation.outputSize + output]
      guard weight != 0, inputs[0].ranges[i] != Interval(0) else { continue }
      let product = inputs[0].fractionBits(i) + operation.weightFractionBits - weight.trailingZeroBitCount
      grid = max(grid ?? product, product)
    }
    return grid ?? 0
  }

  /// The interval of `x · factor`.
  private static func product(_ x: Interval, _ factor: Int128) -> Interval {
    let (a, first) = x.lower.multipliedReportingOverflow(by: factor)
    let (b, second) = x.upper.multipliedReportingOverflow(by: factor)
    if first || second { return x.scaled(by: factor) }
    return factor < 0 ? Interval(b, a) : Interval(a, b)
  }

  private func gemm<F: WindowLane & Sendable>(
    _ operation: DenseOperation,
    _ exact: ExactSums,
    _ rules: [QuantizeRule],
    as type: F.Type
  ) -> GemmDenseKernel<F> {
    let runs = RowRun.joined(
      rules.enumerated().map { row, rule in
        let program = ElementProgram(function: .copy(lift: 0), rule: rule, ranges: [exact.sums[row]])
        return RowRun(input: 0, sourceRow: row, row: row, count: 1, program: program)
      }
    )
    return GemmDenseKernel(
      input: inputs[0].place,
      output: output,
      inputSize: operation.inputSize,
      outputSize: operation.outputSize,
      weights: exact.weights.map { F($0) },
      bias: exact.bias.map { F($0) },
      runs: runs,
      site: resultSite,
      isIdentity: runs.allSatisfy(\.program.isIdentity)
    )
  }

  private func wideDense(
    _ operation: DenseOperation,
    _ exact: ExactSums,
    _ rules: [QuantizeRule]
  ) -> any TileKernel {
    let size = operation.inputSize
    var work = WorkWidth.int64
    let outputs = rules.enumerated().map { row, rule in
      work = max(work, rule.work, WorkWidth(holding: exact.sums[row]))
      let terms = (0..<size).map {
        ModularDenseKernel.Term(input: $0, drop: 0, weight: exact.weights[row * size + $0])
      }
      return ModularDenseKernel.Output(
        terms: terms.filter { $0.weight != 0 },
        bias: exact.bias[row],
        accumulator: QuantizeRule.none(range: exact.sums[row], fractionBits: exact.grids[row]),
        result: rule
      )
    }
    return ModularDenseKernel(
      input: inputs[0].place,
      output: output,
      inputSize: size,
      outputs: outputs,
      work: work,
      site: resultSite
    )
  }
}

extension QuantizeRule {
  /// The rule that leaves every value of the range.
  static func none(range: Interval, fractionBits: Int) -> QuantizeRule {
    QuantizeRule(
      range: range,
      fractionBits: fractionBits,
      type: .containing(range, fractionBits: fractionBits)
    )
  }
}
