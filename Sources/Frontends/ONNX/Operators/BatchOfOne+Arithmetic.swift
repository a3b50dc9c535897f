import Diagnostics
import ModelIR

// Sums, quotients and powers with broadcasting, and normalisation.
extension GraphImporter {
  mutating func arithmeticOnWhole(_ node: OperatorNode, _ operands: [ImportedValue?]) throws {
    try checkInputs(node, atMost: 2)
    switch (operands[0], operands[1]) {
    case (.activation?, .activation?): try combine(node, try whole(node, 0), try whole(node, 1))
    case (.activation?, .constant(let constant)?): try combine(node, try whole(node, 0), constant, isLeft: false)
    case (.constant(let constant)?, .activation?): try combine(node, try whole(node, 1), constant, isLeft: true)
    default: throw node.error("bad-arity", "'\(node.label)' (\(node.operatorType)) lacks an operand")
    }
  }

  private mutating func combine(_ node: OperatorNode, _ a: WholeValue, _ b: WholeValue) throws {
    guard let shape = ConstantTensor.broadcastShape(a.shape, b.shape) else {
      throw node.error(
        "shape-mismatch",
        "'\(node.label)' (\(node.operatorType)) combines tensors of the shapes \(a.shape) and \(b.shape)"
      )
    }
    try ShapeInference(layer: node.label, origin: node.origin).checkExtents(shape)
    // Inverted before it is repeated.
    let second = node.operatorType == "Div" ? try inverse(node, b, suffix: "_inverse") : b
    let operands = [try broadcast(node, a, to: shape), try broadcast(node, second, to: shape)]
    let tensor = try layer(node, .merge(Self.merge(node.operatorType)), operands)
    try define(node, WholeValue(tensor: tensor, shape: shape))
  }

  private static func merge(_ operatorType: String) -> MergeKind {
    switch operatorType {
    case "Add": .add
    case "Sub": .subtract
    case "Max": .maximum
    case "Min": .minimum
    default: .multiply
    }
  }

  private mutating func combine(_ node: OperatorNode, _ value: WholeValue, _ constant: ConstantTensor, isLeft: Bool)
    throws
  {
    guard let shape = ConstantTensor.broadcastShape(value.shape, constant.shape), constant.type.isFloatingPoint,
      let operand = constant.count == 1 ? constant : constant.broadcast(to: shape)
    else {
      throw node.error(
        "shape-mismatch",
        "'\(node.label)' (\(node.operatorType)) combines a tensor of shape \(value.shape) with a constant of shape \(constant.shape)"
      )
    }
    try ShapeInference(layer: node.label, origin: node.origin).checkExtents(shape)
    var source = value
    if node.operatorType == "Div", isLeft { source = try inverse(node, value, suffix: "_inverse") }
    if node.operatorType == "Max" || node.operatorType == "Min" {
      guard let limit = constant.scalar else {
        throw node.error("unsupported-operator", "'\(node.label)' (\(node.operatorType)) has a limit for each element")
      }
      let clip = ActivationFunction.clip(
        lower: node.operatorType == "Max" ? limit : nil,
        upper: node.operatorType == "Min" ? limit : nil
      )
      let tensor = try layer(node, .activation(clip), [source.tensor])
      return try define(node, WholeValue(tensor: tensor, shape: shape))
    }
    let numbers = operand.parameter(shape: operand.count == 1 ? [1] : shape)
    let affine: AffineLayer
    switch node.operatorType {
    case "Add": affine = AffineLayer(scale: nil, bias: numbers)
    case "Sub" where isLeft: affine = AffineLayer(scale: ParameterTensor([-1]), bias: numbers)
    case "Sub": affine = AffineLayer(scale: nil, bias: numbers.mapping { -$0 })
    case "Div" where !isLeft: affine = AffineLayer(scale: numbers.mapping { 1 / $0 }, bias: nil)
    default: affine = AffineLayer(scale: numbers, bias: nil)
    }
    let repeated = try broadcast(node, source, to: shape)
    if affine.scale?.values.allSatisfy({ $0 == 1 }) ?? true, affine.bias?.values.allSatisfy({ $0 == 0 }) ?? true {
      return try define(node, WholeValue(tensor: repeated, shape: shape))
    }
    let tensor = try layer(node, .affine(affine), [repeated])
    try define(node, WholeValue(tensor: tensor, shape: shape))
  }

  /// One over every element; of a root, the inverse root at once.
  mutating func inverse(_ node: OperatorNode, _ value: WholeValue, suffix: String = "") throws -> WholeValue {
    var source = value.tensor
    var function = ActivationFunction.reciprocal(offset: 0)
    if let root = maker(of: source), case .activation(.squareRoot) = root.operation {
      source = root.inputs[0]
      var offset = 0.0
      if let sum = maker(of: source), case .affine(let affine) = sum.operation, affine.scale == nil,
        let bias = affine.bias, bias.count == 1, bias.values[0] > 0
      {
        source = sum.inputs[0]
        offset = bias.values[0]
      }
      function = .inverseSquareRoot(offset: offset)
    }
    let tensor = try layer(node, .activation(function), [source], suffix: suffix)
    return WholeValue(tensor: tensor, shape: value.shape)
  }

  func maker(of tensor: TensorID) -> ModelNode? { graph.nodes.last { $0.output == tensor } }

  mutating func power(_ node: OperatorNode) throws {
    let value = try whole(node, 0)
    let exponent = try constant(node, 1, "exponent").scalar
    let tensor: TensorID
    switch exponent {
    case 1: tensor = value.tensor
    case 2: tensor = try layer(node, .merge(.multiply), [value.tensor, value.tensor])
    case 3: tensor = try layer(node, .merge(.multiply), [value.tensor, value.tensor, value.tensor])
    case 0.5: tensor = try layer(node, .activation(.squareRoot), [value.tensor])
    case -0.5:
      let root = try layer(node, .activation(.squareRoot), [value.tensor], suffix: "_root")
      tensor = try inverse(node, WholeValue(tensor: root, shape: value.shape)).tensor
    case -1: return try define(node, try inverse(node, value))
    default:
      throw node.error(
        "unsupported-operator",
        "'\(node.label)' (Pow) raises to the power \(exponent.map { "\($0)" } ?? "of a tensor")",
        hint: "powers 1, 2, 3, 0.5, -0.5 and -1 can be compiled"
      )
    }
    try define(node, WholeValue(tensor: tensor, shape: value.shape))
  }

  /// Layer normalisation, or that by the root mean square, over the last axes.
  mutating func normalization(_ node: OperatorNode) throws {
    let centres = node.operatorType == "LayerNormalization"
    let value = try whole(node, 0)
    node.dismiss("stash_type")
    let epsilon = try node.float("epsilon", default: Double(Float(1e-5)))
    guard let first = ConstantTensor.axis(try node.integer("axis", default: -1), rank: value.shape.count), epsilon > 0
    else {
      throw node.error("bad-axis", "'\(node.label)' (\(node.operatorType)) has no such axis, or no epsilon")
    }
    let source = try view(value, as: value.shape, node)
    let rules = ShapeInference(layer: node.label, origin: node.origin)
    try rules.checkExtents(value.shape)
    var network = LayerNetwork(operands: [value.shape])
    let axes = Array(first..<value.shape.count)
    var result = network.normalized(.operand(0), axes: axes, epsilon: epsilon, centres: centres)
    func spread(_ index: Int, _ role: String) throws -> ParameterTensor? {
      guard let tensor = try optionalConstant(node, index, role) else { return nil }
      guard let numbers = tensor.count == value.shape.last ? tensor : tensor.broadcast(to: value.shape) else {
        throw node.error("shape-mismatch", "the \(role) of '\(node.label)' has the shape \(tensor.shape)")
      }
      return numbers.parameter(shape: numbers.shape)
    }
    let bias = centres ? try spread(2, "bias") : nil
    result = network.affine(result, scale: try spread(1, "scale"), bias: bias, suffix: nil)
    let tensors = append(network, node, operands: [source])
    try define(node, WholeValue(tensor: tensors(result), shape: value.shape))
  }

  /// Adds the nodes of a layer that becomes several; gives the tensors of its values.
  mutating func append(_ network: LayerNetwork, _ node: OperatorNode, operands: [TensorID])
    -> (LayerNetwork.Value) -> TensorID
  {
    let name = naming.next(node.proto)
    var results: [TensorID] = []
    func tensor(_ value: LayerNetwork.Value, _ results: [TensorID]) -> TensorID {
      switch value {
      case .operand(let index): operands[index]
      case .step(let index): results[index]
      }
    }
    for step in network.steps {
      let inputs = step.inputs.map { tensor($0, results) }
      results.append(
        append(
          step.operation,
          named: step.suffix.map { "\(name)_\($0)" } ?? name,
          inputs: inputs,
          shape: step.shape,
          node.origin
        )
      )
    }
    return { [results] in tensor($0, results) }
  }
}

extension ParameterTensor {
  /// Every value changed.
  fileprivate func mapping(_ change: (Double) -> Double) -> ParameterTensor {
    ParameterTensor(shape: shape, values: values.map(change), precision: .float64)
  }
}
