import FixedPoint
import FixedPointIR
import ModelIR

// Functions of few steps over more arguments than a table tells apart: exact comparisons.
extension NativeGraphBuilder {
  /// More steps than this are a table.
  private static let mostSteps = 4

  /// Whether steps are built one by one: a table of all arguments would be too large, and one of fewer not exact.
  func hasExactSteps(_ node: ModelNode, _ steps: Staircase) -> Bool {
    let input = quantized(node.inputs[0])
    guard (1...Self.mostSteps).contains(steps.thresholds.count),
      graph[input].types.all.allSatisfy({ $0.width == 0 || $0.fractionBits == graph[input].types.alignmentFractionBits }
      )
    else { return false }
    let range = argumentRange(input)
    return range.upper - range.lower >= Int128(1) << options.tableBits
  }

  /// `values[0]` and, for every threshold that the argument reaches, the rise there.
  mutating func addSteps(_ node: ModelNode, _ steps: Staircase) {
    let input = quantized(node.inputs[0])
    let grid = graph[input].types.alignmentFractionBits
    let values = steps.values.values
    var sum: FixedTensorID?
    for (index, threshold) in steps.thresholds.values.enumerated() {
      let first = ConstantQuantization.raw(threshold, fractionBits: grid, rounding: .up)
      // In units of the grid: one from the threshold on, zero below.
      let reached = ClampedLinearOperation(
        slope: ConstantVector(1, fractionBits: -grid),
        shift: ConstantVector(1 - first),
        lower: ConstantVector(0),
        upper: ConstantVector(1)
      )
      let step = append(
        .clampedLinear(reached),
        for: node,
        suffix: "reached_\(index)",
        inputs: [input],
        choose: Self.exactTypes
      )
      let rise = ConstantQuantization.vector([values[index + 1] - values[index]], bits: Self.constantBits)
      let offset = Self.onGrid([index == 0 ? values[0] : 0], ConstantQuantization.finestGrid)
      let risen = append(
        .affine(AffineOperation(scale: rise, bias: offset)),
        for: node,
        suffix: "rise_\(index)",
        inputs: [step],
        choose: Self.exactTypes
      )
      sum =
        sum.map { sum in
          append(.merge(.add), for: node, suffix: "sum_\(index)", inputs: [sum, risen], choose: Self.exactTypes)
        } ?? risen
    }
    let this = self
    append(.requantize, for: node, inputs: [sum ?? input]) { this.activationTypes(of: node, $0) }
  }
}
