import DataFiles
import Diagnostics

/// Any JSON value of a Keras file.
typealias JSONValue = DocumentValue.Content

extension JSONValue {
  /// Reads JSON text.
  ///
  /// - Throws: a ``Diagnostic`` if it is malformed or nested too deeply.
  init(parsing bytes: [UInt8], origin: Origin) throws { try self.init(json: bytes, origin: origin) }

  var isNull: Bool {
    if case .null = self { return true }
    return false
  }

  /// Null, false or nothing inside: what a file writes for an option that is off.
  var isOff: Bool {
    switch self {
    case .null: true
    case .bool(let flag): !flag
    case .number, .string: false
    case .numbers(let values): values.isEmpty
    case .list(let elements): elements.isEmpty
    case .object(let members): members.isEmpty
    }
  }

  var bool: Bool? {
    if case .bool(let flag) = self { return flag }
    return nil
  }

  var number: Double? {
    if case .number(let value) = self { return value }
    return nil
  }

  /// A number without fraction.
  var int: Int? { number.flatMap { Int(exactly: $0) } }

  var string: String? {
    if case .string(let text) = self { return text }
    return nil
  }

  var array: [JSONValue]? {
    switch self {
    case .list(let elements): elements
    case .numbers(let values): values.map { .number($0) }
    case .null, .bool, .number, .string, .object: nil
    }
  }

  var object: [String: JSONValue]? {
    if case .object(let members) = self { return members }
    return nil
  }

  /// The member of an object; nil if there is none, if it is null or if this is no object.
  subscript(key: String) -> JSONValue? {
    guard case .object(let members) = self, let member = members[key], !member.isNull else { return nil }
    return member
  }
}
