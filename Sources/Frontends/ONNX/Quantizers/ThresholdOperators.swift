import Diagnostics
import FixedPoint
import ModelIR

/// Quantisers that are not steps of one size: minifloats, and lists of thresholds.
extension GraphImporter {
  mutating func importFloatQuant(_ node: OperatorNode) throws {
    try checkInputs(node, atMost: 6)
    node.dismiss("has_inf", "has_nan", "has_subnormal")
    guard try node.integer("saturation", default: 1) != 0 else {
      throw node.error("unsupported-operator", "'\(node.label)' (FloatQuant) overflows to infinity")
    }
    let scales = try scale(node, 1)
    let quantizer = MinifloatQuantizer(
      exponentBits: try number(node, 2, "exponent bits"),
      mantissaBits: try number(node, 3, "mantissa bits"),
      bias: try number(node, 4, "exponent bias"),
      greatest: try number(node, 5, "greatest value"),
      rounding: try rounding(node, default: "ROUND")
    )
    guard quantizer.isSane else {
      throw node.error("bad-parameters", "'\(node.label)' (FloatQuant) has parameters out of range")
    }
    guard case .constant(let tensor) = try value(node, 0) else {
      return try quantizeActivation(node, quantizer, scales)
    }
    guard let scale = scales.broadcast(to: tensor.shape) else {
      throw node.error("bad-parameters", "'\(node.label)' (FloatQuant) has a scale of another shape")
    }
    var result = tensor
    for index in result.values.indices {
      result.values[index] = Double(
        quantizer.value(of: Float(tensor.values[index]), scale: Float(scale.values[index]))
      )
    }
    try define(node, .constant(result))
  }

  /// Steps, and the fixed-point type that holds every one of them.
  private mutating func quantizeActivation(
    _ node: OperatorNode,
    _ quantizer: MinifloatQuantizer,
    _ scales: ConstantTensor
  ) throws {
    let input = try anyLayout(node, 0)
    guard let scale = scales.scalar, let steps = quantizer.staircase(scale: Float(scale)),
      let type = MinifloatQuantizer.type(holding: steps.values.values)
    else {
      throw node.error(
        "unsupported-operator",
        "'\(node.label)' (FloatQuant) quantises an activation to floating point of too many bits, or with a scale for each channel",
        hint: "quantise activations to fixed point (Quant), or to few bits of exponent and mantissa"
      )
    }
    let name = naming.next(node.proto)
    let stairs = elementwise(.activation(.staircase(steps)), input, named: "\(name)_steps", node.origin)
    let result = elementwise(.quantize(TensorQuantizer(types: [type])), stairs, named: name, node.origin)
    try define(node, .activation(result))
  }

  /// FINN's thresholds: how many of a channel's the element has reached.
  mutating func importMultiThreshold(_ node: OperatorNode) throws {
    try checkInputs(node, atMost: 2)
    node.dismiss("out_dtype")
    let input = try activation(node, 0)
    let thresholds = try constant(node, 1, "thresholds")
    let layout = try node.string("data_layout") ?? "NCHW"
    let (factor, shift) = (try node.float("out_scale", default: 1), try node.float("out_bias", default: 0))
    guard thresholds.shape.count == 2, thresholds.shape[1] > 0, !input.shape.isEmpty else {
      throw node.error("shape-mismatch", "the thresholds of '\(node.label)' have the shape \(thresholds.shape)")
    }
    let (channels, steps) = (thresholds.shape[0], thresholds.shape[1])
    let isLast = layout.hasSuffix("C") || input.shape.count == 1
    guard channels == 1 || channels == (isLast ? input.shape[input.shape.count - 1] : input.shape[0]) else {
      throw node.error("shape-mismatch", "'\(node.label)' has thresholds for \(channels) channels of \(input.shape)")
    }
    let rows = (0..<channels).map { thresholds.values[$0 * steps..<($0 + 1) * steps].sorted() }
    let values = (0...steps).map { Double(Float(factor) * Float($0) + Float(shift)) }
    let name = naming.next(node.proto)
    if channels == 1 {
      let function = ActivationFunction.staircase(Staircase(thresholds: rows[0], values: values))
      return try define(node, .activation(elementwise(.activation(function), input, named: name, node.origin)))
    }
    let count = input.shape.reduce(1, *)
    let inner = isLast ? 1 : input.shape.dropFirst().reduce(1, *)
    try ShapeInference(layer: name, origin: node.origin).checkExtents([count, steps])
    let trees = (0..<count).map { element in
      Self.tree(rows[element / inner % channels], feature: element, values: values)
    }
    let ensemble = TreeEnsemble(
      featureCount: count,
      trees: trees,
      base: [Double](repeating: 0, count: count),
      featurePrecision: .float64
    )
    let source = try materialised(input, as: [count], origin: node.origin)
    let tensor = append(.treeEnsemble(ensemble), named: name, inputs: [source], shape: [count], node.origin)
    try define(node, .activation(ActivationValue(tensor: tensor, shape: input.shape, viewName: "\(name)_reshape")))
  }

  /// Comparisons with one element, a leaf for every number of thresholds that it has reached.
  private static func tree(_ thresholds: [Double], feature: Int, values: [Double]) -> DecisionTree {
    var nodes: [DecisionTree.Node] = [.leaf(0)]
    var pending: [(node: Int, range: Range<Int>)] = [(0, 0..<thresholds.count)]
    while let next = pending.popLast() {
      guard !next.range.isEmpty else {
        nodes[next.node] = .leaf(next.range.lowerBound)
        continue
      }
      let middle = next.range.lowerBound + next.range.count / 2
      nodes[next.node] = .split(
        TreeSplit(
          feature: feature,
          threshold: thresholds[middle],
          comparison: .less,
          left: nodes.count,
          right: nodes.count + 1
        )
      )
      pending.append((nodes.count, next.range.lowerBound..<middle))
      pending.append((nodes.count + 1, (middle + 1)..<next.range.upperBound))
      nodes += [.leaf(0), .leaf(0)]
    }
    return DecisionTree(nodes: nodes, outputs: [feature], leafValues: values)
  }
}
