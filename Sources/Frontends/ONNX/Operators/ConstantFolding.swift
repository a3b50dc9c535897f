import Diagnostics
import ModelIR

// Nodes that compute with constants alone: weights on their way to a layer, and the arithmetic of shapes that exporters leave behind.
extension GraphImporter {
  /// Evaluates the node if everything it reads is constant; returns false if it has to become a layer.
  mutating func fold(_ node: OperatorNode) throws -> Bool {
    switch node.operatorType {
    case "Constant":
      try define(node, .constant(try constantNode(node)))
      return true
    case "Shape":
      try define(node, .constant(try shapeNode(node)))
      return true
    default: break
    }
    var operands: [ConstantTensor?] = []
    for index in node.proto.input.indices {
      switch try optionalValue(node, index) {
      case nil: operands.append(nil)
      case .constant(let tensor)?: operands.append(tensor)
      case .activation?: return false
      }
    }
    guard let first = operands.first, let first, Self.canFold(node) else { return false }
    if let result = try evaluate(node, first, operands) {
      try define(node, .constant(result))
      try moveGrid(node, operands)
      return true
    }
    let call = ConstantCall(node: node, operands: operands, opset: opset)
    guard let results = try ConstantOperators.named(node.operatorType)?.results(call) else {
      throw node.error(
        "bad-parameters",
        "'\(node.label)' (\(node.operatorType)) cannot be evaluated on constants of the shapes \(operands.map { $0?.shape ?? [] })",
        hint: "fold constants before: python -m onnxsim"
      )
    }
    for (index, result) in results.enumerated() {
      guard node.proto.output.indices.contains(index), !node.proto.output[index].isEmpty else { continue }
      try define(node, .constant(result), output: index)
    }
    return true
  }

  private static func canFold(_ node: OperatorNode) -> Bool {
    foldable.contains(node.operatorType) || ConstantOperators.names.contains(node.operatorType)
  }

  /// Operators that are folded here; ``ConstantOperators`` holds the others.
  private static let foldable: Set<String> = [
    "Add", "Cast", "Concat", "ConstantOfShape", "Div", "Flatten", "Gather", "Identity", "Mul", "Reshape", "Slice",
    "Squeeze", "Sub", "Transpose", "Unsqueeze",
  ]

  func evaluate(
    _ node: OperatorNode,
    _ first: ConstantTensor,
    _ operands: [ConstantTensor?]
  ) throws -> ConstantTensor? {
    switch node.operatorType {
    case "Add", "Sub", "Mul", "Div":
      guard operands.count == 2, let second = operands[1],
        let operation = ArithmeticOperation(rawValue: node.operatorType)
      else { return nil }
      return opset >= 7 || !node.has("axis") ? .arithmetic(operation, first, second) : nil
    case "Cast": return try cast(node, first)
    case "Concat":
      let parts = operands.compactMap { $0 }
      guard parts.count == operands.count, let axis = try node.integer("axis") else { return nil }
      return .concatenated(parts, axis: axis < 0 ? axis &+ first.shape.count : axis)
    case "ConstantOfShape": return try constantOfShape(node, first)
    case "Flatten":
      let axis = try node.integer("axis", default: 1)
      let split = axis < 0 ? axis &+ first.shape.count : axis
      guard split >= 0, split <= first.shape.count else { return nil }
      return first.reshaped([first.shape[..<split].reduce(1, *), first.shape[split...].reduce(1, *)])
    case "Gather":
      let axis = try node.integer("axis", default: 0)
      guard operands.count == 2, let indices = operands[1] else { return nil }
      return first.gathered(indices, axis: axis < 0 ? axis &+ first.shape.count : axis)
    case "Identity": return first
    case "Reshape": return try reshapedConstant(node, first, operands)
    case "Slice": return try slice(node, first, operands)
    case "Squeeze": return squeezed(first.shape, try axes(of: node)).flatMap(first.reshaped)
    case "Transpose": return first.transposed(try node.integers("perm") ?? Array(first.shape.indices.reversed()))
    case "Unsqueeze": return unsqueezed(first.shape, try axes(of: node)).flatMap(first.reshaped)
    default: return nil
    }
  }

  /// Whichever attribute holds the value.
  private func constantNode(_ node: OperatorNode) throws -> ConstantTensor {
    if let tensor = try node.tensor("value") { return tensor }
    if node.has("value_float") {
      return ConstantTensor(shape: [], values: [try node.float("value_float", default: 0)], type: .float)
    }
    if let values = try node.floats("value_floats") {
      return ConstantTensor(shape: [values.count], values: values, type: .float)
    }
    if let value = try node.integer("value_int") {
      return ConstantTensor(shape: [], values: [Double(value)], type: .int64)
    }
    if let values = try node.integers("value_ints") { return ConstantTensor(integers: values) }
    throw node.error("unsupported-tensor", "the constant '\(node.label)' holds no tensor of numbers")
  }

  /// The shape of a tensor, or part of it; the batch counts with the extent that the file gives it, or 1.
  private func shapeNode(_ node: OperatorNode) throws -> ConstantTensor {
    let shape: [Int]
    switch try value(node, 0) {
    case .constant(let tensor): shape = tensor.shape
    case .activation(let value): shape = value.isWhole ? value.shape : [batchExtents.max() ?? 1] + value.shape
    }
    guard opset >= 15 else { return ConstantTensor(integers: shape) }
    let start = Self.clamped(try node.integer("start", default: 0), rank: shape.count)
    let end = Self.clamped(try node.integer("end", default: shape.count), rank: shape.count)
    return ConstantTensor(integers: start < end ? Array(shape[start..<end]) : [])
  }

  private static func clamped(_ axis: Int, rank: Int) -> Int { min(max(axis < 0 ? axis &+ rank : axis, 0), rank) }

  private func cast(_ node: OperatorNode, _ tensor: ConstantTensor) throws -> ConstantTensor? {
    guard let number = try node.integer("to"), let type = ElementType(rawValue: Int32(clamping: number)) else {
      return nil
    }
    node.dismiss("saturate", "round_mode")
    var values: [Double] = []
    for value in tensor.values {
      guard let rounded = type == .bool ? (value == 0 ? 0 : 1) : type.rounded(value) else { return nil }
      values.append(rounded)
    }
    return ConstantTensor(shape: tensor.shape, values: values, type: type)
  }

  private func constantOfShape(_ node: OperatorNode, _ shape: ConstantTensor) throws -> ConstantTensor? {
    let value = try node.tensor("value") ?? ConstantTensor(shape: [1], values: [0], type: .float)
    guard let extents = shape.integers, let scalar = value.scalar else { return nil }
    return ConstantTensor(shape: [], values: [scalar], type: value.type).broadcast(to: extents)
  }

  private func reshapedConstant(
    _ node: OperatorNode,
    _ tensor: ConstantTensor,
    _ operands: [ConstantTensor?]
  ) throws -> ConstantTensor? {
    guard operands.count == 2, var target = operands[1]?.integers else { return nil }
    let allowsZero = try opset >= 14 && node.flag("allowzero")
    if !allowsZero {
      for (index, extent) in target.enumerated() where extent == 0 {
        guard tensor.shape.indices.contains(index) else { return nil }
        target[index] = tensor.shape[index]
      }
    }
    if let open = target.firstIndex(of: -1) {
      let known = ShapeInference.elementCount(target.enumerated().map { $0.offset == open ? 1 : $0.element }) ?? 0
      guard known > 0, tensor.count % known == 0 else { return nil }
      target[open] = tensor.count / known
    }
    return tensor.reshaped(target)
  }

  /// Slice along given axes; starts, ends, axes and steps are attributes before opset 10, inputs since.
  private func slice(
    _ node: OperatorNode,
    _ tensor: ConstantTensor,
    _ operands: [ConstantTensor?]
  ) throws -> ConstantTensor? {
    func list(_ name: String, _ index: Int) throws -> [Int]? {
      opset < 10 ? try node.integers(name) : operands.indices.contains(index) ? operands[index]?.integers : nil
    }
    guard let starts = try list("starts", 1), let ends = try list("ends", 2), starts.count == ends.count else {
      return nil
    }
    let axes = try list("axes", 3) ?? Array(starts.indices)
    let steps = opset < 10 ? nil : try list("steps", 4)
    guard axes.count == starts.count, steps?.count ?? axes.count == axes.count else { return nil }
    var result = tensor
    for (position, axis) in axes.enumerated() {
      let axis = axis < 0 ? axis &+ tensor.shape.count : axis
      guard result.shape.indices.contains(axis),
        let indices = Self.slice(result.shape[axis], starts[position], ends[position], steps?[position] ?? 1),
        let part = result.gathered(ConstantTensor(integers: indices), axis: axis)
      else { return nil }
      result = part
    }
    return result
  }

  /// The indices of a slice, out-of-range bounds clamped as ONNX does.
  static func slice(_ extent: Int, _ start: Int, _ end: Int, _ step: Int) -> [Int]? {
    guard step != 0, step != Int.min else { return nil }
    let low = step > 0 ? 0 : -1
    let high = step > 0 ? extent : extent - 1
    let first = min(max(start < 0 ? start &+ extent : start, step > 0 ? 0 : -1), high)
    let last = min(max(end < 0 ? (end < -extent ? low : end + extent) : end, low), high)
    return Array(stride(from: first, to: last, by: step))
  }
}
