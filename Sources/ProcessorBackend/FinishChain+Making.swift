import Diagnostics
import FixedPoint
import FixedPointIR

extension FinishChain {
  /// - Parameters:
  ///   - sum: the accumulator as the chain sees it.
  ///   - nodes: the layer with weights, then those behind it.
  ///   - element: of all of them.
  init(sum: FixedPointType, nodes: [FixedNode], types: (FixedNode) -> FixedPointType, element: Int) {
    var graph = FixedPointGraph(name: "finish")
    let origin = Origin(file: "finish")
    var last = graph.append(
      .input,
      named: "sum",
      kind: "Sum",
      inputs: [],
      shape: [1],
      types: ElementTypes(each: [sum]),
      origin: origin
    )
    var words: [String] = []
    for (number, node) in nodes.enumerated() {
      let operation = number == 0 ? .requantize : node.operation.restricted(to: element)
      last = graph.append(
        operation,
        named: "f\(number)",
        kind: "Finish",
        inputs: [last],
        shape: [1],
        types: ElementTypes(each: [types(node)]),
        origin: origin,
        implementation: node.implementation
      )
      words.append("\(operation.facts.name) \(types(node).shortDescription)")
    }
    graph.outputs = [last]
    self.graph = graph
    key = graph.description
    summary = words.joined(separator: ", ")
  }
}

extension FixedOperation {
  /// An elementwise operation of one element only.
  ///
  /// - Precondition: ``canFinish``.
  fileprivate func restricted(to element: Int) -> FixedOperation {
    func one(_ constants: ConstantVector) -> ConstantVector {
      ConstantVector(constants[element], fractionBits: constants.fractionBits)
    }
    switch self {
    case .affine(let rule): return .affine(AffineOperation(scale: one(rule.scale), bias: one(rule.bias)))
    case .rectifier(let rule):
      return .rectifier(
        RectifierOperation(
          threshold: one(rule.threshold),
          isInclusive: rule.isInclusive,
          lowerSlope: one(rule.lowerSlope),
          lowerOffset: one(rule.lowerOffset),
          maximum: rule.maximum.map(one)
        )
      )
    case .clampedLinear(let rule):
      return .clampedLinear(
        ClampedLinearOperation(
          slope: one(rule.slope),
          shift: one(rule.shift),
          lower: one(rule.lower),
          upper: one(rule.upper)
        )
      )
    case .exponentialUnit(let rule):
      return .exponentialUnit(
        ExponentialUnitOperation(
          positiveScale: one(rule.positiveScale),
          negativeScale: one(rule.negativeScale),
          exponential: rule.exponential
        )
      )
    case .table, .requantize: return self
    case .input, .dense, .softmax, .argmax, .merge, .gather, .treeEnsemble, .tableSum, .map, .scan:
      preconditionFailure("'\(facts.name)' does not go element by element")
    }
  }

  /// Whether a processor can do it to its sum.
  ///
  /// Affine layers have trained constants: they get processors of their own.
  var canFinish: Bool {
    switch self {
    case .rectifier, .clampedLinear, .exponentialUnit, .table, .requantize: true
    case .affine, .input, .dense, .softmax, .argmax, .merge, .gather, .treeEnsemble, .tableSum, .map, .scan: false
    }
  }
}
