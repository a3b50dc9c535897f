import AdderGraphs
import FixedPoint
import FixedPointIR
import NetlistIR

extension GraphLowering {
  /// `x · factor` as shifts and adds.
  mutating func product(_ x: ScaledValue, _ factor: ExactValue) -> ScaledValue {
    if factor.raw == 0 || x.isZero { return builder.scaled(ExactValue(raw: 0, fractionBits: 0)) }
    let zeros = factor.raw.trailingZeroBitCount
    let odd = factor.raw >> zeros
    let fractionBits = x.fractionBits + factor.fractionBits - zeros
    if odd == 1 { return ScaledValue(id: x.id, fractionBits: fractionBits, range: x.range) }
    if odd == -1 { return builder.negate(ScaledValue(id: x.id, fractionBits: fractionBits, range: x.range)) }
    guard odd.magnitude < UInt128(1) << 61 else { return builder.digitProduct(x, factor) }
    let graph = constantProduct(Int64(odd), range: x.range)
    let values = builder.emit(graph, over: [x.id], elements: nil)
    return builder.output(0, of: graph, values, fractionBits: fractionBits, range: x.range.scaled(by: odd))
  }

  private mutating func constantProduct(_ factor: Int64, range: Interval) -> AdderGraph {
    if let graph = constantProducts[factor] { return graph }
    let problem = ConstantMatrixProblem(
      inputCount: 1,
      outputCount: 1,
      coefficients: [factor],
      inputRanges: [range.isConstant ? .bit : range]
    )
    let graph = AdderGraphOptimizer.optimize(problem, AdderGraphOptions())
    constantProducts[factor] = graph
    return graph
  }
}

extension NetlistBuilder {
  /// `x · factor` digit by digit, for factors of any size.
  mutating func digitProduct(_ x: ScaledValue, _ factor: ExactValue) -> ScaledValue {
    sum(digitsOf: [(x, factor)])
  }

  /// `Σ xᵢ · factorᵢ`, digit by digit, as balanced trees.
  mutating func sum(digitsOf products: [(x: ScaledValue, factor: ExactValue)]) -> ScaledValue {
    var added: [ScaledValue] = []
    var subtracted: [ScaledValue] = []
    for (x, factor) in products {
      for digit in SignedDigits.canonical(factor.raw) {
        let term = ScaledValue(
          id: x.id,
          fractionBits: x.fractionBits + factor.fractionBits - digit.shift,
          range: x.range
        )
        if digit.isNegative { subtracted.append(term) } else { added.append(term) }
      }
    }
    return signedSum(added, subtracted)
  }

  /// The sum of some terms minus the sum of others.
  mutating func signedSum(_ added: [ScaledValue], _ subtracted: [ScaledValue]) -> ScaledValue {
    let positive = balancedSum(added)
    if subtracted.isEmpty { return positive }
    let negative = balancedSum(subtracted)
    return difference(positive, negative)
  }

  /// An output of an adder graph as a number, its sign applied.
  mutating func output(
    _ j: Int,
    of graph: AdderGraph,
    _ values: [ValueID],
    fractionBits: Int,
    range: Interval
  ) -> ScaledValue {
    let output = graph.outputs[j]
    guard let value = output.value else { return scaled(ExactValue(raw: 0, fractionBits: 0)) }
    let places = output.shift
    let inner = (output.isNegated ? -range : range).shifted(by: -places)
    let result = scaled(values[Int(value)], fractionBits: fractionBits - places, range: inner)
    return output.isNegated ? negate(result) : result
  }
}
