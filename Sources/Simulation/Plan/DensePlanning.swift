import FixedPoint
import FixedPointIR

/// Exact sums of one position of a dense layer.
private struct ExactPosition {
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
      inputs[0].types.count == operation.positions * operation.inputSize
        && outputTypes.count == operation.positions * operation.outputSize,
      "the kernel does not fit its tensors"
    )
    try require(operation.bias.fits(operation.outputSize), "the bias does not fit the outputs")
    switch operation.accumulation {
    case .exact: return try exactDense(operation)
    case .stepwise(let type, let order): return try stepwiseDense(operation, type, order)
    }
  }

  private func exactDense(_ operation: DenseOperation) throws -> PlannedNode {
    let positions = try (0..<operation.positions).map { index in
      var position = try exactPosition(operation, index)
      for row in 0..<operation.outputSize {
        position.lift(row, to: outputTypes[index * operation.outputSize + row].fractionBits)
      }
      return position
    }
    let rules = positions.enumerated().map { index, position in
      position.sums.enumerated().map { row, sum in
        outputRule(index * operation.outputSize + row, range: sum, fractionBits: position.grids[row])
      }
    }
    let bound = positions.flatMap(\.bounds).max() ?? 0
    let kernel: any TileKernel =
      if bound < Float.exactLimit {
        Float32DenseKernel(dense: gemm(operation, positions, rules, as: Float.self))
      } else if bound < Double.exactLimit {
        Float64DenseKernel(dense: gemm(operation, positions, rules, as: Double.self))
      } else {
        wideDense(operation, positions, rules)
      }
    return PlannedNode(kernel: kernel, ranges: rules.flatMap { $0.map(\.result) })
  }

  private func exactPosition(_ operation: DenseOperation, _ position: Int) throws -> ExactPosition {
    let size = operation.inputSize
    let grids = (0..<operation.outputSize).map { grid(operation, position, $0) }
    let bias = grids.enumerated().map { operation.bias.constant($0).on($1) }
    for value in bias { try check(value) }
    var weights = [Int128](repeating: 0, count: size * operation.outputSize)
    var sums = bias
    var bounds = bias.map(\.magnitude)
    for i in 0..<size {
      let range = inputs[0].ranges[position * size + i]
      guard range != Interval(0) else { continue }
      let fractionBits = inputs[0].fractionBits(position * size + i)
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
    return ExactPosition(
      grids: grids,
      weights: weights,
      bias: bias.map(\.lower),
      sums: sums,
      bounds: bounds
    )
  }

  /// The coarsest grid that holds all products and the bias of one sum.
  private func grid(_ operation: DenseOperation, _ position: Int, _ output: Int) -> Int {
    var grid = operation.bias.constant(output).coarsestFractionBits
    for i in 0..<operation.inputSize {
      let weight = operation.weights[i * operation.outputSize + output]
      let element = position * operation.inputSize + i
      guard weight != 0, inputs[0].ranges[element] != Interval(0) else { continue }
      let product = inputs[0].fractionBits(element) + operation.weightFractionBits - weight.trailingZeroBitCount
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

  private func gemm<F: GemmLane & Sendable>(
    _ operation: DenseOperation,
    _ positions: [ExactPosition],
    _ rules: [[QuantizeRule]],
    as type: F.Type
  ) -> GemmDenseKernel<F> {
    var matrices: [ExactPosition] = []
    var matrixOfPosition: [Int] = []
    for position in positions {
      if matrices.last?.weights != position.weights || matrices.last?.bias != position.bias {
        matrices.append(position)
      }
      matrixOfPosition.append(matrices.count - 1)
    }
    let runs = zip(positions, rules).map { position, rules in
      RowRun.joined(
        rules.enumerated().map { row, rule in
          let program = ElementProgram(function: .copy(lift: 0), rule: rule, ranges: [position.sums[row]])
          return RowRun(input: 0, sourceRow: row, row: row, count: 1, program: program)
        }
      )
    }
    return GemmDenseKernel(
      input: inputs[0].place,
      output: output,
      inputSize: operation.inputSize,
      outputSize: operation.outputSize,
      matrices: matrices.map { GemmMatrix(weights: $0.weights.map { F($0) }, bias: $0.bias.map { F($0) }) },
      matrixOfPosition: matrixOfPosition,
      runs: runs,
      site: resultSite,
      isIdentity: runs.allSatisfy { $0.allSatisfy(\.program.isIdentity) }
    )
  }

  private func wideDense(
    _ operation: DenseOperation,
    _ positions: [ExactPosition],
    _ rules: [[QuantizeRule]]
  ) -> any TileKernel {
    let size = operation.inputSize
    var work = WorkWidth.int64
    let outputs = zip(positions, rules).map { position, rules in
      rules.enumerated().map { row, rule in
        work = max(work, rule.work, WorkWidth(holding: position.sums[row]))
        let terms = (0..<size).map {
          ModularDenseKernel.Term(input: $0, drop: 0, weight: position.weights[row * size + $0])
        }
        return ModularDenseKernel.Output(
          terms: terms.filter { $0.weight != 0 },
          bias: position.bias[row],
          accumulator: QuantizeRule.none(range: position.sums[row], fractionBits: position.grids[row]),
          result: rule
        )
      }
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
