import Diagnostics
import ONNXFrontend

/// One node of a graph: gives out its operands and attributes by type.
struct GraphNode: TranslatableNode {
  let proto: TFNodeDef
  let origin: Origin
  /// What it reads, without orders (`^name`); `name:0` is `name`.
  let inputs: [String]

  init(_ proto: TFNodeDef, file: String) {
    self.proto = proto
    origin = Origin(file: file, place: "node '\(proto.name)' (\(proto.op))")
    inputs = proto.input.filter { !$0.hasPrefix("^") }.map { $0.hasSuffix(":0") ? String($0.dropLast(2)) : $0 }
  }

  var name: String { proto.name }
  var layerName: String { name }
  var valueName: String { name }
  var operation: GraphOperator? { GraphOperator(rawValue: proto.op) }

  /// The node that makes a value.
  static func maker(of value: String) -> String { value.firstIndex(of: ":").map { String(value[..<$0]) } ?? value }

  func input(_ index: Int) throws -> String {
    guard inputs.indices.contains(index) else {
      throw error("bad-arity", "'\(name)' (\(proto.op)) lacks its input number \(index + 1)")
    }
    return inputs[index]
  }

  func text(_ attribute: String, default value: String) throws -> String {
    guard let found = proto.attr[attribute] else { return value }
    guard case .s(let bytes)? = found.value, let text = String(validating: Array(bytes), as: UTF8.self) else {
      throw unexpected(attribute)
    }
    return text
  }

  func texts(_ attribute: String) throws -> [String] {
    guard let found = proto.attr[attribute] else { return [] }
    guard case .list(let list)? = found.value else { throw unexpected(attribute) }
    return try list.s.map { bytes in
      guard let text = String(validating: Array(bytes), as: UTF8.self) else { throw unexpected(attribute) }
      return text
    }
  }

  func integer(_ attribute: String, default value: Int) throws -> Int {
    guard let found = proto.attr[attribute] else { return value }
    guard case .i(let number)? = found.value else { throw unexpected(attribute) }
    return Int(number)
  }

  func integers(_ attribute: String) throws -> [Int] {
    guard let found = proto.attr[attribute] else { return [] }
    guard case .list(let list)? = found.value else { throw unexpected(attribute) }
    return list.i.map { Int($0) }
  }

  func float(_ attribute: String, default value: Float) throws -> Float {
    guard let found = proto.attr[attribute] else { return value }
    guard case .f(let number)? = found.value else { throw unexpected(attribute) }
    return number
  }

  func flag(_ attribute: String, default value: Bool = false) throws -> Bool {
    guard let found = proto.attr[attribute] else { return value }
    guard case .b(let flag)? = found.value else { throw unexpected(attribute) }
    return flag
  }

  /// The number of an element type; 0 where it is left out.
  func type(_ attribute: String) throws -> Int {
    guard let found = proto.attr[attribute] else { return 0 }
    guard case .type(let type)? = found.value else { throw unexpected(attribute) }
    return Int(type)
  }

  func error(_ code: String, _ message: String, hint: String? = nil) -> Diagnostic {
    Diagnostic.error(code, message, at: origin, hint: hint)
  }

  private func unexpected(_ attribute: String) -> Diagnostic {
    error("bad-attribute", "'\(name)' (\(proto.op)) has an attribute '\(attribute)' of an unexpected kind")
  }
}
