import Diagnostics

/// What a graph holds of training, taken out: branches that inference does not take, and dropout.
///
/// The result is which value stands for which: the nodes themselves stay, and what nothing reads any more is not translated.
struct GraphSimplification {
  /// Nodes of branches that are not taken.
  private(set) var deadNodes = Set<String>()
  /// Nodes whose results depend on the model's inputs.
  private(set) var dynamic = Set<String>()
  /// Nodes that dropped elements or added noise at random, in the order of the file.
  private(set) var random: [String] = []

  private let nodes: [GraphNode]
  private let index: [String: Int]
  /// By node, who reads it.
  private var readers: [String: [Int]] = [:]
  private var aliases: [String: String] = [:]
  private var deadValues = Set<String>()

  init(_ nodes: [GraphNode], index: [String: Int]) throws {
    self.nodes = nodes
    self.index = index
    for (number, node) in nodes.enumerated() {
      for input in node.inputs { readers[GraphNode.maker(of: input), default: []].append(number) }
    }
    try checkOrder()
    try takeBranches()
    dynamic = reached(from: nodes.filter(\.isModelInput).map(\.name))
    removeNoise()
  }

  /// The value that a name stands for.
  func resolved(_ value: String) -> String {
    var value = value
    for _ in 0...aliases.count {
      guard let next = aliases[value] else { break }
      value = next
    }
    return value
  }

  /// Whether any node reads a node's results.
  func isRead(_ name: String) -> Bool { readers[name] != nil }

  /// Refuses graphs with nodes that read what nothing makes, or each other: part of them would never be reached.
  private func checkOrder() throws {
    var open: [Int] = []
    var waiting = nodes.map(\.inputs.count)
    for (number, node) in nodes.enumerated() {
      for input in node.inputs where index[GraphNode.maker(of: input)] == nil {
        throw node.error(
          "missing-value",
          "'\(node.name)' (\(node.proto.op)) reads '\(input)', which no node of the graph makes",
          hint: "freeze the graph again, with all that its outputs need"
        )
      }
      if node.inputs.isEmpty { open.append(number) }
    }
    var done = open.count
    while let number = open.popLast() {
      for reader in readers[nodes[number].name] ?? [] {
        waiting[reader] -= 1
        guard waiting[reader] == 0 else { continue }
        done += 1
        open.append(reader)
      }
    }
    guard done < nodes.count, let first = waiting.indices.first(where: { waiting[$0] > 0 }) else { return }
    throw nodes[first].error(
      "cycle",
      "'\(nodes[first].name)' (\(nodes[first].proto.op)) reads, by way of others, its own result",
      hint: "freeze the graph without loops; export recurrent layers as .keras or .h5"
    )
  }

  // MARK: - Branches

  /// Follows each Switch to the side that inference takes, and gives each Merge what arrives.
  private mutating func takeBranches() throws {
    var open: [Int] = []
    for node in nodes where node.operation == .switchNode {
      guard let isTrue = isTrue(try node.input(1), depth: 0) else {
        throw node.error(
          "unsupported-operator",
          "'\(node.name)' (Switch) chooses a branch by '\(try node.input(1))', which is not known",
          hint: "freeze the graph for inference: tf.keras.backend.set_learning_phase(0) before the model is built"
        )
      }
      aliases[isTrue ? "\(node.name):1" : node.name] = try node.input(0)
      deadValues.insert(isTrue ? node.name : "\(node.name):1")
      open += readers[node.name] ?? []
    }
    while let number = open.popLast() {
      let node = nodes[number]
      guard !deadNodes.contains(node.name), node.operation != .switchNode else { continue }
      let isDead =
        node.operation == .merge ? node.inputs.allSatisfy(isDead) : node.inputs.contains(where: isDead)
      guard isDead else { continue }
      deadNodes.insert(node.name)
      open += readers[node.name] ?? []
    }
    for node in nodes where node.operation == .merge && !deadNodes.contains(node.name) {
      aliases[node.name] = node.inputs.first { !isDead($0) }
    }
  }

  private func isDead(_ value: String) -> Bool {
    deadValues.contains(value) || deadNodes.contains(GraphNode.maker(of: value))
  }

  /// What a condition is at inference; nil if that is not known.
  private func isTrue(_ value: String, depth: Int) -> Bool? {
    guard depth < 64, let node = index[GraphNode.maker(of: value)].map({ nodes[$0] }) else { return nil }
    func operand(_ number: Int) -> Bool? {
      node.inputs.indices.contains(number) ? isTrue(node.inputs[number], depth: depth + 1) : nil
    }
    switch node.proto.op {
    // A condition that is given from outside says whether the model is trained.
    case "Placeholder": return (try? node.type("dtype")) == GraphNode.boolean ? false : nil
    case "Const":
      guard case .tensor(let tensor)? = node.proto.attr["value"]?.value, tensor.dtype == GraphNode.boolean else {
        return nil
      }
      return tensor.boolVal.first ?? tensor.tensorContent.first.map { $0 != 0 } ?? false
    case "PlaceholderWithDefault", "Identity", "Switch": return operand(0)
    case "LogicalNot": return operand(0).map { !$0 }
    case "LogicalAnd": return operand(0).flatMap { a in operand(1).map { a && $0 } }
    case "LogicalOr": return operand(0).flatMap { a in operand(1).map { a || $0 } }
    default: return nil
    }
  }

  // MARK: - Noise

  private func reached(from start: [String]) -> Set<String> {
    var found = Set(start)
    var open = start
    while let name = open.popLast() {
      // Shapes do not depend on the event.
      for number in readers[name] ?? [] where nodes[number].operation != .shape {
        if found.insert(nodes[number].name).inserted { open.append(nodes[number].name) }
      }
    }
    return found
  }

  /// Dropout multiplies by a mask made of random numbers, or selects by it; noise is added.
  private mutating func removeNoise() {
    let sources = nodes.filter { $0.proto.op.contains("Random") || $0.proto.op == "TruncatedNormal" }.map(\.name)
    var masks = Set(sources)
    var open = sources
    while let name = open.popLast() {
      for number in readers[name] ?? [] {
        let node = nodes[number]
        guard !deadNodes.contains(node.name) else { continue }
        let data = node.inputs.filter { dynamic.contains(GraphNode.maker(of: $0)) }
        if data.isEmpty {
          if masks.insert(node.name).inserted { open.append(node.name) }
        } else if ["Mul", "Add", "AddV2", "Select", "SelectV2"].contains(node.proto.op), let value = data.first {
          guard aliases[node.name] == nil else { continue }
          aliases[node.name] = unscaled(value, scope: Self.scope(of: node.name))
          random.append(node.name)
        }
      }
    }
    random.sort { (index[$0] ?? 0) < (index[$1] ?? 0) }
  }

  /// The value before dropout made it larger by what it drops.
  private func unscaled(_ value: String, scope: Substring) -> String {
    guard let node = index[GraphNode.maker(of: value)].map({ nodes[$0] }), Self.scope(of: node.name) == scope,
      ["Mul", "RealDiv", "Div"].contains(node.proto.op), node.inputs.count == 2
    else { return value }
    let data = node.inputs.filter { dynamic.contains(GraphNode.maker(of: $0)) }
    return data.count == 1 ? data[0] : value
  }

  /// The name without its last part.
  private static func scope(of name: String) -> Substring { name[..<(name.lastIndex(of: "/") ?? name.startIndex)] }
}

extension GraphNode {
  /// TensorFlow's number of the type of conditions.
  static let boolean = 10

  /// Whether the node is given per event: a placeholder that is neither a condition nor one number for all events.
  var isModelInput: Bool {
    guard proto.op == "Placeholder" || proto.op == "PlaceholderWithDefault" else { return false }
    return (try? type("dtype")) != Self.boolean && !isScalar
  }

  /// Whether a placeholder is said to hold a single number.
  private var isScalar: Bool {
    guard case .shape(let shape)? = proto.attr["shape"]?.value else { return false }
    return shape.dim.isEmpty && !shape.unknownRank
  }
}
