import Diagnostics
import FoundationEssentials

/// Any JSON value.
enum JSONValue: Sendable {
  case null
  case bool(Bool)
  case number(Double)
  case string(String)
  case array([JSONValue])
  case object([String: JSONValue])
}

extension JSONValue {
  /// Reads JSON text.
  ///
  /// - Throws: a ``Diagnostic`` if it is malformed or nested too deeply.
  init(parsing bytes: [UInt8], origin: Origin) throws {
    // The decoder traps on names without quotes that are no UTF-8.
    guard String(validating: bytes, as: UTF8.self) != nil else {
      throw Diagnostic.error(
        "json-malformed",
        "the JSON is no text in UTF-8",
        at: origin,
        hint: "check that the file is complete and really JSON"
      )
    }
    do {
      let decoder = JSONDecoder()
      // Python writes Infinity and NaN, which only the larger dialect knows.
      decoder.allowsJSON5 = true
      self = try decoder.decode(JSONValue.self, from: Data(bytes))
    } catch {
      throw Diagnostic.error(
        "json-malformed",
        "not readable as JSON" + Self.reason(error),
        at: origin,
        hint: "check that the file is complete and really JSON"
      )
    }
  }

  private static func reason(_ error: any Error) -> String {
    guard case DecodingError.dataCorrupted(let context) = error else { return "" }
    return ": " + context.debugDescription
  }

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
    case .array(let elements): elements.isEmpty
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
    if case .array(let elements) = self { return elements }
    return nil
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

extension JSONValue: Decodable {
  init(from decoder: any Decoder) throws {
    if let members = try? decoder.container(keyedBy: AnyKey.self) {
      var object: [String: JSONValue] = [:]
      for key in members.allKeys { object[key.stringValue] = try members.decode(JSONValue.self, forKey: key) }
      self = .object(object)
    } else if var list = try? decoder.unkeyedContainer() {
      var elements: [JSONValue] = []
      while !list.isAtEnd { elements.append(try list.decode(JSONValue.self)) }
      self = .array(elements)
    } else {
      let scalar = try decoder.singleValueContainer()
      if scalar.decodeNil() {
        self = .null
      } else if let text = try? scalar.decode(String.self) {
        self = .string(text)
      } else if let value = try? scalar.decode(Double.self) {
        self = .number(value)
      } else {
        self = .bool(try scalar.decode(Bool.self))
      }
    }
  }
}

private struct AnyKey: CodingKey {
  var stringValue: String
  var intValue: Int? { nil }

  init(stringValue: String) { self.stringValue = stringValue }
  init?(intValue: Int) { nil }
}
