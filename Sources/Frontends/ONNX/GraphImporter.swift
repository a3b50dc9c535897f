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
  var values: [String: ImportedValue] = [:]
  /// By name, values whose batch is not the first axis: sequences around recurrent operators.
  var sequences: [String: SequenceValue] = [:]
  /// By name of a constant, of what its elements are multiples.
  var grids: [String: ConstantTensor] = [:]
  /// By name, activations that are quantised and not yet numbers again.
  var pendingQuantizations: [String: PendingQuantization] = [:]
  /// Extents that the file gives the batch dimension: in a Reshape's target such a number means the batch.
  var batchExtents: Set<Int> = [1]
  var layerNames = Set<String>()
  /// Names of class labels: firmware returns the scores from which they follow.
  var labels = Set<String>()
  /// Whether some node multiplies two tensors that depend on the event, as attention does.
  private(set) var multipliesTensors = false
  /// Whether some value has its batch elsewhere than on the first axis.
  var hasMovedBatch = false
  /// Results after the first, such as a Dropout's mask, and who makes them; nothing may read them.
  var secondaryOutputs: [String: OperatorNode] = [:]

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
  var isBatchOpen: Bool {
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
}
