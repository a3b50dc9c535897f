import AdderGraphs
import FixedPoint
import FixedPointIR
import NetlistIR

/// A quantised product on the accumulator's grid, perhaps to be subtracted.
private struct AccumulatorTerm {
  var id: ValueID
  var isSubtracted = false
}

extension GraphLowering {
  /// hls4ml's accumulators: every product is quantised, so that only the products of one input can share adders.
  mutating func stepwiseSums(
    _ firing: DenseFiring,
    _ kernel: DensePlan.Kernel?,
    _ type: FixedPointType,
    _ order: SummationOrder
  ) -> [ValueID] {
    let products = ProductGraphs(firing, kernel, &builder)
    return firing.types.indices.map { j in
      builder.element = Int32(firing.firstElement + j)
      let inputs = order.inputs(ofOutput: j, inputSize: firing.inputs.count).filter { firing.weight($0, j).raw != 0 }
      let terms = inputs.map { products.term($0, j, type, &self) }
      let bias = firing.dense.bias.value(at: j)
      let start = type.quantize(raw: bias.raw, fractionBits: bias.fractionBits).raw
      let sum = builder.accumulate(terms, from: start, in: type)
      return builder.requantize(builder.scaled(sum, fractionBits: type.fractionBits), to: firing.types[j])
    }
  }
}

/// The exact products of one firing: by adder graphs where there are any.
private struct ProductGraphs {
  let firing: DenseFiring
  /// By input: a graph and its values, or nil.
  private var multiples: [(graph: AdderGraph, values: [ValueID])?]

  init(_ firing: DenseFiring, _ kernel: DensePlan.Kernel?, _ builder: inout NetlistBuilder) {
    self.firing = firing
    multiples = firing.inputs.map { _ in nil }
    guard case .multiples(let graphs) = kernel else { return }
    builder.element = -1
    for (i, x) in firing.inputs.enumerated() where !x.range.isConstant {
      multiples[i] = (graphs[i], builder.emit(graphs[i], over: [x.id], elements: nil))
    }
  }

  /// The quantised product `q(x_i · w_ij)`.
  func term(_ i: Int, _ j: Int, _ type: FixedPointType, _ lowering: inout GraphLowering) -> AccumulatorTerm {
    let x = firing.inputs[i]
    let weight = firing.weight(i, j)
    guard let (graph, values) = multiples[i], let value = graph.outputs[j].value else {
      let usesMultiplier = firing.usesMultipliers && !x.range.isConstant
      let product = usesMultiplier ? lowering.multiplied(x, weight) : lowering.product(x, weight)
      return AccumulatorTerm(id: lowering.builder.requantize(product, to: type))
    }
    let output = graph.outputs[j]
    let fractionBits = x.fractionBits + weight.fractionBits
    let exact = lowering.builder.scaled(values[Int(value)], fractionBits: fractionBits - output.shift)
    // Where nothing is rounded, a wrapping accumulator may as well subtract.
    if output.isNegated, type.overflow == .wrap, exact.fractionBits <= type.fractionBits {
      return AccumulatorTerm(id: lowering.builder.requantize(exact, to: type), isSubtracted: true)
    }
    let range = x.range.scaled(by: weight.raw)
    let product = lowering.builder.output(j, of: graph, values, fractionBits: fractionBits, range: range)
    return AccumulatorTerm(id: lowering.builder.requantize(product, to: type))
  }
}

extension NetlistBuilder {
  /// The accumulator after all terms: a balanced tree where the order cannot show, else a chain.
  fileprivate mutating func accumulate(_ terms: [AccumulatorTerm], from start: Int128, in type: FixedPointType)
    -> ValueID
  {
    let start = constant(start)
    if type.overflow == .wrap {
      let added = [start] + terms.filter { !$0.isSubtracted }.map(\.id)
      let subtracted = terms.filter(\.isSubtracted).map(\.id)
      let positive = wrappedSum(added, type)
      if subtracted.isEmpty { return positive }
      let negative = wrappedSum(subtracted, type)
      return wrap(difference(positive, negative), width: type.width, signed: type.isSigned)
    }
    if neverOverflows([start] + terms.map(\.id), type) {
      return balancedSum(([start] + terms.map(\.id)).map { scaled($0, fractionBits: 0) }).raw(in: &self)
    }
    return terms.reduce(start) { sum, term in
      let next = self.sum(sum, term.id)
      return fit(ScaledValue(id: next, fractionBits: 0, range: range(next)), to: type)
    }
  }

  /// The sum modulo `2^width`: no partial sum is wider.
  private mutating func wrappedSum(_ values: [ValueID], _ type: FixedPointType) -> ValueID {
    var level = values.filter { constantValue($0) != 0 }
    while level.count > 1 {
      var next: [ValueID] = []
      for index in stride(from: 0, to: level.count, by: 2) {
        guard index + 1 < level.count else {
          next.append(level[index])
          continue
        }
        next.append(wrap(sum(level[index], level[index + 1]), width: type.width, signed: type.isSigned))
      }
      level = next
    }
    return level.first ?? constant(0)
  }

  /// Whether no partial sum, in any order, leaves the type.
  private func neverOverflows(_ values: [ValueID], _ type: FixedPointType) -> Bool {
    let extremes = values.reduce(Interval(0)) { sum, id in sum + range(id).union(Interval(0)) }
    return type.rawRange.contains(extremes)
  }
}

extension ScaledValue {
  /// The value as an integer, its trailing zeros included.
  fileprivate func raw(in builder: inout NetlistBuilder) -> ValueID { builder.raw(of: self, on: 0) }
}
