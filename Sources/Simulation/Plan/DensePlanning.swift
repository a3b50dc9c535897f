import FixedPoint
import FixedPointIR

/// Exact sums of one position of a dense layer.
private struct ExactPosition {
  /// Weights on the common grid, row-major `[outputSize][inputSize]`; zero where the input is always zero.
  var weights: [Int128]
  /// What each sum can be.
  var sums: [Interval]
  /// A bound of every partial sum, in any order.
  var bound: Int128
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
    let biases = (0..<operation.outputSize).map { operation.bias.constant($0) }
    let products = inputs[0].finestFractionBits(of: 0..<inputs[0].types.count).map {
      $0 + operation.weightFractionBits
    }
    let fractionBits = [products, biases.finestFractionBits].compactMap { $0 }.max() ?? 0
    let bias = biases.map { $0.on(fractionBits) }
    for value in bias { try check(value) }
    var positions: [ExactPosition] = []
    for position in 0..<operation.positions {
      positions.append(try exactPosition(operation, position, bias, fractionBits))
    }
    let rules = positions.enumerated().map { index, position in
      position.sums.enumerated().map { row, sum in
        outputRule(index * operation.outputSize + row, range: sum, fractionBits: fractionBits)
      }
    }
    let bound = positions.reduce(0) { max($0, $1.bound) }
    let kernel: any TileKernel =
      if bound < Float.exactLimit {
        Float32DenseKernel(dense: gemm(operation, positions, bias, rules, as: Float.self))
      } else if bound < Double.exactLimit {
        Float64DenseKernel(dense: gemm(operation, positions, bias, rules, as: Double.self))
      } else {
        wideDense(operation, positions, bias, rules, fractionBits)
      }
    return PlannedNode(kernel: kernel, ranges: rules.flatMap { $0.map(\.result) })
  }

  private func exactPosition(
    _ operation: DenseOperation,
    _ position: Int,
    _ bias: [Interval],
    _ grid: Int
  ) throws -> ExactPosition {
    let size = operation.inputSize
    var weights = [Int128](repeating: 0, count: size * operation.outputSize)
    var sums = bias
    var bounds = bias.map(\.magnitude)
    for i in 0..<size {
      let range = inputs[0].ranges[position * size + i]
      guard range != Interval(0) else { continue }
      let lift = grid - inputs[0].fractionBits(position * size + i) - operation.weightFractionBits
      for j in 0..<operation.outputSize {
        let weight = operation.weights[i * operation.outputSize + j]
        guard weight != 0 else { continue }
        let lifted = lift == 0 ? Interval(Int128(weight)) : Interval(Int128(weight)).shifted(by: lift)
        let product = Self.product(range, lifted.lower)
        try check(lifted, product)
        weights[j * size + i] = lifted.lower
        sums[j] = sums[j] + product
        bounds[j] += product.magnitude
        try check(Interval(min(bounds[j], Interval.limit)))
      }
    }
    return ExactPosition(weights: weights, sums: sums, bound: bounds.max() ?? 0)
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
    _ bias: [Interval],
    _ rules: [[QuantizeRule]],
    as type: F.Type
  ) -> GemmDenseKernel<F> {
    var matrices: [[Int128]] = []
    var matrixOfPosition: [Int] = []
    for position in positions {
      if matrices.last != position.weights { matrices.append(position.weights) }
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
      matrices: matrices.map { $0.map { F($0) } },
      bias: bias.map { F($0.lower) },
      matrixOfPosition: matrixOfPosition,
      runs: runs,
      site: resultSite,
      isIdentity: runs.allSatisfy { $0.allSatisfy(\.program.isIdentity) }
    )
  }

  private func wideDense(
    _ operation: DenseOperation,
    _ positions: [ExactPosition],
    _ bias: [Interval],
    _ rules: [[QuantizeRule]],
    _ fractionBits: Int
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
          bias: bias[row].lower,
          accumulator: QuantizeRule.none(range: position.sums[row], fractionBits: fractionBits),
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
