import FixedPoint
import FixedPointIR
import NetlistIR

/// Layers that treat every element by itself join the kernel whose results they alone read: an activation behind a
/// convolution is built once with its kernel, and costs no rank of registers of its own.
///
/// Only what is built changes; every value that somebody reads stays what it is.
struct KernelAbsorption {
  private(set) var graph: FixedPointGraph
  /// By name of the layer that took others in: by name in its kernel, the layer that a part is of.
  private(set) var parts: [String: [String: NetlistScope]] = [:]

  /// - Parameter isModule: whether a layer's kernel becomes a module.
  init(_ graph: FixedPointGraph, isModule: (FixedNode) -> Bool) {
    self.graph = graph
    var readers = [Int](repeating: 0, count: graph.tensors.count)
    for node in graph.nodes { for input in node.inputs { readers[input.index] += 1 } }
    for output in graph.outputs { readers[output.index] += graph.nodes.count }
    var nodes: [FixedNode] = []
    var maker = [Int?](repeating: nil, count: graph.tensors.count)
    for node in graph.nodes {
      if node.inputs.count == 1, readers[node.inputs[0].index] == 1, let index = maker[node.inputs[0].index],
        isModule(nodes[index]), let joined = joined(nodes[index], node)
      {
        nodes[index] = joined
        maker[node.output.index] = index
      } else {
        maker[node.output.index] = nodes.count
        nodes.append(node)
      }
    }
    self.graph.nodes = nodes
  }

  /// The map with the layer in its kernel, or nil where positions differ in what the layer does.
  private mutating func joined(_ node: FixedNode, _ next: FixedNode) -> FixedNode? {
    guard case .map(var map) = node.operation, next.operation.facts.isElementwise else { return nil }
    let length = map.resultCount
    let result = map.body.outputs[0]
    let types = graph[next.output].types
    let middle = graph[node.output].types
    let kernel = map.body[result].types
    let isAlike = (0..<types.count).allSatisfy { types[$0] == types[$0 % length] && middle[$0] == kernel[$0 % length] }
    guard isAlike, let operation = next.operation.repeating(every: length) else { return nil }
    var name = next.name
    while map.body.nodes.contains(where: { $0.name == name }) { name += "_again" }
    let output = map.body.append(
      operation,
      named: name,
      kind: next.kind,
      inputs: [result],
      shape: map.body[result].shape,
      types: ElementTypes(each: Array(types.all.prefix(length))),
      origin: next.origin,
      implementation: next.implementation
    )
    map.body.outputs = [output]
    parts[node.name, default: [:]][name] = NetlistScope(name: next.name, kind: next.kind)
    var joined = node
    joined.operation = .map(map)
    joined.output = next.output
    return joined
  }
}

extension FixedOperation {
  /// The same operation on `length` elements, where its constants repeat with that period; nil where they do not.
  func repeating(every length: Int) -> FixedOperation? {
    switch self {
    case .affine(let rule):
      guard let scale = rule.scale.period(length), let bias = rule.bias.period(length) else { return nil }
      return .affine(AffineOperation(scale: scale, bias: bias))
    case .rectifier(var rule):
      guard let threshold = rule.threshold.period(length), let slope = rule.lowerSlope.period(length),
        let offset = rule.lowerOffset.period(length)
      else { return nil }
      (rule.threshold, rule.lowerSlope, rule.lowerOffset) = (threshold, slope, offset)
      if let maximum = rule.maximum {
        guard let limit = maximum.period(length) else { return nil }
        rule.maximum = limit
      }
      return .rectifier(rule)
    case .clampedLinear(let rule):
      guard let slope = rule.slope.period(length), let shift = rule.shift.period(length),
        let lower = rule.lower.period(length), let upper = rule.upper.period(length)
      else { return nil }
      return .clampedLinear(ClampedLinearOperation(slope: slope, shift: shift, lower: lower, upper: upper))
    case .exponentialUnit(var rule):
      guard let positive = rule.positiveScale.period(length), let negative = rule.negativeScale.period(length)
      else { return nil }
      (rule.positiveScale, rule.negativeScale) = (positive, negative)
      return .exponentialUnit(rule)
    case .table, .requantize: return self
    case .input, .dense, .softmax, .argmax, .merge, .gather, .treeEnsemble, .tableSum, .map, .scan: return nil
    }
  }
}

extension ConstantVector {
  /// The first values, where all others repeat them; nil where they do not.
  fileprivate func period(_ length: Int) -> ConstantVector? {
    if raw.count == 1 { return self }
    guard raw.count.isMultiple(of: length), raw.indices.allSatisfy({ raw[$0] == raw[$0 % length] }) else { return nil }
    return ConstantVector(raw: Array(raw.prefix(length)), fractionBits: fractionBits)
  }
}
