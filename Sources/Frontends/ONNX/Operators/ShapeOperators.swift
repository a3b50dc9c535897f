import Diagnostics
import ModelIR

// Operators that move or rename elements. None may touch the batch, the first axis of every activation.
extension GraphImporter {
  /// Operators that do nothing in inference.
  mutating func importPassThrough(_ node: OperatorNode) throws {
    let input = try anyLayout(node, 0)
    switch node.operatorType {
    case "Dropout": try checkDropout(node)
    case "Cast": try checkCast(node)
    default: try checkInputs(node, atMost: 1)
    }
    try define(node, .activation(input))
  }

  private func checkDropout(_ node: OperatorNode) throws {
    try checkInputs(node, atMost: opset < 12 ? 1 : 3)
    node.dismiss("ratio", "seed")
    var isTraining = false
    if opset < 7 { isTraining = try node.integer("is_test", default: 0) == 0 }
    if opset >= 12, let mode = try optionalConstant(node, 2, "training mode") { isTraining = mode.scalar != 0 }
    guard isTraining else { return }
    throw node.error(
      "training-mode",
      "'\(node.label)' (Dropout) is in training mode",
      hint: "export the model for inference: model.eval() in PyTorch"
    )
  }

  /// A cast that widens loses nothing, and values are real numbers here.
  private func checkCast(_ node: OperatorNode) throws {
    try checkInputs(node, atMost: 1)
    node.dismiss("saturate", "round_mode")
    let target = try node.integer("to").flatMap { ElementType(rawValue: Int32(clamping: $0)) }
    let isInteger = target.map { !$0.isFloatingPoint && $0 != .bool } ?? false
    let isIndex = node.proto.output.first.map(isOnlyIndex) ?? false
    guard target == .float || target == .double || isInteger && isIndex else {
      throw node.error(
        "unsupported-operator",
        "'\(node.label)' (Cast) converts to \(target.map { "\($0)" } ?? "an unknown type"), which rounds",
        hint: "remove the cast; precision is a matter of the configuration"
      )
    }
  }

  mutating func importFlatten(_ node: OperatorNode) throws {
    try checkInputs(node, atMost: 1)
    let input = try anyLayout(node, 0)
    let rank = input.shape.count + 1
    let given = try node.integer("axis", default: 1)
    let axis = given < 0 ? given &+ rank : given
    guard axis >= 1, axis <= rank, input.shape[..<(axis - 1)].allSatisfy({ $0 == 1 }) else {
      throw node.error(
        "bad-axis",
        "'\(node.label)' (Flatten) flattens from axis \(given) of a tensor of \(rank) axes, which mixes events",
        hint: "flatten from axis 1"
      )
    }
    try reshape(node, input, to: [input.shape.reduce(1, *)])
  }

  mutating func importReshape(_ node: OperatorNode) throws {
    try checkInputs(node, atMost: 2)
    let input = try anyLayout(node, 0)
    guard let target = try constant(node, 1, "shape").integers else {
      throw node.error("bad-parameters", "the shape of '\(node.label)' (Reshape) is not made of whole numbers")
    }
    let allowsZero = try opset >= 14 && node.flag("allowzero")
    let shape = try eventShape(node, target, of: input, allowsZero: allowsZero)
    try reshape(node, input, to: shape)
  }

  /// The target of a Reshape without the batch, zeros and -1 resolved.
  private func eventShape(
    _ node: OperatorNode,
    _ target: [Int],
    of input: ActivationValue,
    allowsZero: Bool
  ) throws -> [Int] {
    let count = input.shape.reduce(1, *)
    let refusal = node.error(
      "shape-mismatch",
      "'\(node.label)' (Reshape) gives a tensor of shape \(input.shape) per event the shape \(target), the batch included",
      hint: "keep the batch as the first dimension"
    )
    guard let batch = target.first, target.count(where: { $0 == -1 }) <= 1 else { throw refusal }
    guard batch == -1 || (batch == 0 && !allowsZero) || batchExtents.contains(batch) else { throw refusal }
    var shape: [Int] = []
    for (index, extent) in target.dropFirst().enumerated() {
      let isCopied = extent == 0 && !allowsZero
      guard !isCopied || input.shape.indices.contains(index) else { throw refusal }
      shape.append(isCopied ? input.shape[index] : extent)
    }
    if let open = shape.firstIndex(of: -1) {
      let known = ShapeInference.elementCount(shape.map { $0 == -1 ? 1 : $0 }) ?? 0
      guard known > 0, count % known == 0 else { throw refusal }
      shape[open] = count / known
    }
    guard ShapeInference.elementCount(shape) == count, shape.allSatisfy({ $0 > 0 }) else { throw refusal }
    return shape
  }

  /// A layer of its own, as hls4ml has one, even where the shape stays.
  private mutating func reshape(_ node: OperatorNode, _ input: ActivationValue, to shape: [Int]) throws {
    let name = naming.next(node.proto)
    let physical = shape.isEmpty ? [1] : shape
    // A vector keeps the order that its elements have: who multiplies it by constants takes these in the same order.
    if case .axes(let order) = input.layout, shape.count == 1 {
      let tensor = append(.reshape, named: name, inputs: [input.tensor], shape: physical, node.origin)
      let elements = ElementMoves.permutation(of: input.shape, axes: order)
      let value = ActivationValue(tensor: tensor, shape: shape, viewName: nil, layout: .elements(elements))
      return try define(node, .activation(value))
    }
    let source = inFileOrder(input, origin: node.origin).tensor
    let tensor = append(.reshape, named: name, inputs: [source], shape: physical, node.origin)
    try define(node, .activation(ActivationValue(tensor: tensor, shape: shape, viewName: nil)))
  }

  /// Squeeze and Unsqueeze: another shape for the same tensor, no layer.
  mutating func importSqueeze(_ node: OperatorNode) throws {
    try checkInputs(node, atMost: opset < 13 ? 1 : 2)
    let input = try anyLayout(node, 0)
    let axes = try axes(of: node)
    let full = [1] + input.shape
    let shape = node.operatorType == "Squeeze" ? squeezed(full, axes) : unsqueezed(full, axes)
    guard let shape,
      Self.keepsBatch(node.operatorType, axes, rank: node.operatorType == "Squeeze" ? full.count : shape.count)
    else {
      throw node.error(
        "bad-axis",
        "'\(node.label)' (\(node.operatorType)) with axes \(axes.map { "\($0)" } ?? "left open") does not fit a tensor of shape "
          + "\(input.shape) per event, or touches the batch",
        hint: "name axes from 1 on; 0 is the batch"
      )
    }
    let name = naming.next(node.proto)
    let event = Array(shape.dropFirst())
    let origins = node.operatorType == "Squeeze" ? kept(full, axes) : Self.origins(of: shape, added: axes)
    try define(
      node,
      .activation(try relabelled(input, shape: event, axes: origins, named: name, node.origin))
    )
  }

  /// The axes that Squeeze leaves, the batch neither counted nor listed.
  private func kept(_ full: [Int], _ axes: [Int]?) -> [Int?] {
    let removed = (axes ?? []).map { $0 < 0 ? $0 + full.count : $0 }
    return full.indices.dropFirst().filter { !removed.contains($0) }.map { $0 - 1 }
  }

  /// By axis of the shape after Unsqueeze, the axis before; nil for new ones.
  private static func origins(of shape: [Int], added axes: [Int]?) -> [Int?] {
    let added = (axes ?? []).map { $0 < 0 ? $0 + shape.count : $0 }
    var next = 0
    return shape.indices.dropFirst().map { axis in
      if added.contains(axis) { return nil }
      next += 1
      return next - 1
    }
  }

  /// Axes left open would drop a batch of 1 too.
  private static func keepsBatch(_ operatorType: String, _ axes: [Int]?, rank: Int) -> Bool {
    guard let axes else { return false }
    return axes.allSatisfy { ($0 < 0 ? $0 &+ rank : $0) != 0 }
  }

  /// Another order of axes; nothing moves until somebody needs the elements in the file's order.
  mutating func importTranspose(_ node: OperatorNode) throws {
    try checkInputs(node, atMost: 1)
    let input = try anyLayout(node, 0)
    let full = [1] + input.shape
    let permutation = try node.integers("perm") ?? Array(full.indices.reversed())
    guard permutation.first == 0, permutation.sorted() == Array(full.indices) else {
      throw node.error(
        "bad-axis",
        "'\(node.label)' (Transpose) orders the axes of a tensor of shape \(input.shape) per event as \(permutation), which "
          + "mixes events",
        hint: "leave the batch the first axis"
      )
    }
    let axes = permutation.dropFirst().map { $0 - 1 }
    let shape = axes.map { input.shape[$0] }
    let name = naming.next(node.proto)
    let moved = axes.filter { input.shape[$0] != 1 }
    if input.layout == .asInFile, moved == moved.sorted() {
      return try define(node, .activation(ActivationValue(tensor: input.tensor, shape: shape, viewName: name)))
    }
    let (source, order) = try laidOut(input, origin: node.origin)
    let newOrder = order.compactMap { axes.firstIndex(of: $0) }
    try define(node, .activation(.ordered(source.tensor, shape: shape, order: newOrder, viewName: name)))
  }

  mutating func importConcat(_ node: OperatorNode) throws {
    let inputs = try node.proto.input.indices.map { try anyLayout(node, $0) }
    guard let rank = inputs.first.map({ $0.shape.count + 1 }), let given = try node.integer("axis") else {
      throw node.error("bad-arity", "'\(node.label)' (Concat) has no inputs or no axis")
    }
    let axis = given < 0 ? given &+ rank : given
    guard axis >= 1, axis < rank else {
      throw node.error(
        "bad-axis",
        "'\(node.label)' (Concat) joins along axis \(given) of tensors of \(rank) axes, the batch included",
        hint: "join along an axis that is not the batch"
      )
    }
    let name = naming.next(node.proto)
    let shape = try ShapeInference(layer: name, origin: node.origin).concatenate(inputs.map(\.shape), axis: axis - 1)
    if inputs.count == 1 { return try define(node, .activation(inputs[0])) }
    if case .axes(let order) = inputs[0].layout, inputs.allSatisfy({ $0.layout == inputs[0].layout }),
      let place = order.firstIndex(of: axis - 1)
    {
      let physical = order.map { shape[$0] }
      let tensors = inputs.map(\.tensor)
      let tensor = append(.concatenate(axis: place), named: name, inputs: tensors, shape: physical, node.origin)
      return try define(
        node,
        .activation(ActivationValue(tensor: tensor, shape: shape, viewName: nil, layout: .axes(order)))
      )
    }
    var tensors: [TensorID] = []
    for input in inputs { tensors.append(try materialised(input, origin: node.origin)) }
    let tensor = append(.concatenate(axis: axis - 1), named: name, inputs: tensors, shape: shape, node.origin)
    try define(node, .activation(ActivationValue(tensor: tensor, shape: shape, viewName: nil)))
  }
}

// MARK: - Shape arithmetic shared with constant folding

extension GraphImporter {
  /// The axes of Squeeze and Unsqueeze: an attribute before opset 13, an input since; nil where left out.
  func axes(of node: OperatorNode) throws -> [Int]? {
    guard opset >= 13 else { return try node.integers("axes") }
    guard let tensor = try optionalConstant(node, 1, "axes") else { return nil }
    guard let axes = tensor.integers else {
      throw node.error("bad-parameters", "the axes of '\(node.label)' (\(node.operatorType)) are not whole numbers")
    }
    return axes
  }

  /// The shape without axes of extent 1; nil if one has another extent or does not exist.
  func squeezed(_ shape: [Int], _ axes: [Int]?) -> [Int]? {
    guard let axes else { return shape.filter { $0 != 1 } }
    let removed = axes.map { $0 < 0 ? $0 &+ shape.count : $0 }
    guard Set(removed).count == removed.count, removed.allSatisfy({ shape.indices.contains($0) && shape[$0] == 1 })
    else {
      return nil
    }
    return shape.indices.filter { !removed.contains($0) }.map { shape[$0] }
  }

  /// The shape with axes of extent 1, which are counted in the result; nil if one does not exist.
  func unsqueezed(_ shape: [Int], _ axes: [Int]?) -> [Int]? {
    guard let axes, axes.count <= 64 else { return nil }
    let rank = shape.count + axes.count
    let added = axes.map { $0 < 0 ? $0 &+ rank : $0 }
    guard Set(added).count == added.count, added.allSatisfy({ $0 >= 0 && $0 < rank }) else { return nil }
    var rest = shape[...]
    var result: [Int] = []
    for axis in 0..<rank { result.append(added.contains(axis) ? 1 : (rest.popFirst() ?? 1)) }
    return result
  }
}

// MARK: - Numbers that choose

extension GraphImporter {
  /// Whether a node uses a value only to choose rows by it, at once or after it was moved.
  func isIndex(_ name: String, of node: NodeProto) -> Bool {
    switch node.opType {
    case "Gather", "GatherElements", "ScatterElements":
      return node.input.indices.allSatisfy { $0 == 1 || node.input[$0] != name }
    case "Cast", "Unsqueeze", "Squeeze", "Expand", "Reshape", "Identity":
      return node.input.dropFirst().allSatisfy { $0 != name } && node.output.allSatisfy(isOnlyIndex)
    // What asks for the shape does not look at the numbers.
    case "Shape": return true
    default: return false
    }
  }

  /// Whether all who read a value only choose rows by it.
  func isOnlyIndex(_ name: String) -> Bool {
    !model.output.contains { $0.name == name }
      && model.node.allSatisfy { !$0.input.contains(name) || isIndex(name, of: $0) }
  }
}
