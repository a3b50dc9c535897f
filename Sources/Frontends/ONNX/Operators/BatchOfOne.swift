import Diagnostics
import ModelIR

/// Operators that see an event as a batch of one: those of attention and graph networks, and whatever they read that has the batch
/// elsewhere than on the first axis, or joined with another one.
///
/// A model that treats events apart makes of one event what it makes of it among others (``EventIndependence`` checks it). So the batch
/// may be taken for an axis of extent 1, wherever it goes. Where the first axis has that extent again, the value is one like any other.
extension GraphImporter {
  /// A tensor under the shape that the file gives it, the batch included.
  struct WholeValue {
    var tensor: TensorID
    var shape: [Int]
  }

  /// Imports the node if it belongs here; false for those that others read.
  mutating func importOnBatchOfOne(_ node: OperatorNode) throws -> Bool {
    var operands: [ImportedValue?] = []
    for index in node.proto.input.indices { operands.append(try optionalValue(node, index)) }
    let values = operands.map { operand -> ActivationValue? in
      if case .activation(let value)? = operand { value } else { nil }
    }
    guard values.contains(where: { $0 != nil }), node.operatorType != "Shape" else { return false }
    guard values.contains(where: { $0?.isWhole ?? false }) || needsWholeEvent(node, operands) else { return false }
    guard batchExtents == [1] else {
      throw node.error(
        "batch-not-first",
        "'\(node.label)' (\(node.operatorType)) does not keep the batch, \(batchExtents.max() ?? 1) events, as its first axis",
        hint: "export the model with a batch of one, or with an open batch"
      )
    }
    if try moveWhole(node, operands) { return true }
    if let activation = ActivationOperator(rawValue: node.operatorType) {
      try elementwise(node, try function(activation, of: node))
      return true
    }
    switch node.operatorType {
    case "Sqrt": try elementwise(node, .squareRoot)
    case "Exp": try elementwise(node, .exponential(scale: 1))
    case "Log": try elementwise(node, .logarithm)
    case "Clip": try clipOnWhole(node)
    case "Abs": try magnitude(node)
    case "LogSoftmax": try logSoftmax(node)
    case "BatchNormalization": try batchNormalizationOnWhole(node)
    case "Erf": try elementwise(node, .erf)
    case "Gelu": try elementwise(node, try node.string("approximate") == "tanh" ? .geluTanh : .gelu)
    case "Reciprocal": try define(node, try inverse(node, try whole(node, 0)))
    case "Neg": try scaled(node, by: -1)
    case "Add", "Sub", "Mul", "Div", "Max", "Min": try arithmeticOnWhole(node, operands)
    case "Pow": try power(node)
    case "MatMul", "Gemm": try matrixProduct(node, operands)
    case "Einsum": try einsum(node)
    case "Softmax": try softmaxOnWhole(node)
    case "LayerNormalization", "RMSNormalization": try normalization(node)
    case "ReduceSum", "ReduceMean", "ReduceMax", "ReduceMin": try reductionOnWhole(node)
    case "Concat": try concatenationOfWhole(node)
    case "Gather", "GatherElements": try gatherByIndex(node)
    case "ScatterElements": try scatterByIndex(node)
    default:
      throw node.error(
        "batch-not-first",
        "'\(node.label)' (\(node.operatorType)) reads a tensor whose batch is not the first axis",
        hint: "transpose it first, so that the batch is axis 0 (batch_first=True in PyTorch)"
      )
    }
    return true
  }

  /// Whether only this way of reading knows what the node does.
  private func needsWholeEvent(_ node: OperatorNode, _ operands: [ImportedValue?]) -> Bool {
    let dynamic = operands.compactMap { if case .activation(let value)? = $0 { value } else { nil } }
    switch node.operatorType {
    case "Sqrt", "Exp", "Log", "LogSoftmax", "Abs", "Erf", "Gelu", "Reciprocal", "Pow", "Einsum", "LayerNormalization",
      "RMSNormalization",
      "GatherElements", "ScatterElements", "Expand", "Tile":
      return true
    case "MatMul":
      if dynamic.count == 2 { return true }
      if case .constant? = operands.first { return true }
      return false
    case "Gemm": return dynamic.count > 1
    case "Gather":
      guard operands.count == 2, case .activation? = operands[1] else { return false }
      return true
    case "Transpose": return (try? node.integers("perm")).flatMap { $0?.first }.map { $0 != 0 } ?? false
    case "Reshape": return reshapeMovesBatch(node, operands)
    case "Concat": return (try? node.integer("axis")) == 0
    // Another axis before the batch, or none at all.
    case "Unsqueeze", "Squeeze":
      guard let axes = try? axes(of: node), let value = dynamic.first else { return false }
      return axes.contains(0)
        || node.operatorType == "Unsqueeze" && axes.contains(-(value.shape.count + 1 + axes.count))
    case "Add", "Sub", "Mul", "Div", "Max", "Min":
      guard operands.count == 2 else { return false }
      if dynamic.count == 2 {
        return node.operatorType == "Div" || dynamic[0].shape != dynamic[1].shape
      }
      guard case .constant(let constant) = operands[0] ?? operands[1], let value = dynamic.first else { return false }
      if node.operatorType == "Div", case .constant? = operands[0] { return true }
      let other = constantOperand(operands) ?? constant
      guard ["Add", "Sub", "Mul", "Div"].contains(node.operatorType), other.type.isFloatingPoint else { return false }
      let full = [1] + value.shape
      // An event that becomes several would be a mistake.
      guard let shape = ConstantTensor.broadcastShape(other.shape, full), shape.first == 1 else { return false }
      return shape != full
    default: return false
    }
  }

  private func constantOperand(_ operands: [ImportedValue?]) -> ConstantTensor? {
    operands.lazy.compactMap { if case .constant(let tensor)? = $0 { tensor } else { nil } }.first
  }

  /// Whether the target of a Reshape leaves the batch no axis of its own.
  private func reshapeMovesBatch(_ node: OperatorNode, _ operands: [ImportedValue?]) -> Bool {
    guard operands.count == 2, case .activation(let value)? = operands[0], case .constant(let shape)? = operands[1],
      let target = shape.integers, let first = target.first
    else { return false }
    guard first == -1 || first == 0 || batchExtents.contains(first) else { return true }
    let count = value.shape.reduce(1, *)
    guard first == -1, !target.dropFirst().contains(where: { $0 <= 0 }) else { return false }
    return ShapeInference.elementCount(Array(target.dropFirst())) != count
  }

  // MARK: - Values

  mutating func whole(_ node: OperatorNode, _ index: Int) throws -> WholeValue {
    let value = try anyLayout(node, index)
    let plain = inFileOrder(value, origin: node.origin)
    return WholeValue(tensor: plain.tensor, shape: value.isWhole ? plain.shape : [1] + plain.shape)
  }

  /// The tensor under a shape with as many elements.
  mutating func view(_ value: WholeValue, as shape: [Int], _ node: OperatorNode) throws -> TensorID {
    let target = shape.isEmpty ? [1] : shape
    if graph[value.tensor].shape == target { return value.tensor }
    let name = "\(graph[value.tensor].name)_view"
    let resolved = try ShapeInference(layer: name, origin: node.origin).reshape(graph[value.tensor].shape, to: target)
    return append(.reshape, named: name, inputs: [value.tensor], shape: resolved, node.origin)
  }

  mutating func define(_ node: OperatorNode, _ value: WholeValue, output: Int = 0) throws {
    var result = ActivationValue(tensor: value.tensor, shape: value.shape, viewName: nil)
    if value.shape.first == 1 {
      result.shape.removeFirst()
    } else {
      result.isWhole = true
      hasMovedBatch = true
    }
    try define(node, .activation(result), output: output)
  }

  /// Adds a layer over tensors of the given shapes; its result has the shape that follows.
  mutating func layer(
    _ node: OperatorNode,
    _ operation: ModelOperator,
    _ inputs: [TensorID],
    declared: [Int] = [],
    suffix: String = ""
  ) throws -> TensorID {
    let name = naming.next(node.proto) + suffix
    let rules = ShapeInference(layer: name, origin: node.origin)
    let shape = try rules.shape(of: operation, inputs: inputs.map { graph[$0].shape }, declared: declared)
    return append(operation, named: name, inputs: inputs, shape: shape, node.origin)
  }

  // MARK: - Moves

  /// Operators that only move elements: evaluated on the elements' numbers, which then say where each comes from.
  private mutating func moveWhole(_ node: OperatorNode, _ operands: [ImportedValue?]) throws -> Bool {
    guard Self.moves.contains(node.operatorType) else { return false }
    for index in operands.indices.dropFirst() {
      guard case .activation? = operands[index] else { continue }
      return false
    }
    let input = try whole(node, 0)
    if ["Identity", "Dropout", "Cast"].contains(node.operatorType) {
      node.dismissAll()
      try define(node, input)
      return true
    }
    let count = input.shape.reduce(1, *)
    let numbers = ConstantTensor(shape: input.shape, values: (0..<count).map(Double.init), type: .double)
    let arguments: [ConstantTensor?] =
      [numbers] + operands.dropFirst().map { if case .constant(let tensor)? = $0 { tensor } else { nil } }
    var results: [ConstantTensor]?
    if let result = try evaluate(node, numbers, arguments) {
      results = [result]
    } else {
      results = try ConstantOperators.named(node.operatorType)?
        .results(ConstantCall(node: node, operands: arguments, opset: opset))
    }
    guard let results else {
      throw node.error(
        "bad-parameters",
        "'\(node.label)' (\(node.operatorType)) cannot move the elements of a tensor of shape \(input.shape)"
      )
    }
    for (index, result) in results.enumerated() where node.proto.output.indices.contains(index) {
      if node.proto.output[index].isEmpty { continue }
      try define(node, try moved(node, input, result, index: results.count == 1 ? nil : index), output: index)
    }
    return true
  }

  private mutating func moved(_ node: OperatorNode, _ input: WholeValue, _ places: ConstantTensor, index: Int?) throws
    -> WholeValue
  {
    guard let sources = places.integers, !sources.isEmpty else {
      throw node.error("bad-shape", "'\(node.label)' (\(node.operatorType)) makes an empty tensor")
    }
    if sources == Array(0..<input.shape.reduce(1, *)) { return WholeValue(tensor: input.tensor, shape: places.shape) }
    let shape = places.shape.isEmpty ? [1] : places.shape
    let suffix = index.map { "_\($0)" } ?? ""
    let tensor = try layer(node, .gather(sources: sources), [input.tensor], declared: shape, suffix: suffix)
    return WholeValue(tensor: tensor, shape: places.shape)
  }

  private static let moves: Set<String> = [
    "Transpose", "Reshape", "Squeeze", "Unsqueeze", "Slice", "Split", "Gather", "Expand", "Tile", "Flatten", "Identity",
    "Dropout", "Cast", "DepthToSpace", "SpaceToDepth",
  ]

  /// A tensor repeated as numpy broadcasts it.
  mutating func broadcast(_ node: OperatorNode, _ value: WholeValue, to shape: [Int]) throws -> TensorID {
    guard let sources = TensorLayout.broadcast(value.shape, to: shape) else {
      throw node.error(
        "shape-mismatch",
        "'\(node.label)' (\(node.operatorType)) cannot repeat a tensor of shape \(value.shape) to the shape \(shape)"
      )
    }
    if sources.count == value.shape.reduce(1, *) { return try view(value, as: shape, node) }
    let name = "\(graph[value.tensor].name)_repeated"
    return append(.gather(sources: sources), named: name, inputs: [value.tensor], shape: shape, node.origin)
  }

  // MARK: - Single elements

  private mutating func elementwise(_ node: OperatorNode, _ function: ActivationFunction) throws {
    let input = try whole(node, 0)
    let tensor = try layer(node, .activation(function), [input.tensor])
    try define(node, WholeValue(tensor: tensor, shape: input.shape))
  }

  private mutating func scaled(_ node: OperatorNode, by factor: Double) throws {
    let input = try whole(node, 0)
    let scale = AffineLayer(scale: ParameterTensor(shape: [1], values: [factor]), bias: nil)
    let tensor = try layer(node, .affine(scale), [input.tensor])
    try define(node, WholeValue(tensor: tensor, shape: input.shape))
  }

  private mutating func clipOnWhole(_ node: OperatorNode) throws {
    guard let function = try clipFunction(node) else { return try define(node, try whole(node, 0)) }
    try elementwise(node, function)
  }

  /// The larger one of an element and its negative.
  private mutating func magnitude(_ node: OperatorNode) throws {
    let input = try whole(node, 0)
    let opposite = AffineLayer(scale: ParameterTensor([-1]), bias: nil)
    let negative = try layer(node, .affine(opposite), [input.tensor], suffix: "_negative")
    let tensor = try layer(node, .merge(.maximum), [input.tensor, negative])
    try define(node, WholeValue(tensor: tensor, shape: input.shape))
  }

  /// Before opset 13 it runs, as softmax does, over all axes from `axis` (1) on together.
  private mutating func logSoftmax(_ node: OperatorNode) throws {
    try checkInputs(node, atMost: 1)
    let input = try whole(node, 0)
    let isJoint = opset < 13
    let given = try node.integer("axis", default: isJoint ? 1 : -1)
    guard let axis = ConstantTensor.axis(given, rank: input.shape.count) else {
      throw node.error("bad-axis", "'\(node.label)' (LogSoftmax) normalises a tensor of shape \(input.shape)")
    }
    let shape = isJoint ? Array(input.shape[..<axis]) + [input.shape[axis...].reduce(1, *)] : input.shape
    try ShapeInference(layer: node.label, origin: node.origin).checkExtents(shape)
    let source = try view(input, as: shape, node)
    var network = LayerNetwork(operands: [shape])
    let result = network.logSoftmax(.operand(0), axis: axis)
    let tensors = append(network, node, operands: [source])
    try define(node, WholeValue(tensor: tensors(result), shape: input.shape))
  }

  private mutating func softmaxOnWhole(_ node: OperatorNode) throws {
    let input = try whole(node, 0)
    guard opset >= 13, let axis = ConstantTensor.axis(try node.integer("axis", default: -1), rank: input.shape.count)
    else {
      throw node.error("bad-axis", "'\(node.label)' (Softmax) normalises a tensor of shape \(input.shape)")
    }
    let source = try view(input, as: input.shape, node)
    let tensor = try layer(node, .activation(.softmax(axis: axis)), [source])
    try define(node, WholeValue(tensor: tensor, shape: input.shape))
  }

  private mutating func reductionOnWhole(_ node: OperatorNode) throws {
    let input = try whole(node, 0)
    let takesInput = opset >= (node.operatorType == "ReduceSum" ? 13 : 18)
    let given = takesInput ? try optionalConstant(node, 1, "axes")?.integers : try node.integers("axes")
    if takesInput { node.dismiss("noop_with_empty_axes") }
    let keepsAxes = try node.integer("keepdims", default: 1) != 0
    let axes = (given ?? []).compactMap { ConstantTensor.axis($0, rank: input.shape.count) }.sorted()
    guard !axes.isEmpty, Set(axes).count == axes.count else {
      throw node.error(
        "bad-axis",
        "'\(node.label)' (\(node.operatorType)) reduces axes \(given ?? []) of \(input.shape)"
      )
    }
    let name = String(node.operatorType.dropFirst("Reduce".count))
    let kind: ReductionLayer.Kind =
      name == "Sum" ? .sum : name == "Mean" ? .mean : name == "Max" ? .maximum : .minimum
    let source = try view(input, as: input.shape, node)
    let tensor = try layer(node, .reduce(ReductionLayer(kind: kind, axes: axes, keepsAxes: keepsAxes)), [source])
    let shape = input.shape.indices.compactMap { axes.contains($0) ? (keepsAxes ? 1 : nil) : input.shape[$0] }
    try define(node, WholeValue(tensor: tensor, shape: shape))
  }

  private mutating func concatenationOfWhole(_ node: OperatorNode) throws {
    var tensors: [TensorID] = []
    var shapes: [[Int]] = []
    for index in node.proto.input.indices {
      let value = try whole(node, index)
      tensors.append(try view(value, as: value.shape, node))
      shapes.append(value.shape)
    }
    guard let axis = ConstantTensor.axis(try node.integer("axis", default: 0), rank: shapes[0].count) else {
      throw node.error("bad-axis", "'\(node.label)' (Concat) joins tensors of shapes \(shapes)")
    }
    let tensor = try layer(node, .concatenate(axis: axis), tensors)
    try define(node, WholeValue(tensor: tensor, shape: graph[tensor].shape))
  }
}
