import Diagnostics

/// One node of the file while it is read: gives out its attributes by type, and remembers which have been asked for.
///
/// An attribute that nobody asked for is refused by ``finish()``: an option of the model is never ignored.
final class OperatorNode {
  let proto: NodeProto
  let origin: Origin
  private var unread: [String]

  init(_ proto: NodeProto, file: String) {
    self.proto = proto
    origin = Origin(file: file, place: Self.place(of: proto))
    unread = proto.attribute.map(\.name)
  }

  var operatorType: String { proto.opType }

  /// The node as messages name it: by its name, or else by what it makes.
  var label: String { proto.name.isEmpty ? (proto.output.first ?? "") : proto.name }

  static func place(of proto: NodeProto) -> String {
    proto.name.isEmpty
      ? "node that makes '\(proto.output.first ?? "")' (\(proto.opType))" : "node '\(proto.name)' (\(proto.opType))"
  }

  /// The name of an input; nil where an optional input is left out.
  func input(_ index: Int) -> String? {
    guard proto.input.indices.contains(index), !proto.input[index].isEmpty else { return nil }
    return proto.input[index]
  }

  func has(_ name: String) -> Bool { proto.attribute.contains { $0.name == name } }

  func float(_ name: String, default value: Double) throws -> Double {
    try attribute(name, .float).map { Double($0.f) } ?? value
  }

  func integer(_ name: String) throws -> Int? {
    guard let attribute = try attribute(name, .int) else { return nil }
    return Int(exactly: attribute.i)
  }

  func integer(_ name: String, default value: Int) throws -> Int { try integer(name) ?? value }

  func flag(_ name: String) throws -> Bool { try integer(name, default: 0) != 0 }

  func integers(_ name: String) throws -> [Int]? {
    try attribute(name, .ints).map { $0.ints.map { Int(clamping: $0) } }
  }

  func floats(_ name: String) throws -> [Double]? { try attribute(name, .floats).map { $0.floats.map(Double.init) } }

  func string(_ name: String) throws -> String? {
    guard let attribute = try attribute(name, .string) else { return nil }
    return try text(attribute.s, name)
  }

  func strings(_ name: String) throws -> [String]? {
    try attribute(name, .strings).map { try $0.strings.map { try text($0, name) } }
  }

  private func text(_ bytes: some Sequence<UInt8>, _ name: String) throws -> String {
    guard let text = String(validating: Array(bytes), as: UTF8.self) else {
      throw error("bad-attribute", "'\(label)' (\(operatorType)) has an attribute '\(name)' that is no UTF-8")
    }
    return text
  }

  /// Numbers of single precision, or of any precision as a tensor under the name with `_as_tensor`; none is no error.
  func floatsOrTensor(_ name: String) throws -> (numbers: [Double], isDouble: Bool) {
    if let tensor = try tensor(name + "_as_tensor") { return (tensor.values, tensor.type == .double) }
    return (try floats(name) ?? [], false)
  }

  func tensor(_ name: String) throws -> ConstantTensor? {
    guard let attribute = try attribute(name, .tensor) else { return nil }
    return try ConstantTensor(attribute.t, origin: origin)
  }

  /// Marks attributes that change nothing in inference.
  func dismiss(_ names: String...) { unread.removeAll { names.contains($0) } }

  func dismissAll() { unread = [] }

  /// Whether the operator is one of `ai.onnx.ml`, the domain of classical machine learning.
  var isMachineLearning: Bool { proto.domain == "ai.onnx.ml" }

  /// Refuses attributes that nobody has read.
  func finish() throws {
    guard let name = unread.first else { return }
    throw error(
      "unsupported-attribute",
      "'\(label)' (\(operatorType)) sets '\(name)', which is not supported",
      hint: "export the model without this attribute"
    )
  }

  func error(_ code: String, _ message: String, hint: String? = nil) -> Diagnostic {
    Diagnostic.error(code, message, at: origin, hint: hint)
  }

  /// What to say to those who read another result than the first.
  func secondaryOutputRefusal(_ name: String) -> Diagnostic {
    error(
      "unsupported-output",
      "'\(name)', a further result of '\(label)' (\(operatorType)), is used; only the first one is supported",
      hint: "export the model for inference: model.eval() in PyTorch"
    )
  }

  private func attribute(_ name: String, _ type: AttributeProto.AttributeType) throws -> AttributeProto? {
    unread.removeAll { $0 == name }
    let matches = proto.attribute.filter { $0.name == name }
    guard let first = matches.first else { return nil }
    guard matches.count == 1, first.type == type, first.refAttrName.isEmpty else {
      throw error("bad-attribute", "'\(label)' (\(operatorType)) has an attribute '\(name)' of an unexpected kind")
    }
    return first
  }
}
