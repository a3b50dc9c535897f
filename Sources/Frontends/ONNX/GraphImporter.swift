import Diagnostics
import ModelIR

/// Builds the graph of one file, node by node; the operators are in extensions, one file per family.
///
/// An event is one sample: the first dimension of every activation is the batch, whatever the file says of its extent, and no operator
/// may mix its rows. Everything else follows the standard at the model's opset.
struct GraphImporter {
  let file: String
  let log: DiagnosticLog
  let model: GraphProto
  let opset: Int
  var graph: ModelGraph
  var naming: LayerNaming
  private var values: [String: ImportedValue] = [:]
  /// By name, values whose batch is not the first axis: sequences around recurrent operators.
  var sequences: [String: SequenceValue] = [:]
  /// By name of a constant, of what its elements are multiples.
  var grids: [String: ConstantTensor] = [:]
  /// By name, activations that are quantised and not yet numbers again.
  var pendingQuantizations: [String: PendingQuantization] = [:]
  /// Extents that the file gives the batch dimension: in a Reshape's target such a number means the batch.
  private(set) var batchExtents: Set<Int> = [1]
  private var layerNames = Set<String>()
  /// Names of class labels: firmware returns the scores from which they follow.
  private var labels = Set<String>()
  /// Whether some node multiplies two tensors that depend on the event, as attention does.
  private(set) var multipliesTensors = false
  /// Whether some value has its batch elsewhere than on the first axis.
  var hasMovedBatch = false
  /// Results after the first, such as a Dropout's mask, and who makes them; nothing may read them.
  private var secondaryOutputs: [String: OperatorNode] = [:]

  init(
    _ model: GraphProto,
    name: String,
    file: String,
    opset: Int,
    names: ONNXLayerNames = .file,
    log: DiagnosticLog
  ) {
    self.file = file
    self.log = log
    self.model = model
    self.opset = opset
    graph = ModelGraph(name: name, source: .onnx)
    naming = LayerNaming(model, names: names)
  }

  /// What a name of the file stands for; nil if nothing has made it.
  subscript(name: String) -> ImportedValue? { values[name] }

  /// Reads inputs, constants and nodes, in this order.
  mutating func run() throws {
    let outputs = model.output.map(\.name)
    guard !outputs.isEmpty else {
      throw Diagnostic.error(
        "no-outputs",
        "the graph has no outputs",
        at: Origin(file: file),
        hint: "export the model again, with its outputs named"
      )
    }
    let order = try NodeOrder(model.node, file: file).sorted(for: outputs)
    let given = Set(model.initializer.map(\.name))
    try UnsupportedOperator.check(
      order.map { OperatorNode(model.node[$0], file: file) },
      inputs: model.input.map(\.name).filter { !given.contains($0) }
    )
    multipliesTensors = Self.multipliesTensors(
      order.map { model.node[$0] },
      inputs: model.input.map(\.name).filter { !given.contains($0) }
    )
    try readInitializers()
    try readInputs(read: Set(order.flatMap { model.node[$0].input } + outputs))
    try importNodes(order)
    try readOutputs()
    if hasMovedBatch, isBatchOpen { try eventIndependence().check() }
  }

  private mutating func importNodes(_ order: [Int]) throws {
    for index in order {
      let node = OperatorNode(model.node[index], file: file)
      try importNode(node)
      try node.finish()
      for name in node.proto.output.dropFirst()
      where !name.isEmpty && values[name] == nil && sequences[name] == nil && !labels.contains(name) {
        secondaryOutputs[name] = node
      }
    }
  }

  /// The outputs for constant inputs: every node is folded.
  ///
  /// - Throws: where the graph holds what is not evaluated.
  mutating func evaluate(_ inputs: [(name: String, tensor: ConstantTensor)]) throws -> [String: ConstantTensor] {
    try readInitializers()
    for input in inputs { values[input.name] = .constant(input.tensor) }
    try importNodes(try NodeOrder(model.node, file: file).sorted(for: model.output.map(\.name)))
    var results: [String: ConstantTensor] = [:]
    for info in model.output {
      if case .constant(let tensor)? = values[info.name] { results[info.name] = tensor }
    }
    return results
  }

  /// Whether the file is for any number of events.
  private var isBatchOpen: Bool {
    model.input.allSatisfy { info in
      guard case .activation? = values[info.name], case .tensorType(let type)? = info.type.value,
        case .dimValue(let extent)? = type.shape.dim.first?.value
      else { return true }
      return extent <= 0
    }
  }

  private func eventIndependence() -> EventIndependence {
    let inputs = model.input.compactMap { info -> (name: String, shape: [Int], type: ElementType)? in
      guard case .activation(let value)? = values[info.name], case .tensorType(let type)? = info.type.value,
        let element = ElementType(rawValue: type.elemType)
      else { return nil }
      return (info.name, value.shape, element)
    }
    return EventIndependence(model: model, opset: opset, file: file, inputs: inputs)
  }

  private static func multipliesTensors(_ nodes: [NodeProto], inputs: [String]) -> Bool {
    var dynamic = Set(inputs)
    for node in nodes where node.opType != "Shape" {
      let operands = node.input.count { dynamic.contains($0) }
      if operands > 1, ["MatMul", "Einsum"].contains(node.opType) { return true }
      if operands > 0 { dynamic.formUnion(node.output) }
    }
    return false
  }

  // MARK: - Interface of the model

  private mutating func readInitializers() throws {
    guard model.sparseInitializer.isEmpty else {
      throw Diagnostic.error(
        "unsupported-tensor",
        "the model has sparse initialisers",
        at: Origin(file: file),
        hint: "export the model with dense weights"
      )
    }
    for tensor in model.initializer {
      let origin = Origin(file: file, place: "initialiser '\(tensor.name)'")
      guard values[tensor.name] == nil else {
        throw Diagnostic.error("duplicate-name", "two initialisers are called '\(tensor.name)'", at: origin)
      }
      // A string initialiser that nobody reads does no harm; one that is read is missed by its reader.
      if tensor.dataType == TensorProto.DataType.string.rawValue { continue }
      values[tensor.name] = .constant(try ConstantTensor(tensor, origin: origin))
    }
  }

  /// An input that is also an initialiser has a default value; it counts as a constant. (Before version 4 of the format every
  /// initialiser had to be an input.)
  private mutating func readInputs(read: Set<String>) throws {
    var index = 0
    for info in model.input {
      if case .constant = values[info.name] { continue }
      let origin = Origin(file: file, place: "input '\(info.name)'")
      guard read.contains(info.name) else {
        log.report(
          .warning(
            "unused-input",
            "the input '\(info.name)' is read by no layer and left out",
            at: origin,
            hint: "export the model without it if that is not intended"
          )
        )
        continue
      }
      guard values[info.name] == nil else {
        throw Diagnostic.error("duplicate-name", "two inputs are called '\(info.name)'", at: origin)
      }
      let shape = try inputShape(info, origin)
      let name = uniqueLayerName(naming.input(info.name, index: index))
      let tensor = graph.append(.input, named: name, inputs: [], shape: shape.isEmpty ? [1] : shape, origin: origin)
      values[info.name] = .activation(ActivationValue(tensor: tensor, shape: shape, viewName: nil))
      index += 1
    }
  }

  /// The shape without the batch dimension.
  private mutating func inputShape(_ info: ValueInfoProto, _ origin: Origin) throws -> [Int] {
    guard case .tensorType(let type)? = info.type.value, type.hasShape, let batch = type.shape.dim.first else {
      throw Diagnostic.error(
        "bad-shape",
        "the input '\(info.name)' is no tensor with a batch dimension",
        at: origin,
        hint: "export the model with an input of shape [batch, features]"
      )
    }
    guard let element = ElementType(rawValue: type.elemType), element.isFloatingPoint || isOnlyConverted(info.name)
    else {
      throw Diagnostic.error(
        "unsupported-type",
        "the input '\(info.name)' has elements of \(ElementType.name(of: type.elemType))",
        at: origin,
        hint: "export the model with float32 inputs"
      )
    }
    if case .dimValue(let extent)? = batch.value, extent > 0 { batchExtents.insert(Int(extent)) }
    let shape = try type.shape.dim.dropFirst().enumerated().map { position, dimension in
      guard case .dimValue(let extent)? = dimension.value, extent > 0, let extent = Int(exactly: extent) else {
        throw Diagnostic.error(
          "dynamic-shape",
          "dimension \(position + 1) of the input '\(info.name)' has no fixed extent",
          at: origin,
          hint: "export the model with fixed extents; only the first, the batch, may be open"
        )
      }
      return extent
    }
    if !shape.isEmpty { try ShapeInference(layer: info.name, origin: origin).checkExtents(shape) }
    return shape
  }

  /// Whether all readers turn an input of whole numbers into others at once; arithmetic on integers would be another one.
  private func isOnlyConverted(_ name: String) -> Bool {
    !model.output.contains { $0.name == name }
      && model.node.allSatisfy {
        !$0.input.contains(name) || ["Cast", "LabelEncoder"].contains($0.opType) || isIndex(name, of: $0)
      }
  }

  private mutating func readOutputs() throws {
    for info in model.output {
      let origin = Origin(file: file, place: "output '\(info.name)'")
      if labels.contains(info.name) {
        log.report(
          Diagnostic(
            .note,
            "label-left-out",
            "the output '\(info.name)' is a class label and left out",
            at: origin,
            hint: "compare the scores with a threshold, or take the largest"
          )
        )
        continue
      }
      if let sequence = sequences[info.name] {
        // Returned event by event, as everything is.
        graph.outputs.append(try materialised(sequence.value, origin: origin))
        continue
      }
      switch values[info.name] {
      case .activation(let value)?: graph.outputs.append(try materialised(value, origin: origin))
      case .constant?:
        throw Diagnostic.error("constant-output", "the output '\(info.name)' does not depend on the inputs", at: origin)
      case nil:
        if let maker = secondaryOutputs[info.name] { throw maker.secondaryOutputRefusal(info.name) }
        throw Diagnostic.error("missing-value", "no node makes the output '\(info.name)'", at: origin)
      }
    }
    guard !graph.outputs.isEmpty else {
      throw Diagnostic.error(
        "no-outputs",
        "the model returns class labels only",
        at: Origin(file: file),
        hint: "export it with its probabilities or scores as an output"
      )
    }
  }
}

// MARK: - What operators read and make

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

  private mutating func uniqueLayerName(_ name: String) -> String {
    var candidate = name
    var number = 1
    while !layerNames.insert(candidate).inserted {
      number += 1
      candidate = "\(name)_\(number)"
    }
    return candidate
  }
}
