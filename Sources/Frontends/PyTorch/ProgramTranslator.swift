import DataFiles
import Diagnostics
import ONNXFrontend

/// Translates an exported program to ONNX's terms, node by node; the operators are in extensions, one file per family.
///
/// Values keep their names; what a node needs besides has the name of its result and a suffix behind `#`.
struct ProgramTranslator: NodeTranslator, ~Copyable {
  typealias Node = ProgramNode

  private var archive: ExportArchive
  let file: String
  var result = TranslatedGraph()
  /// By value, its shape, the batch included; an extent that is open is nil.
  private var shapes: [String: [Int?]] = [:]
  /// What stands for a value after an operator has changed it in place.
  private var aliases: [String: String] = [:]
  /// Parameters and buffers by the program's name for them.
  private var held: [String: (name: String, isConstant: Bool)] = [:]
  private var read = Set<String>()
  private var constants: [String: TranslatedTensor] = [:]
  /// What some node reads, or the program returns.
  private var readNames = Set<String>()
  /// Values that are zero.
  private var zeros = Set<String>()
  /// States in which recurrent layers end.
  private var states = Set<String>()

  init(_ archive: consuming ExportArchive) throws {
    file = archive.file
    self.archive = archive
  }

  /// The network in ONNX's terms.
  mutating func run() throws -> TranslatedGraph {
    let module = try archive.program.member("graph_module")
    let graph = try module.member("graph")
    let signature = try module.member("signature")
    let values = try graph.member("tensor_values")
    for name in values.keys { shapes[name] = try Self.shape(values.member(name)) }
    try readInputs(signature.member("input_specs").list(), values)
    let nodes = try graph.member("nodes").list().map { try ProgramNode($0, file: file) }
    try checkOperators(nodes)
    readNames = Set(nodes.flatMap(\.tensorNames))
    for specification in try signature.member("output_specs").list() {
      guard let tensor = try specification["user_output"]?.member("arg")["as_tensor"] else { continue }
      readNames.insert(try tensor.member("name").string())
    }
    for node in nodes where !node.outputs.isEmpty { try translate(node) }
    for specification in try signature.member("output_specs").list() {
      if let output = specification["user_output"] {
        guard let tensor = try output.member("arg")["as_tensor"] else { continue }
        result.output(try value(named: tensor.member("name").string(), asked: output.origin))
      } else if specification["buffer_mutation"] == nil {
        throw specification.error(
          "the program returns something other than the model's outputs",
          hint: "export the model for inference: torch.export.export(model.eval(), (x,))"
        )
      }
    }
    return result
  }

  private static func shape(_ value: DocumentValue) throws -> [Int?] {
    try value.member("sizes").list().map { try $0["as_int"]?.integer() }
  }

  // MARK: - Inputs, parameters, buffers

  private mutating func readInputs(_ specifications: [DocumentValue], _ values: DocumentValue) throws {
    for specification in specifications {
      if let parameter = specification["parameter"] {
        try hold(parameter, parameter.member("parameter_name").string(), isConstant: false)
      } else if let buffer = specification["buffer"] {
        var isConstant = false
        if case .bool(false)? = buffer["persistent"]?.content { isConstant = true }
        try hold(buffer, buffer.member("buffer_name").string(), isConstant: isConstant)
      } else if let constant = specification["tensor_constant"] {
        try hold(constant, constant.member("tensor_constant_name").string(), isConstant: true)
      } else if let input = specification["user_input"], let tensor = try input.member("arg")["as_tensor"] {
        try addInput(tensor.member("name").string(), values, input.origin)
      } else {
        throw specification.error(
          "the program takes an input that is no tensor",
          hint: "export the model so that its inputs are tensors alone"
        )
      }
    }
  }

  private mutating func hold(_ specification: DocumentValue, _ name: String, isConstant: Bool) throws {
    held[try specification.member("arg").member("name").string()] = (name, isConstant)
  }

  private mutating func addInput(_ name: String, _ values: DocumentValue, _ origin: Origin) throws {
    guard let shape = shapes[name], !shape.isEmpty else {
      throw Diagnostic.error(
        "bad-shape",
        "the input '\(name)' is no tensor with a batch dimension",
        at: origin,
        hint: "export the model with an input of shape [batch, features]"
      )
    }
    let type = try values.member(name).member("dtype").integer()
    guard type == 7 || type == 8 else {
      throw Diagnostic.error(
        "unsupported-type",
        "the input '\(name)' does not take float32 numbers",
        at: origin,
        hint: "export the model with float32 inputs"
      )
    }
    let extents = shape.dropFirst().compactMap { $0 }
    guard extents.count == shape.count - 1 else {
      throw Diagnostic.error(
        "dynamic-shape",
        "the input '\(name)' has open dimensions besides the batch",
        at: origin,
        hint: "export the model with fixed extents; only the first, the batch, may be open"
      )
    }
    result.input(name, shape: extents, batch: shape[0])
    read.insert(name)
  }

  private func checkOperators(_ nodes: [ProgramNode]) throws {
    let unknown = nodes.filter { !$0.outputs.isEmpty && ProgramOperator(rawValue: $0.operation) == nil }
    guard let first = unknown.first else { return }
    var diagnostic = first.error(
      "unsupported-operator",
      "'\(first.label)' uses the operator \(first.target), which is not supported",
      hint: Self.hint(for: first.operation)
    )
    let others = Set(unknown.map(\.target)).subtracting([first.target]).sorted()
    if !others.isEmpty { diagnostic.notes = ["not supported either: \(others.joined(separator: ", "))"] }
    throw diagnostic
  }

  private static func hint(for operation: String) -> String {
    switch operation {
    case "aten.mish", "aten.celu": "train with ReLU, ELU, Softplus, Tanh or Sigmoid instead"
    case let other where !other.hasPrefix("aten."):
      "export the model without control flow, custom operators or gradients"
    default:
      nearestName(to: operation, among: ProgramOperator.allCases.map(\.rawValue))
        .map { "replace it by supported operators (is '\($0)' meant?)" } ?? "replace it by supported operators"
    }
  }

  // MARK: - What operators read

  /// A tensor argument as a value of the translated graph.
  mutating func value(_ node: ProgramNode, _ argument: String = "self") throws -> String {
    try value(named: node.tensor(argument), asked: node.origin)
  }

  mutating func optionalValue(_ node: ProgramNode, _ argument: String) throws -> String? {
    try node.optionalTensor(argument).map { try value(named: $0, asked: node.origin) }
  }

  /// A value by its name in the program; parameters are read from the archive when somebody asks for them first.
  mutating func value(named name: String, asked origin: Origin) throws -> String {
    var name = name
    for _ in 0...aliases.count {
      guard let next = aliases[name] else { break }
      name = next
    }
    if read.insert(name).inserted, let tensor = held[name] {
      let contents = try archive.tensor(tensor.name, isConstant: tensor.isConstant, asked: origin)
      constants[name] = contents
      result.constant(name, contents)
    }
    return name
  }

  /// A parameter's contents; nil for what is computed.
  func constant(_ value: String) -> TranslatedTensor? { constants[value] }

  /// Whether something reads a value, or the program returns it.
  func isRead(_ name: String) -> Bool { readNames.contains(name) }

  /// Whether a value is the state in which a recurrent layer ends.
  func isState(_ name: String) -> Bool { states.contains(name) }

  mutating func markStates(_ names: ArraySlice<String>) { states.formUnion(names) }

  func isZero(_ name: String) -> Bool { zeros.contains(name) }

  mutating func markZero(_ name: String) { zeros.insert(name) }

  /// The axes of a value, the batch included; nil where the program does not tell.
  func shape(_ value: String) -> [Int?]? { shapes[value] }

  /// How many axes an argument has.
  func rank(_ node: ProgramNode, _ argument: String = "self") throws -> Int {
    guard let shape = shapes[try node.tensor(argument)] else {
      throw node.error("bad-shape", "the program does not tell the shape of '\(argument)' of '\(node.label)'")
    }
    return shape.count
  }

  /// Makes whoever reads the argument later read the result: the operator changes it in place.
  mutating func replace(_ node: ProgramNode, _ argument: String = "self") throws {
    guard node.isInPlace, let output = node.outputs.first else { return }
    let name = try value(node, argument)
    if name != output { aliases[name] = output }
  }
}
