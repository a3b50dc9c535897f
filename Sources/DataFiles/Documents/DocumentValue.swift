import Diagnostics

/// A value of a JSON or UBJSON document, with the place where it stands.
///
/// Lists of numbers, which tree files are full of, are kept as such.
package struct DocumentValue: Sendable {
  package enum Content: Sendable {
    case null
    case bool(Bool)
    case number(Double)
    case string(String)
    case numbers([Double])
    case list([Content])
    case object([String: Content])
  }

  package let content: Content
  package let file: String
  /// A JSON pointer.
  package let path: String

  package init(_ content: Content, file: String, path: String = "") {
    self.content = content
    self.file = file
    self.path = path
  }

  package var origin: Origin { Origin(file: file, place: path.isEmpty ? nil : path) }

  private func inside(_ content: Content, _ step: String) -> DocumentValue {
    DocumentValue(content, file: file, path: path + "/" + step)
  }

  /// A member of an object; nil where it is missing or null, or this is no object.
  package subscript(key: String) -> DocumentValue? {
    guard case .object(let members) = content, let member = members[key] else { return nil }
    if case .null = member { return nil }
    return inside(member, key)
  }

  /// The names of an object's members, sorted; empty for anything else.
  package var keys: [String] {
    guard case .object(let members) = content else { return [] }
    return members.keys.sorted()
  }

  /// A member that must be there.
  package func member(_ key: String) throws -> DocumentValue {
    guard let member = self[key] else { throw error("'\(key)' is missing") }
    return member
  }

  package func number() throws -> Double {
    switch content {
    case .number(let value): return value
    // XGBoost writes its parameters as strings.
    case .string(let text):
      guard let value = Double(text) else { throw error("'\(text.prefix(60))' is no number") }
      return value
    case .null, .bool, .numbers, .list, .object: throw error("a number is expected")
    }
  }

  package func integer() throws -> Int {
    guard let value = Int(exactly: try number()) else { throw error("an integer is expected") }
    return value
  }

  package func string() throws -> String {
    guard case .string(let text) = content else { throw error("a string is expected") }
    return text
  }

  package func list() throws -> [DocumentValue] {
    switch content {
    case .list(let elements): return elements.enumerated().map { inside($1, "\($0)") }
    case .numbers(let values): return values.enumerated().map { inside(.number($1), "\($0)") }
    case .null, .bool, .number, .string, .object: throw error("a list is expected")
    }
  }

  package func numbers() throws -> [Double] {
    if case .numbers(let values) = content { return values }
    return try list().map { element in
      if case .bool(let flag) = element.content { return flag ? 1 : 0 }
      return try element.number()
    }
  }

  package func integers() throws -> [Int] {
    try numbers().enumerated().map { index, value in
      guard let integer = Int(exactly: value) else { throw inside(.null, "\(index)").error("an integer is expected") }
      return integer
    }
  }

  /// A diagnostic about this value.
  package func error(_ message: String, hint: String? = nil) -> Diagnostic {
    Diagnostic.error(
      "bad-tree-file",
      message,
      at: origin,
      hint: hint ?? "save the model again; this file is damaged, or of a version that Tricot does not know"
    )
  }
}
