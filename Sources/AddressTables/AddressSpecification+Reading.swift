import Basics
import Diagnostics
import Yams

extension AddressSpecification {
  /// Reads a specification in YAML, or JSON, and checks it.
  ///
  /// - Throws: a ``Diagnostic`` that names the field or the line.
  package init(parsing text: String, file: String) throws {
    try Self.refuseDeepNesting(text, file)
    do {
      self = try YAMLDecoder().decode(Self.self, from: text)
      try Self.refuseUnknownKeys(text, file)
    } catch let error as DecodingError {
      throw Self.diagnostic(error, file)
    } catch let error as YamlError {
      throw Self.refusal("the specification is not readable: \(error)", Origin(file: file))
    }
    try verify(Origin(file: file))
  }

  private static func refuseDeepNesting(_ text: String, _ file: String) throws {
    guard let line = TextNesting.firstTooDeepLine(of: text) else { return }
    throw refusal("the specification is nested too deeply", Origin(file: file, place: "line \(line)"))
  }

  static func refusal(_ message: String, _ origin: Origin) -> Diagnostic {
    Diagnostic.error("bad-address", message, at: origin, hint: "docs/trees.md shows a complete specification")
  }

  private static func diagnostic(_ error: DecodingError, _ file: String) -> Diagnostic {
    let context: DecodingError.Context
    switch error {
    case .typeMismatch(_, let c), .valueNotFound(_, let c), .keyNotFound(_, let c), .dataCorrupted(let c): context = c
    @unknown default: return refusal("the specification is not readable", Origin(file: file))
    }
    var path = context.codingPath.map { $0.intValue.map(String.init) ?? $0.stringValue }
    if case .keyNotFound(let key, _) = error { path.append(key.stringValue) }
    let place = path.joined(separator: "/")
    return refusal(context.debugDescription, place.isEmpty ? Origin(file: file) : Origin(file: file, place: place))
  }

  /// A misspelt key would be a silent default.
  private static func refuseUnknownKeys(_ text: String, _ file: String) throws {
    func check(_ node: Node?, _ known: [String], _ place: String) throws {
      for key in node?.mapping?.keys.compactMap(\.string) ?? [] where !known.contains(key) {
        throw refusal("'\(key)' is no key of \(place)", Origin(file: file, place: place))
      }
    }
    let root = try Yams.compose(yaml: text)
    try check(root, CodingKeys.allCases.map(\.rawValue), "the specification")
    for field in root?["fields"]?.sequence ?? [] {
      let keys = AddressField.CodingKeys.allCases.map(\.rawValue)
      try check(field, keys, "fields")
      for part in field["parts"]?.sequence ?? [] { try check(part, keys, "parts") }
    }
    for sum in root?["model_inputs"]?.sequence ?? [] {
      for term in sum.sequence ?? [] { try check(term, ["field", "sign"], "model_inputs") }
    }
    try check(root?["word"], ["bits", "function", "scale", "offset", "minimum", "maximum"], "word")
    try check(root?["version"], ["address", "word"], "version")
  }
}
