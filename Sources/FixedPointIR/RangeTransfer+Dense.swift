import FixedPoint

extension RangeTransfer {
  mutating func denseResults(_ dense: DenseOperation) -> [ExactRange] {
    let elements = (0..<dense.inputSize).map { x($0) }
    var results: [ExactRange] = []
    results.reserveCapacity(dense.outputSize)
    for j in 0..<dense.outputSize {
      switch dense.accumulation {
      case .exact: results.append(exactSum(dense, elements, output: j))
      case .stepwise(let type, let order):
        results.append(
          type.overflow == .wrap
            ? wrappingSum(dense, elements, type, output: j)
            : saturatingSum(dense, elements, type, order, output: j)
        )
      }
    }
    return results
  }

  private func product(_ dense: DenseOperation, _ x: ExactRange, input i: Int, output j: Int) -> ExactRange? {
    let weight = dense.weights[i * dense.outputSize + j]
    guard weight != 0, !x.isZero else { return nil }
    return ExactRange(
      raw: x.raw.scaled(by: Int128(weight)),
      fractionBits: x.fractionBits + dense.weightFractionBits
    )
  }

  /// The sum of each product's extremes: exact, since the inputs of a dense layer vary independently.
  private mutating func exactSum(_ dense: DenseOperation, _ elements: [ExactRange], output j: Int) -> ExactRange {
    var sum = dense.bias.range(at: j)
    var partial = sum.union(.zero)
    for (i, x) in elements.enumerated() {
      guard let product = product(dense, x, input: i, output: j) else { continue }
      sum = sum + product
      partial = partial + product.union(.zero)
    }
    // Whatever the order of addition, every partial sum lies within the sum of the one-sided extremes.
    note(partial.raw(on: ExactRange.grid(partial, sum)))
    return sum
  }

  /// A wrapping accumulator ends at the wrapped sum of the rounded products, whatever wraps on the way: wrapping is
  /// reduction modulo a power of two, and after rounding all terms stand on the accumulator's grid.
  private mutating func wrappingSum(
    _ dense: DenseOperation,
    _ elements: [ExactRange],
    _ type: FixedPointType,
    output j: Int
  ) -> ExactRange {
    // As wide as arithmetic goes, on the accumulator's grid: rounds, never overflows.
    func rounded(_ range: ExactRange) -> Interval {
      let drop = range.fractionBits - type.fractionBits
      guard drop > 0 else { return range.raw(on: type.fractionBits) }
      return Interval(
        FixedPointType.roundedShift(range.raw.lower, by: drop, type.rounding),
        FixedPointType.roundedShift(range.raw.upper, by: drop, type.rounding)
      )
    }
    var sum = rounded(dense.bias.range(at: j))
    note(sum)
    for (i, x) in elements.enumerated() {
      guard let product = product(dense, x, input: i, output: j) else { continue }
      note(product.raw)
      sum = sum + rounded(product)
    }
    note(sum)
    return quantize(
      ExactRange(raw: sum, fractionBits: type.fractionBits),
      to: type,
      at: .accumulator,
      element: j
    )
  }

  /// Any other accumulator, step by step in its order.
  private mutating func saturatingSum(
    _ dense: DenseOperation,
    _ elements: [ExactRange],
    _ type: FixedPointType,
    _ order: SummationOrder,
    output j: Int
  ) -> ExactRange {
    var sum = quantize(dense.bias.range(at: j), to: type, at: .accumulator, element: j)
    for i in order.inputs(ofOutput: j, inputSize: dense.inputSize) {
      guard let product = product(dense, elements[i], input: i, output: j) else { continue }
      note(product.raw)
      let term = quantize(product, to: type, at: .accumulator, element: j)
      sum = quantize(note(sum + term), to: type, at: .accumulator, element: j)
    }
    return sum
  }
}
