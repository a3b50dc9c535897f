import DataFiles
import Diagnostics

/// Reads which tensors a layer is called on: the nested lists of Keras 2 and the argument dictionaries of Keras 3.
struct KerasCallParser {
  let origin: Origin

  /// The calls of `inbound_nodes`, in order.
  func calls(_ value: JSONValue?) throws -> [[KerasTensorReference]] {
    guard let value else { return [] }
    guard let nodes = value.array else { throw malformed("'inbound_nodes' is not a list") }
    return try nodes.map { node in
      node.object == nil ? try listCall(node) : try dictionaryCall(node)
    }
  }

  /// By call, whether the last tensor that it reads is a mask.
  func callsWithMask(_ value: JSONValue?) -> [Bool] {
    (value?.array ?? []).map { $0["kwargs"]?["mask"].map { !$0.isNull } ?? false }
  }

  /// The references of `input_layers` or `output_layers`: one, a list of them, or a dictionary by name.
  func modelTensors(_ value: JSONValue) throws -> [KerasTensorReference] {
    if let members = value.object {
      // Keras flattens dictionaries in the order of their keys.
      return try members.keys.sorted().flatMap { try modelTensors(members[$0] ?? .null) }
    }
    guard let elements = value.array else { throw malformed("the model's inputs or outputs are not a list") }
    if elements.first?.string != nil { return [try reference(elements)] }
    return try elements.flatMap { try modelTensors($0) }
  }

  // MARK: Keras 2

  /// `[["dense", 0, 0, {}], …]`, or one such reference without the outer list.
  private func listCall(_ node: JSONValue) throws -> [KerasTensorReference] {
    guard let elements = node.array else { throw malformed("a call is not a list of tensors") }
    if elements.first?.string != nil { return try listReferences(elements) }
    return try elements.flatMap { element in
      guard let parts = element.array else { throw malformed("a call reads something that is not a tensor") }
      return try listReferences(parts)
    }
  }

  private func listReferences(_ parts: [JSONValue]) throws -> [KerasTensorReference] {
    var references = [try reference(parts)]
    guard parts.count > 3 else { return references }
    guard var arguments = parts[3].object else { throw malformed("the arguments of a call are not a dictionary") }
    // Further tensors go by the names of the layer's parameters.
    for name in Self.tensorArguments.dropFirst(Self.firstArguments) {
      guard let tensor = arguments[name]?.array, tensor.first?.string != nil else { continue }
      references.append(try reference(tensor))
      arguments[name] = nil
    }
    try checkArguments(arguments)
    return references
  }

  func reference(_ parts: [JSONValue]) throws -> KerasTensorReference {
    guard parts.count >= 3, let layer = parts[0].string, let call = parts[1].int, let tensor = parts[2].int,
      call >= 0, tensor >= 0
    else { throw malformed("a tensor is not named by layer, call and output") }
    return KerasTensorReference(layer: layer, call: call, tensor: tensor)
  }

  // MARK: Keras 3

  private func dictionaryCall(_ node: JSONValue) throws -> [KerasTensorReference] {
    guard let arguments = node["args"]?.array else { throw malformed("a call has no 'args'") }
    var references: [KerasTensorReference] = []
    for argument in arguments { try collect(argument, into: &references) }
    var named = node["kwargs"]?.object ?? [:]
    // The tensors themselves may be named, in the order of the layers' parameters.
    for name in Self.tensorArguments {
      guard let argument = named.removeValue(forKey: name), !argument.isNull else { continue }
      try collect(argument, into: &references)
    }
    // A mask comes last.
    if let mask = named.removeValue(forKey: "mask"), !mask.isNull { try collect(mask, into: &references) }
    try checkArguments(named)
    return references
  }

  /// Names of the first tensor.
  private static let firstArguments = 5
  private static let tensorArguments = ["inputs", "x", "input", "tensor", "query", "value", "key", "initial_state"]

  private func collect(_ argument: JSONValue, into references: inout [KerasTensorReference]) throws {
    if let elements = argument.array {
      for element in elements { try collect(element, into: &references) }
      return
    }
    guard argument["class_name"]?.string == "__keras_tensor__",
      let history = argument["config"]?["keras_history"]?.array
    else {
      throw Diagnostic.error(
        "unsupported-option",
        "a call has an argument that is not the output of a layer",
        at: origin,
        hint: "use layers between tensors only, without constants in between"
      )
    }
    references.append(try reference(history))
  }

  /// Arguments by name change what a layer computes, but for `training`, which is off in firmware.
  private func checkArguments(_ arguments: [String: JSONValue]) throws {
    for (name, value) in arguments.sorted(by: { $0.key < $1.key }) where name != "training" && !value.isOff {
      throw Diagnostic.error(
        "unsupported-option",
        "a call sets the argument '\(name)', which is not supported",
        at: origin,
        hint: "build the model without '\(name)'"
      )
    }
  }

  func malformed(_ message: String) -> Diagnostic {
    .error("keras-architecture", message, at: origin, hint: "write the architecture again with model.to_json()")
  }
}
