import Diagnostics
import ModelIR

// What operators read and make.
extension GraphImporter {
  /// The value of an input; nil where an optional input is left out.
  func optionalValue(_ node: OperatorNode, _ index: Int) throws -> ImportedValue? {
    guard let name = node.input(index) else { return nil }
    if let value = values[name] { return value }
    if labels.contains(name) {
      throw node.error(
        "label-operand",
        "'\(node.label)' (\(node.operatorType)) reads a class label",
        hint: "compute with the scores of the classes instead"
      )
    }
    if let maker = secondaryOutputs[name] { throw maker.secondaryOutputRefusal(name) }
    throw node.error(
      "missing-value",
      "'\(node.label)' (\(node.operatorType)) reads '\(name)', which no input, initialiser or node provides",
      hint: "export the model again, with its weights inside the file"
    )
  }

  func value(_ node: OperatorNode, _ index: Int) throws -> ImportedValue {
    if let value = try optionalValue(node, index) { return value }
    throw node.error("bad-arity", "'\(node.label)' (\(node.operatorType)) lacks its input number \(index + 1)")
  }

  /// An input that must depend on the model's inputs.
  ///
  /// Its elements lie as the file has them.
  mutating func activation(_ node: OperatorNode, _ index: Int) throws -> ActivationValue {
    inFileOrder(try anyLayout(node, index), origin: node.origin)
  }

  /// An input that must depend on the model's inputs, however its elements lie.
  func anyLayout(_ node: OperatorNode, _ index: Int) throws -> ActivationValue {
    if case .activation(let value) = try value(node, index) { return value }
    throw node.error(
      "constant-operand",
      "input number \(index + 1) of '\(node.label)' (\(node.operatorType)) is a constant",
      hint: "fold constants before: python -m onnxsim, or qonnx-cleanup"
    )
  }

  /// An input that must be known when the file is read; nil where it is left out.
  func optionalConstant(_ node: OperatorNode, _ index: Int, _ role: String) throws -> ConstantTensor? {
    switch try optionalValue(node, index) {
    case nil: return nil
    case .constant(let tensor)?: return tensor
    case .activation?:
      throw node.error(
        "dynamic-parameter",
        "the \(role) of '\(node.label)' (\(node.operatorType)) depends on the model's inputs",
        hint: "only constant parameters can be compiled"
      )
    }
  }

  func constant(_ node: OperatorNode, _ index: Int, _ role: String) throws -> ConstantTensor {
    if let tensor = try optionalConstant(node, index, role) { return tensor }
    throw node.error("bad-arity", "'\(node.label)' (\(node.operatorType)) lacks its \(role)")
  }

  /// Refuses more inputs than the operator has.
  func checkInputs(_ node: OperatorNode, atMost limit: Int) throws {
    guard node.proto.input.count <= limit else {
      throw node.error(
        "bad-arity",
        "'\(node.label)' (\(node.operatorType)) has \(node.proto.input.count) inputs, more than \(limit)"
      )
    }
  }

  /// Names the node's first output.
  mutating func define(_ node: OperatorNode, _ value: ImportedValue, output: Int = 0) throws {
    guard node.proto.output.indices.contains(output), case let name = node.proto.output[output], !name.isEmpty else {
      throw node.error("bad-arity", "'\(node.label)' (\(node.operatorType)) has no output")
    }
    guard values[name] == nil else {
      throw node.error("duplicate-name", "'\(name)' is made twice: by '\(node.label)' and as an input or initialiser")
    }
    values[name] = value
  }

  /// Makes a name stand for a class label.
  mutating func defineLabel(_ name: String, _ node: OperatorNode) throws {
    guard values[name] == nil, labels.insert(name).inserted else {
      throw node.error("duplicate-name", "'\(name)' is made twice: by '\(node.label)' and as an input or initialiser")
    }
  }

  func isLabel(_ name: String) -> Bool { labels.contains(name) }

  /// Adds a layer that keeps the value's elements apart, and makes its result the node's output.
  mutating func defineElementwise(
    _ node: OperatorNode,
    _ operation: ModelOperator,
    of value: ActivationValue,
    named name: String
  ) throws {
    let tensor = append(operation, named: name, inputs: [value.tensor], shape: graph[value.tensor].shape, node.origin)
    try define(
      node,
      .activation(ActivationValue(tensor: tensor, shape: value.shape, viewName: value.viewName, layout: value.layout))
    )
  }

  /// Adds a layer under a name that no other has.
  mutating func append(
    _ operation: ModelOperator,
    named name: String,
    inputs: [TensorID],
    shape: [Int],
    _ origin: Origin
  ) -> TensorID {
    graph.append(operation, named: uniqueLayerName(name), inputs: inputs, shape: shape, origin: origin)
  }

  /// The tensor under the shape that the file gives it, or under another one of as many elements.
  mutating func materialised(_ value: ActivationValue, as shape: [Int]? = nil, origin: Origin) throws -> TensorID {
    let value = inFileOrder(value, origin: origin)
    let target = shape ?? (value.shape.isEmpty ? [1] : value.shape)
    if graph[value.tensor].shape == target { return value.tensor }
    let name = value.viewName ?? "\(graph[value.tensor].name)_reshape"
    let resolved = try ShapeInference(layer: name, origin: origin).reshape(graph[value.tensor].shape, to: target)
    return append(.reshape, named: name, inputs: [value.tensor], shape: resolved, origin)
  }

  mutating func uniqueLayerName(_ name: String) -> String {
    var candidate = name
    var number = 1
    while !layerNames.insert(candidate).inserted {
      number += 1
      candidate = "\(name)_\(number)"
    }
    return candidate
  }
}
