import Diagnostics
import ModelIR

/// ONNX's operators that are an activation function with attributes, and nothing else.
enum ActivationOperator: String, CaseIterable {
  case relu = "Relu"
  case leakyRelu = "LeakyRelu"
  case elu = "Elu"
  case selu = "Selu"
  case sigmoid = "Sigmoid"
  case hardSigmoid = "HardSigmoid"
  case hardSwish = "HardSwish"
  case tanh = "Tanh"
  case softplus = "Softplus"
  case softsign = "Softsign"
  case thresholdedRelu = "ThresholdedRelu"
  case shrink = "Shrink"
}

// Functions of single elements, and softmax.
extension GraphImporter {
  mutating func importActivation(_ node: OperatorNode, _ activation: ActivationOperator) throws {
    try checkInputs(node, atMost: 1)
    let input = try anyLayout(node, 0)
    let function = try function(activation, of: node)
    try defineElementwise(node, .activation(function), of: input, named: naming.next(node.proto))
  }

  func function(_ activation: ActivationOperator, of node: OperatorNode) throws -> ActivationFunction {
    switch activation {
    case .relu: .relu(ReLUParameters())
    case .leakyRelu: .leakyReLU(alpha: try node.float("alpha", default: Double(Float(0.01))))
    case .elu: .elu(alpha: try node.float("alpha", default: 1))
    case .selu: try selu(node)
    case .sigmoid: .sigmoid
    case .hardSigmoid:
      .hardSigmoid(
        slope: try node.float("alpha", default: Double(Float(0.2))),
        shift: try node.float("beta", default: 0.5)
      )
    case .hardSwish: .hardSwish(shift: 3, limit: 6)
    case .tanh: .tanh
    case .softplus: .softplus
    case .softsign: .softsign
    case .thresholdedRelu: .thresholdedReLU(theta: try node.float("alpha", default: 1))
    case .shrink: try shrink(node)
    }
  }

  /// Only with the constants of SELU's authors, to float32's precision.
  private func selu(_ node: OperatorNode) throws -> ActivationFunction {
    let alpha = try node.float("alpha", default: ActivationFunction.seluAlpha)
    let gamma = try node.float("gamma", default: ActivationFunction.seluScale)
    guard abs(alpha - ActivationFunction.seluAlpha) < 1e-6, abs(gamma - ActivationFunction.seluScale) < 1e-6 else {
      throw node.error(
        "unsupported-attribute",
        "'\(node.label)' (Selu) has alpha \(alpha) and gamma \(gamma), which are not Selu's own",
        hint: "use Selu with its default constants, or Elu"
      )
    }
    return .selu
  }

  /// Only a hard one, which leaves what is beyond the threshold as it is.
  private func shrink(_ node: OperatorNode) throws -> ActivationFunction {
    let bias = try node.float("bias", default: 0)
    guard bias == 0 else {
      throw node.error(
        "unsupported-attribute",
        "'\(node.label)' (Shrink) moves what is beyond its threshold by \(bias)",
        hint: "use Shrink with the bias 0, a hard shrink"
      )
    }
    return .hardShrink(threshold: try node.float("lambd", default: 0.5))
  }

  /// The slope broadcasts to the input: one, one per channel, or one per element.
  mutating func importPRelu(_ node: OperatorNode) throws {
    try checkInputs(node, atMost: 2)
    let input = try anyLayout(node, 0)
    let slope = try constant(node, 1, "slope")
    guard opset >= 7 || slope.count == 1 || input.shape.count == 1 else {
      throw node.error(
        "unsupported-opset",
        "'\(node.label)' (PRelu) has one slope per channel by the rule of opset \(opset)",
        hint: "export the model with opset 13"
      )
    }
    let alpha = try parameter(node, slope, for: input)
    try defineElementwise(
      node,
      .activation(.parametricReLU(alpha: alpha)),
      of: input,
      named: naming.next(node.proto)
    )
  }

  /// A clip that is a ReLU, a ReLU with a maximum, or a hard tanh.
  mutating func importClip(_ node: OperatorNode) throws {
    let input = try anyLayout(node, 0)
    let name = naming.next(node.proto)
    guard let function = try clipFunction(node) else { return try define(node, .activation(input)) }
    try defineElementwise(node, .activation(function), of: input, named: name)
  }

  /// What a clip does; nil where it has no bounds.
  func clipFunction(_ node: OperatorNode) throws -> ActivationFunction? {
    try checkInputs(node, atMost: opset < 11 ? 1 : 3)
    let low = try clipBound(node, 1, "min")
    let high = try clipBound(node, 2, "max")
    switch (low, high) {
    case (nil, nil): return nil
    case (0?, nil): return .relu(ReLUParameters())
    case (0?, let maximum?) where maximum > 0: return .relu(ReLUParameters(maximum: maximum))
    case (let minimum?, 1?) where minimum == -1: return .hardTanh(slope: 0.5, shift: 0.5)
    default: return .clip(lower: low.map { min($0, high ?? $0) }, upper: high)
    }
  }

  /// An attribute before opset 11, an input since; nil where there is no bound.
  private func clipBound(_ node: OperatorNode, _ index: Int, _ name: String) throws -> Double? {
    let bound: Double
    if opset < 11 {
      bound = try node.float(name, default: name == "min" ? -.infinity : .infinity)
    } else {
      guard let tensor = try optionalConstant(node, index, name) else { return nil }
      guard let scalar = tensor.scalar, tensor.type.isFloatingPoint else {
        throw node.error("bad-parameters", "the \(name) of '\(node.label)' (Clip) is not one number")
      }
      bound = scalar
    }
    let isOpen =
      name == "min" ? bound <= -Double(Float.greatestFiniteMagnitude) : bound >= Double(Float.greatestFiniteMagnitude)
    return isOpen ? nil : bound
  }

  /// Before opset 13 softmax runs over all axes from `axis` (1) on together, since over `axis` (-1) alone.
  mutating func importSoftmax(_ node: OperatorNode) throws {
    try checkInputs(node, atMost: 1)
    var input = try anyLayout(node, 0)
    let isJoint = opset < 13
    let rank = input.shape.count + 1
    let given = try node.integer("axis", default: isJoint ? 1 : -1)
    let axis = given < 0 ? given &+ rank : given
    guard axis >= 1, axis < rank else {
      throw node.error(
        "bad-axis",
        "'\(node.label)' (Softmax) normalises along axis \(given) of a tensor of \(rank) axes, the batch included",
        hint: "normalise along an axis that is not the batch"
      )
    }
    if !isJoint, case .axes(let order) = input.layout, let place = order.firstIndex(of: axis - 1) {
      let name = naming.next(node.proto)
      return try defineElementwise(node, .activation(.softmax(axis: place)), of: input, named: name)
    }
    input = inFileOrder(input, origin: node.origin)
    var shape = input.shape
    if isJoint { shape = Array(shape[..<(axis - 1)]) + [shape[(axis - 1)...].reduce(1, *)] }
    let name = naming.next(node.proto)
    let source = try materialised(input, as: shape, origin: node.origin)
    let tensor = append(.activation(.softmax(axis: axis - 1)), named: name, inputs: [source], shape: shape, node.origin)
    try define(node, .activation(ActivationValue(tensor: tensor, shape: input.shape, viewName: "\(name)_reshape")))
  }
}
