import FixedPoint

/// Evaluates one event at a time, written for reading: the definition of what a ``FixedPointGraph`` computes.
///
/// Every operation follows its documentation to the letter, in 128-bit integers, with no regard for speed; the simulator
/// is fast and must agree with it.
///
/// - Precondition: the graph passed ``FixedPointGraphVerifier``.
package struct FixedPointEvaluator: Sendable {
  package let graph: FixedPointGraph

  package init(_ graph: FixedPointGraph) { self.graph = graph }

  /// What one event does in the graph.
  package struct Evaluation: Sendable {
    /// Raw values by tensor, then by element.
    package var raw: [[Int128]]
    /// By node: how many quantisations changed a value because it did not fit.
    package var overflows: [Int]
  }

  /// Evaluates the model.
  ///
  /// - Parameter inputs: the numbers of all inputs, in the order of the flat input vector; none is NaN.
  package func evaluate(_ inputs: [Double]) -> Evaluation {
    precondition(inputs.count == graph.inputCount, "an event of the wrong size")
    var position = 0
    return evaluate { node, types in
      defer { position += types.count }
      return (0..<types.count).map { element in
        let number = graph.inputConversion.number(inputs[position + element], element: position + element)
        return types[element].quantize(number)
      }
    }
  }

  /// Fires the graph as a kernel.
  ///
  /// - Parameter operands: exact values by input, then by element, which the types of the inputs hold.
  package func fire(_ operands: [[ExactValue]]) -> Evaluation {
    var next = 0
    return evaluate { node, types in
      defer { next += 1 }
      return operands[next].enumerated().map { element, value in
        types[element].quantize(raw: value.raw, fractionBits: value.fractionBits)
      }
    }
  }

  /// - Parameter input: the quantised elements of an input node; called in the order of the inputs.
  private func evaluate(_ input: (FixedNode, ElementTypes) -> [QuantizedValue]) -> Evaluation {
    var result = Evaluation(
      raw: graph.tensors.map { [Int128](repeating: 0, count: $0.count) },
      overflows: [Int](repeating: 0, count: graph.nodes.count)
    )
    for (index, node) in graph.nodes.enumerated() {
      let types = graph[node.output].types
      let quantized: [QuantizedValue]
      var run = OperationRun(node: node, graph: graph, raw: result.raw)
      if case .input = node.operation {
        quantized = input(node, types)
      } else {
        quantized = run.values().enumerated().map { element, value in
          types[element].quantize(raw: value.raw, fractionBits: value.fractionBits)
        }
      }
      result.raw[node.output.index] = quantized.map(\.raw)
      result.overflows[index] = run.overflows + quantized.count { $0.overflowed }
    }
    return result
  }

  /// The outputs of one event as numbers, in the order of the flat output vector.
  package func outputs(_ inputs: [Double]) -> [Double] {
    let evaluation = evaluate(inputs)
    return graph.outputs.flatMap { id in
      let types = graph[id].types
      return evaluation.raw[id.index].enumerated().map { types[$0].value(ofRaw: $1) }
    }
  }
}

/// One firing of one operation: its exact results, before they are quantised to the output types.
struct OperationRun {
  let node: FixedNode
  let graph: FixedPointGraph
  let raw: [[Int128]]
  /// Overflows inside the operation.
  var overflows = 0

  init(node: FixedNode, graph: FixedPointGraph, raw: [[Int128]]) {
    self.node = node
    self.graph = graph
    self.raw = raw
  }

  var count: Int { graph[node.output].count }

  /// Element `element` of input `input`.
  func x(_ element: Int, input: Int = 0) -> ExactValue {
    let id = node.inputs[input]
    return ExactValue(raw: raw[id.index][element], fractionBits: graph[id].types[element].fractionBits)
  }

  mutating func quantize(_ value: ExactValue, to type: FixedPointType) -> ExactValue {
    let quantized = type.quantize(raw: value.raw, fractionBits: value.fractionBits)
    if quantized.overflowed { overflows += 1 }
    return ExactValue(raw: quantized.raw, fractionBits: type.fractionBits)
  }

  mutating func values() -> [ExactValue] {
    switch node.operation {
    case .input: preconditionFailure("inputs come from outside")
    case .dense(let dense): return denseValues(dense)
    case .affine(let rule): return (0..<count).map { x($0) * rule.scale.value(at: $0) + rule.bias.value(at: $0) }
    case .rectifier(let rule): return (0..<count).map { Self.rectified(x($0), rule, element: $0) }
    case .clampedLinear(let rule):
      return (0..<count).map { i in
        let line = x(i) * rule.slope.value(at: i) + rule.shift.value(at: i)
        return .minimum(.maximum(line, rule.lower.value(at: i)), rule.upper.value(at: i))
      }
    case .table(let table): return (0..<count).map { table.value(of: x($0)) }
    case .exponentialUnit(let rule):
      return (0..<count).map { i in
        x(i).raw >= 0
          ? x(i) * rule.positiveScale.value(at: i)
          : rule.exponential.value(of: x(i)) * rule.negativeScale.value(at: i)
      }
    case .softmax(let softmax): return softmaxValues(softmax)
    case .argmax(let groups): return argmaxValues(groups)
    case .merge(let kind): return (0..<count).map { merged(kind, element: $0) }
    case .gather(let gather): return gather.sources.map { x($0.element, input: $0.input) }
    case .requantize: return (0..<count).map { x($0) }
    case .treeEnsemble(let ensemble): return treeEnsembleValues(ensemble)
    case .tableSum(let sums): return tableSumValues(sums)
    case .map(let map): return mapValues(map)
    case .scan(let scan): return scanValues(scan)
    }
  }

  private mutating func denseValues(_ dense: DenseOperation) -> [ExactValue] {
    let vector = (0..<dense.inputSize).map { x($0) }
    return (0..<dense.outputSize).map { dotProduct(dense, vector, output: $0) }
  }

  private mutating func dotProduct(_ dense: DenseOperation, _ vector: [ExactValue], output j: Int) -> ExactValue {
    func product(_ i: Int) -> ExactValue {
      let weight = ExactValue(
        raw: Int128(dense.weights[i * dense.outputSize + j]),
        fractionBits: dense.weightFractionBits
      )
      return vector[i] * weight
    }
    switch dense.accumulation {
    case .exact:
      return (0..<dense.inputSize).reduce(dense.bias.value(at: j)) { $0 + product($1) }
    case .stepwise(let type, let order):
      var sum = quantize(dense.bias.value(at: j), to: type)
      for i in order.inputs(ofOutput: j, inputSize: dense.inputSize) {
        let term = quantize(product(i), to: type)
        sum = quantize(sum + term, to: type)
      }
      return sum
    }
  }

  private static func rectified(_ x: ExactValue, _ rule: RectifierOperation, element: Int) -> ExactValue {
    let threshold = rule.threshold.value(at: element)
    let isUpper = rule.isInclusive ? !ExactValue.isLess(x, threshold) : ExactValue.isLess(threshold, x)
    let value = isUpper ? x : x * rule.lowerSlope.value(at: element) + rule.lowerOffset.value(at: element)
    return rule.maximum.map { .minimum(value, $0.value(at: element)) } ?? value
  }

  private func argmaxValues(_ groups: SoftmaxGroups) -> [ExactValue] {
    (0..<groups.count).flatMap { group in
      let first = group * groups.size
      let best = (first..<first + groups.size).reduce(first) { ExactValue.isLess(x($0), x($1)) ? $1 : $0 }
      return (first..<first + groups.size).map { ExactValue(raw: $0 == best ? 1 : 0, fractionBits: 0) }
    }
  }

  private func merged(_ kind: FixedMergeKind, element: Int) -> ExactValue {
    let values = node.inputs.indices.map { x(element, input: $0) }
    let rest = values.dropFirst()
    switch kind {
    case .add: return rest.reduce(values[0], +)
    case .subtract: return rest.reduce(values[0], -)
    case .multiply: return rest.reduce(values[0], *)
    case .average:
      let sum = rest.reduce(values[0], +)
      return ExactValue(raw: sum.raw, fractionBits: sum.fractionBits + 1)
    case .maximum: return rest.reduce(values[0], ExactValue.maximum)
    case .minimum: return rest.reduce(values[0], ExactValue.minimum)
    }
  }
}

extension AddressedTable {
  /// The entry for an argument, as a number.
  package func value(of x: ExactValue) -> ExactValue {
    ExactValue(
      raw: Int128(entry(ofRaw: x.raw, fractionBits: x.fractionBits)),
      fractionBits: table.type.fractionBits
    )
  }
}
