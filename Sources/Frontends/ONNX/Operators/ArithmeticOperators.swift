import Diagnostics
import ModelIR

// Sums, products and their like: with a constant an affine layer, of tensors a merge.
extension GraphImporter {
  mutating func importArithmetic(_ node: OperatorNode, _ operation: ArithmeticOperation) throws {
    try checkInputs(node, atMost: 2)
    try checkOldBroadcasting(node)
    switch (try value(node, 0), try value(node, 1)) {
    case (.activation(let a), .activation(let b)):
      guard let kind = operation.mergeKind else {
        throw node.error(
          "unsupported-operator",
          "'\(node.label)' (Div) divides by a tensor that depends on the model's inputs",
          hint: "divide by constants only"
        )
      }
      try merge(node, kind, [a, b])
    case (.activation(let input), .constant(let constant)):
      try importAffine(node, operation, input, constant, constantIsLeft: false)
    case (.constant(let constant), .activation(let input)):
      try importAffine(node, operation, input, constant, constantIsLeft: true)
    case (.constant, .constant):
      throw node.error("bad-parameters", "'\(node.label)' (\(node.operatorType)) cannot combine its two constants")
    }
  }

  /// A multiplication by -1.
  mutating func importNegation(_ node: OperatorNode) throws {
    try checkInputs(node, atMost: 1)
    let input = try anyLayout(node, 0)
    let minusOne = ConstantTensor(shape: [], values: [-1], type: .float)
    let name = naming.affine(node.proto)
    try define(node, .activation(try affine(node, .multiply, input, minusOne, named: name)))
  }

  /// Before opset 7, broadcasting had to be asked for and could start at any axis; only the modern rule is followed.
  ///
  /// Tools that edit old files forget to ask; what they mean is clear, for without broadcasting such shapes were illegal.
  private func checkOldBroadcasting(_ node: OperatorNode) throws {
    guard opset < 7 else { return }
    node.dismiss("broadcast")
    let ranks = try (0..<2).map { index in
      switch try value(node, index) {
      case .constant(let tensor): tensor.shape.count
      case .activation(let value): 1 + value.shape.count
      }
    }
    if let axis = try node.integer("axis"), axis != ranks[0] - ranks[1] {
      throw node.error(
        "unsupported-attribute",
        "'\(node.label)' (\(node.operatorType)) broadcasts from axis \(axis)",
        hint: "export the model with opset 13"
      )
    }
  }

  /// An affine layer, or nothing where it would change nothing.
  private mutating func importAffine(
    _ node: OperatorNode,
    _ operation: ArithmeticOperation,
    _ input: ActivationValue,
    _ constant: ConstantTensor,
    constantIsLeft: Bool
  ) throws {
    let isNeutral = constant.values.allSatisfy { $0 == operation.neutralElement }
    if isNeutral, !constantIsLeft || operation.commutes {
      _ = try parameter(node, constant, for: input)
      // qonnx removes it before it counts the nodes (if the constant is the second operand), hls4ml after.
      if !(naming.splitsGemm && !constantIsLeft) { naming.skip(node.proto) }
      return try define(node, .activation(input))
    }
    let name = naming.affine(node.proto)
    let result = try affine(node, operation, input, constant, constantIsLeft: constantIsLeft, named: name)
    try define(node, .activation(result))
  }

  /// `input ∘ constant`, or `constant ∘ input`, as an affine layer.
  mutating func affine(
    _ node: OperatorNode,
    _ operation: ArithmeticOperation,
    _ input: ActivationValue,
    _ constant: ConstantTensor,
    constantIsLeft: Bool = false,
    named name: String
  ) throws -> ActivationValue {
    let operand = try parameter(node, constant, for: input)
    let layer: AffineLayer
    switch operation {
    case .add: layer = AffineLayer(scale: nil, bias: operand)
    case .multiply: layer = AffineLayer(scale: operand, bias: nil)
    case .subtract where constantIsLeft:
      let minusOne = ParameterTensor(shape: [1], values: [-1], precision: operand.precision)
      layer = AffineLayer(scale: minusOne, bias: operand)
    case .subtract: layer = AffineLayer(scale: nil, bias: operand.mapped { -$0 })
    case .divide where constantIsLeft:
      throw node.error(
        "unsupported-operator",
        "'\(node.label)' (Div) divides a constant by a tensor",
        hint: "divide by constants only"
      )
    case .divide: layer = AffineLayer(scale: operand.mapped { 1 / $0 }, bias: nil)
    }
    let shape = graph[input.tensor].shape
    let tensor = append(.affine(layer), named: name, inputs: [input.tensor], shape: shape, node.origin)
    return ActivationValue(tensor: tensor, shape: input.shape, viewName: input.viewName, layout: input.layout)
  }

  /// A constant that broadcasts to the elements of a value: one number, one per channel of the last axis, or one per element.
  func parameter(_ node: OperatorNode, _ constant: ConstantTensor, for value: ActivationValue) throws -> ParameterTensor
  {
    let full = [1] + value.shape
    guard constant.type.isFloatingPoint, ConstantTensor.broadcastShape(constant.shape, full) == full,
      let count = ShapeInference.elementCount(value.shape)
    else {
      throw node.error(
        "shape-mismatch",
        "'\(node.label)' (\(node.operatorType)) combines a tensor of shape \(value.shape) per event with a constant of shape "
          + "\(constant.shape) and type \(constant.type)",
        hint:
          "the constant must be of a floating-point type and broadcast to the tensor, not the tensor to the constant"
      )
    }
    if constant.count == 1 { return constant.parameter(shape: [1]) }
    if value.layout != .asInFile { return try reordered(node, constant, for: value) }
    if constant.count == constant.shape.last, constant.count == graph[value.tensor].shape.last,
      constant.count == value.shape.last
    {
      return constant.parameter(shape: [constant.count])
    }
    guard let expanded = constant.broadcast(to: full), expanded.count == count else {
      throw node.error("absurd-size", "'\(node.label)' (\(node.operatorType)) has a constant that is too large")
    }
    return expanded.parameter(shape: value.shape)
  }

  /// A constant in the order of the elements of a value that does not have the file's: one per channel, or one per element.
  private func reordered(
    _ node: OperatorNode,
    _ constant: ConstantTensor,
    for value: ActivationValue
  ) throws -> ParameterTensor {
    let full = [1] + value.shape
    let shape = Array(repeating: 1, count: full.count - constant.shape.count) + constant.shape
    if case .axes(let order) = value.layout, let channels = order.last, shape[channels + 1] == constant.count,
      constant.count == value.shape[channels]
    {
      return constant.parameter(shape: [constant.count])
    }
    let expanded = constant.broadcast(to: full).flatMap { $0.reshaped(value.shape) }
    switch value.layout {
    case .asInFile: if let expanded { return expanded.parameter(shape: value.shape) }
    case .axes(let order):
      if let moved = expanded?.transposed(order) { return moved.parameter(shape: moved.shape) }
    case .elements(let order):
      if let expanded {
        let moved = ConstantTensor(shape: [order.count], values: order.map { expanded.values[$0] }, type: expanded.type)
        return moved.parameter(shape: [order.count])
      }
    }
    throw node.error("absurd-size", "'\(node.label)' (\(node.operatorType)) has a constant that is too large")
  }

  // MARK: - Merges

  mutating func importMerge(_ node: OperatorNode, _ kind: MergeKind) throws {
    let operands = try node.proto.input.indices.map { try value(node, $0) }
    let tensors = operands.compactMap { if case .activation(let value) = $0 { value } else { nil } }
    let constants = operands.compactMap { if case .constant(let tensor) = $0 { tensor } else { nil } }
    if constants.isEmpty {
      if tensors.count == 1 { return try define(node, .activation(tensors[0])) }
      return try merge(node, kind, tensors)
    }
    guard tensors.count == 1, constants.count == 1 else {
      throw node.error(
        "unsupported-operator",
        "'\(node.label)' (\(node.operatorType)) mixes several tensors and constants",
        hint: "combine the constants in a node of their own"
      )
    }
    switch kind {
    case .add: try importAffine(node, .add, tensors[0], constants[0], constantIsLeft: false)
    case .maximum where constants[0].scalar == 0:
      _ = try parameter(node, constants[0], for: tensors[0])
      let relu = ModelOperator.activation(.relu(ReLUParameters()))
      try defineElementwise(node, relu, of: tensors[0], named: naming.next(node.proto))
    case .maximum, .minimum, .average, .subtract, .multiply:
      throw node.error(
        "unsupported-operator",
        "'\(node.label)' (\(node.operatorType)) combines a tensor with a constant",
        hint: "of these, only Max with 0 can be compiled"
      )
    }
  }

  /// Combines tensors of one shape.
  private mutating func merge(_ node: OperatorNode, _ kind: MergeKind, _ values: [ActivationValue]) throws {
    let name = naming.next(node.proto)
    guard let first = values.first, values.allSatisfy({ $0.shape == first.shape }) else {
      throw node.error(
        "shape-mismatch",
        "'\(node.label)' (\(node.operatorType)) combines tensors of the shapes \(values.map(\.shape)) per event",
        hint: "give all operands the same shape; broadcasting between tensors is not supported"
      )
    }
    if values.contains(where: { $0.layout != first.layout }) {
      let plain = values.map { inFileOrder($0, origin: node.origin) }
      return try combine(node, kind, plain, named: name)
    }
    try combine(node, kind, values, named: name)
  }

  /// Combines tensors of one shape whose elements lie in one order.
  private mutating func combine(
    _ node: OperatorNode,
    _ kind: MergeKind,
    _ values: [ActivationValue],
    named name: String
  ) throws {
    let first = values[0]
    let shape = graph[first.tensor].shape
    let tensors: [TensorID]
    if values.allSatisfy({ graph[$0.tensor].shape == shape }) {
      tensors = values.map(\.tensor)
    } else {
      var views: [TensorID] = []
      for value in values { views.append(try materialised(value, origin: node.origin)) }
      tensors = views
    }
    let result = append(.merge(kind), named: name, inputs: tensors, shape: graph[tensors[0]].shape, node.origin)
    try define(
      node,
      .activation(ActivationValue(tensor: result, shape: first.shape, viewName: first.viewName, layout: first.layout))
    )
  }
}

extension ArithmeticOperation {
  /// The constant that, on the right, changes nothing.
  fileprivate var neutralElement: Double {
    switch self {
    case .add, .subtract: 0
    case .multiply, .divide: 1
    }
  }

  fileprivate var commutes: Bool {
    switch self {
    case .add, .multiply: true
    case .subtract, .divide: false
    }
  }

  /// The merge of two tensors; nil for the quotient.
  fileprivate var mergeKind: MergeKind? {
    switch self {
    case .add: .add
    case .subtract: .subtract
    case .multiply: .multiply
    case .divide: nil
    }
  }
}

extension ParameterTensor {
  /// Every value changed, and rounded to the tensor's precision.
  fileprivate func mapped(_ change: (Double) -> Double) -> ParameterTensor {
    let values = values.map { value in
      let changed = change(value)
      return precision == .float32 ? Double(Float(changed)) : changed
    }
    return ParameterTensor(shape: shape, values: values, precision: precision)
  }
}
