import Diagnostics
import ONNXFrontend

/// Translates a frozen graph to ONNX's terms, node by node; the operators are in extensions, one file per family.
///
/// Values keep their names; what a node needs besides has the node's name and a suffix behind `#`.
struct GraphTranslator: NodeTranslator {
  typealias Node = GraphNode

  let file: String
  let log: DiagnosticLog
  let nodes: [GraphNode]
  let index: [String: Int]
  let simplification: GraphSimplification
  var result = TranslatedGraph()
  private var reading = TensorReading()
  private var constants: [String: TranslatedTensor] = [:]

  init(_ graph: TFGraphDef, file: String, log: DiagnosticLog) throws {
    self.file = file
    self.log = log
    nodes = graph.node.map { GraphNode($0, file: file) }
    var index: [String: Int] = [:]
    for (number, node) in nodes.enumerated() {
      guard index.updateValue(number, forKey: node.name) == nil else {
        throw node.error("duplicate-name", "two nodes are called '\(node.name)'")
      }
    }
    self.index = index
    simplification = try GraphSimplification(nodes, index: index)
  }

  /// The network in ONNX's terms.
  mutating func run() throws -> TranslatedGraph {
    let outputs = try outputs()
    let needed = needed(for: outputs)
    try checkOperators(needed)
    for node in needed where node.operation == .const {
      constants[node.name] = try reading.tensor(of: node)?.widened
      if let tensor = constants[node.name] { result.constant(node.name, tensor) }
    }
    for node in needed { try translate(node) }
    for output in outputs { result.output(output) }
    let random = simplification.random.filter { name in !simplification.deadNodes.contains(name) }
    if let first = random.first {
      log.report(
        .warning(
          "training-left-out",
          "\(random.count == 1 ? "a node that drops" : "\(random.count) nodes that drop") or disturb elements at random "
            + "\(random.count == 1 ? "is" : "are") left out: \(random.joined(separator: ", "))",
          at: Origin(file: file, place: "node '\(first)'"),
          hint: "freeze the graph for inference if that is not what was meant"
        )
      )
    }
    return result
  }

  // MARK: - What is translated

  /// What no node reads and depends on the inputs.
  private func outputs() throws -> [String] {
    let ends = nodes.filter { node in
      !simplification.isRead(node.name) && simplification.dynamic.contains(node.name)
        && !simplification.deadNodes.contains(node.name) && !node.isModelInput
        && !["NoOp", "Assert", "Print", "Shape"].contains(node.proto.op)
    }
    var values: [String] = []
    for value in ends.map({ simplification.resolved($0.name) }) where !values.contains(value) { values.append(value) }
    guard !values.isEmpty else {
      throw Diagnostic.error(
        "no-outputs",
        "no node of the graph depends on its inputs and is read by no other",
        at: Origin(file: file),
        hint: "freeze the graph with its outputs named: convert_variables_to_constants"
      )
    }
    return values
  }

  /// The nodes that the outputs depend on, in the order of the file.
  private func needed(for outputs: [String]) -> [GraphNode] {
    var isNeeded = [Bool](repeating: false, count: nodes.count)
    var open = outputs
    while let value = open.popLast() {
      guard let number = index[GraphNode.maker(of: value)], !isNeeded[number] else { continue }
      isNeeded[number] = true
      open += nodes[number].inputs.map(simplification.resolved)
    }
    return nodes.indices.filter { isNeeded[$0] }.map { nodes[$0] }
  }

  private func checkOperators(_ nodes: [GraphNode]) throws {
    let unknown = nodes.filter { $0.operation == nil }
    guard let first = unknown.first else { return }
    var diagnostic = first.error(
      "unsupported-operator",
      "'\(first.name)' uses the operator \(first.proto.op), which is not supported",
      hint: Self.hint(for: first.proto.op)
    )
    let others = Set(unknown.map(\.proto.op)).subtracting([first.proto.op]).sorted()
    if !others.isEmpty { diagnostic.notes = ["not supported either: \(others.joined(separator: ", "))"] }
    throw diagnostic
  }

  private static func hint(for operation: String) -> String {
    switch operation {
    case "VariableV2", "Variable", "VarHandleOp", "ReadVariableOp", "RestoreV2":
      "the graph has variables: freeze it with convert_variables_to_constants (TensorFlow 1) or "
        + "convert_variables_to_constants_v2"
    case "If", "StatelessIf", "While", "StatelessWhile", "Enter", "Exit", "NextIteration", "LoopCond", "TensorArrayV3":
      "freeze it without control flow; export recurrent layers as .keras or .h5"
    case "PartitionedCall", "StatefulPartitionedCall":
      "inline functions: convert_variables_to_constants_v2(f, lower_control_flow=False) does so"
    case "LogSoftmax": "end the model with Softmax, or with the layer before it"
    default:
      nearestName(to: operation, among: GraphOperator.allCases.map(\.rawValue))
        .map { "replace it by supported operators (is '\($0)' meant?)" } ?? "replace it by supported operators"
    }
  }

  // MARK: - What operators read

  /// The value that an input stands for.
  func value(_ node: GraphNode, _ number: Int) throws -> String { simplification.resolved(try node.input(number)) }

  /// The values of all inputs.
  func values(_ node: GraphNode) -> [String] { node.inputs.map(simplification.resolved) }

  /// The node that makes a value, behind nodes that pass on what they read.
  func maker(of value: String) -> GraphNode? {
    var value = value
    for _ in 0..<nodes.count {
      guard let node = index[GraphNode.maker(of: value)].map({ nodes[$0] }) else { return nil }
      guard let operation = node.operation, GraphOperator.passing.contains(operation), let input = node.inputs.first
      else { return node }
      value = simplification.resolved(input)
    }
    return nil
  }

  /// A tensor that the file holds; nil where the value is computed.
  func constant(_ value: String) -> TranslatedTensor? { maker(of: value).flatMap { constants[$0.name] } }

  /// Whole numbers that must stand in the file.
  func integers(_ node: GraphNode, _ number: Int, _ role: String) throws -> [Int] {
    guard let integers = integers(of: try value(node, number), depth: 0) else {
      throw node.error(
        "dynamic-parameter",
        "the \(role) of '\(node.name)' (\(node.proto.op)) is no constant of whole numbers",
        hint: "freeze the graph with fixed shapes"
      )
    }
    return integers
  }

  /// Whole numbers of a constant, or of some that are joined; nil where they are computed otherwise.
  private func integers(of value: String, depth: Int) -> [Int]? {
    guard depth < 16, let node = maker(of: value) else { return nil }
    switch node.operation {
    case .const: return constants[node.name]?.integers
    case .concatV2, .pack:
      let parts = node.operation == .pack ? node.inputs[...] : node.inputs.dropLast()
      var numbers: [Int] = []
      for part in parts {
        guard let found = integers(of: simplification.resolved(part), depth: depth + 1), numbers.count < 64 else {
          return nil
        }
        numbers += found
      }
      return numbers
    default: return nil
    }
  }
}
