import FixedPoint
import FixedPointIR

extension NodeContext {
  /// A dense layer with an accumulator of its own type: order-free where that is proven to give the same bits.
  func stepwiseDense(
    _ operation: DenseOperation,
    _ type: FixedPointType,
    _ order: SummationOrder
  ) throws -> PlannedNode {
    let stepwise = try stepwiseKernel(operation, type, order)
    let ranges = stepwise.results.map(\.result)
    guard type.rounding == .truncate, type.overflow == .wrap else {
      return PlannedNode(kernel: stepwise, ranges: ranges)
    }
    let modular = try modularKernel(operation, type, stepwise.bias)
    let modularRanges = modular.outputs.map(\.result.result)
    return PlannedNode(kernel: CountedDenseKernel(modular: modular, stepwise: stepwise), ranges: modularRanges)
  }

  private func stepwiseKernel(
    _ operation: DenseOperation,
    _ type: FixedPointType,
    _ order: SummationOrder
  ) throws -> StepwiseDenseKernel {
    let size = operation.inputSize
    let largest = operation.weights.reduce(Int128(0)) { max($0, Int128($1.magnitude)) }
    let sum = QuantizeRule(
      range: type.rawRange + type.rawRange,
      fractionBits: type.fractionBits,
      type: type
    )
    let products = try (0..<size).map { i in
      let range = inputs[0].ranges[i] * Interval(-largest, largest)
      try check(range)
      return QuantizeRule(
        range: range,
        fractionBits: inputs[0].fractionBits(i) + operation.weightFractionBits,
        type: type
      )
    }
    let results = (0..<operation.outputSize).map {
      outputRule($0, range: type.rawRange, fractionBits: type.fractionBits)
    }
    let work = (products + results).reduce(sum.work) { max($0, $1.work) }
    let terms = (0..<operation.outputSize).map { row in
      order.inputs(ofOutput: row, inputSize: size).map {
        StepwiseDenseKernel.Term(input: Int32($0), weight: operation.weights[$0 * operation.outputSize + row])
      }.filter { $0.weight != 0 }
    }
    let bias = (0..<operation.outputSize).map {
      type.quantize(raw: Int128(operation.bias[$0]), fractionBits: operation.bias.fractionBits)
    }
    let loaded = inputs[0].ranges.reduce(work) { max($0, WorkWidth(storing: $1)) }
    return StepwiseDenseKernel(
      input: inputs[0].place,
      output: output,
      inputSize: size,
      terms: terms,
      bias: bias,
      sum: sum,
      products: products,
      results: results,
      work: loaded,
      resultSite: resultSite,
      insideSite: insideSite
    )
  }

  private func modularKernel(
    _ operation: DenseOperation,
    _ type: FixedPointType,
    _ bias: [QuantizedValue]
  ) throws -> ModularDenseKernel {
    var work = WorkWidth(storing: type.rawRange)
    let outputs = (0..<operation.outputSize).map { row in
      modularOutput(operation, type, bias[row].raw, row, &work)
    }
    return ModularDenseKernel(
      input: inputs[0].place,
      output: output,
      inputSize: operation.inputSize,
      outputs: outputs,
      work: work,
      site: resultSite
    )
  }

  /// One output with a truncating, wrapping accumulator; widens `work` to what it needs.
  private func modularOutput(
    _ operation: DenseOperation,
    _ type: FixedPointType,
    _ bias: Int128,
    _ row: Int,
    _ work: inout WorkWidth
  ) -> ModularDenseKernel.Output {
    var terms: [ModularDenseKernel.Term] = []
    var sum = Interval(bias)
    for i in 0..<operation.inputSize {
      let weight = operation.weights[i * operation.outputSize + row]
      let range = inputs[0].ranges[i]
      guard weight != 0, range != Interval(0) else { continue }
      let product = range.scaled(by: Int128(weight))
      let drop = inputs[0].fractionBits(i) + operation.weightFractionBits - type.fractionBits
      terms.append(ModularDenseKernel.Term(input: i, drop: drop, weight: Int128(weight)))
      sum = sum + product.shifted(by: -drop)
      // The low bits of a product are right in any integer; bits that are shifted down must be there.
      let needed = WorkWidth(storing: product)
      if drop > 0 { work = max(work, min(needed, WorkWidth(bits: type.width + drop))) }
    }
    let accumulator = QuantizeRule(range: sum, fractionBits: type.fractionBits, type: type)
    let result = outputRule(
      row,
      range: accumulator.result,
      fractionBits: type.fractionBits
    )
    work = max(work, result.work)
    return ModularDenseKernel.Output(terms: terms, bias: bias, accumulator: accumulator, result: result)
  }
}

extension WorkWidth {
  /// The narrowest that keeps this many low bits of a product.
  init(bits: Int) { self = bits <= 32 ? .int32 : bits <= 64 ? .int64 : .int128 }
}
