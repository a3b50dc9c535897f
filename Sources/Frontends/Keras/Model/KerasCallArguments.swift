import DataFiles
import Diagnostics

/// What an operator between layers is called on: tensors, and numbers or slices beside them.
struct KerasCallArguments: Sendable {
  enum Argument: Sendable {
    /// The call's tensor at an index.
    case tensor(Int)
    case value(JSONValue)
  }

  /// In the order of the operator's parameters; those of a list one after the other.
  var positional: [Argument] = []
  /// Numbers, texts and lists by name.
  var named: [String: JSONValue] = [:]

  /// The call's next tensor stands at the next position.
  fileprivate mutating func take(_ tensor: KerasTensorReference, among tensors: inout [KerasTensorReference]) {
    positional.append(.tensor(tensors.count))
    tensors.append(tensor)
  }
}

extension KerasCallParser {
  /// The tensors and the other arguments of calls of an operator.
  func operatorCalls(_ value: JSONValue?) throws -> [(tensors: [KerasTensorReference], arguments: KerasCallArguments)] {
    guard let value else { return [] }
    guard let nodes = value.array else { throw malformed("'inbound_nodes' is not a list") }
    return try nodes.map { node in
      var tensors: [KerasTensorReference] = []
      var arguments = KerasCallArguments()
      if node.object != nil {
        for argument in node["args"]?.array ?? [] { try add(argument, &tensors, &arguments) }
        for (name, argument) in (node["kwargs"]?.object ?? [:]).sorted(by: { $0.key < $1.key }) {
          try addNamed(name, argument, &tensors, &arguments)
        }
      } else {
        try addList(node, &tensors, &arguments)
      }
      guard !tensors.isEmpty else { throw malformed("an operator is called on no tensor") }
      return (tensors, arguments)
    }
  }

  private func add(
    _ argument: JSONValue,
    _ tensors: inout [KerasTensorReference],
    _ arguments: inout KerasCallArguments
  ) throws {
    if let found = try tensor(argument) {
      arguments.take(found, among: &tensors)
    } else if let elements = argument.array, try elements.contains(where: { try tensor($0) != nil }) {
      for element in elements { try add(element, &tensors, &arguments) }
    } else {
      arguments.positional.append(.value(argument))
    }
  }

  private func addNamed(
    _ name: String,
    _ argument: JSONValue,
    _ tensors: inout [KerasTensorReference],
    _ arguments: inout KerasCallArguments
  ) throws {
    if let found = try tensor(argument) {
      arguments.take(found, among: &tensors)
    } else if !argument.isNull {
      arguments.named[name] = argument
    }
  }

  /// Keras 2: `["layer", 0, 0, {"y": 2.0}]`, or a list of such.
  private func addList(
    _ node: JSONValue,
    _ tensors: inout [KerasTensorReference],
    _ arguments: inout KerasCallArguments
  ) throws {
    guard let parts = node.array else { throw malformed("a call is not a list of tensors") }
    guard parts.first?.string != nil else {
      for part in parts { try addList(part, &tensors, &arguments) }
      return
    }
    // The name `_CONSTANT_VALUE` stands for a number in the place of a tensor.
    if parts.first?.string == "_CONSTANT_VALUE", parts.count > 2 {
      arguments.positional.append(.value(parts[2]))
    } else {
      arguments.take(try reference(Array(parts.prefix(3))), among: &tensors)
    }
    guard parts.count > 3, let named = parts[3].object else { return }
    for (name, argument) in named.sorted(by: { $0.key < $1.key }) where name != "name" {
      let elements = argument.array ?? []
      if elements.count == 3, elements[0].string != nil, elements[1].int != nil, elements[2].int != nil {
        if elements[0].string == "_CONSTANT_VALUE" {
          arguments.named[name] = elements[2]
          continue
        }
        let found = try reference(elements)
        if !tensors.contains(found) || arguments.named[name] == nil { arguments.take(found, among: &tensors) }
      } else if !argument.isNull {
        arguments.named[name] = argument
      }
    }
  }

  private func tensor(_ argument: JSONValue) throws -> KerasTensorReference? {
    guard argument["class_name"]?.string == "__keras_tensor__",
      let history = argument["config"]?["keras_history"]?.array
    else { return nil }
    return try reference(history)
  }
}
