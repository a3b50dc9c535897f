import Diagnostics
import Yams

/// A node of the user's YAML with its place: typed access that ends in a diagnostic, never in a silent default.
package struct YAMLValue {
  let node: Node
  let file: String
  /// What the node is, for messages: `ReuseFactor`, `HLSConfig`.
  let label: String

  /// Parses one document.
  ///
  /// - Throws: A ``Diagnostic`` that names line and column of a syntax error, or says that the document is empty.
  package init(parsing text: String, file: String) throws {
    let root: Node?
    do {
      root = try Yams.compose(yaml: text)
    } catch let error as YamlError {
      throw error.diagnostic(file: file)
    }
    guard let root else {
      throw Diagnostic.error(
        "empty-configuration",
        "the configuration is empty",
        at: Origin(file: file),
        hint: "name the model and give an HLSConfig, as hls4ml's project YAML does"
      )
    }
    self.init(node: root, file: file, label: "the configuration")
  }

  init(node: Node, file: String, label: String) {
    self.node = node
    self.file = file
    self.label = label
  }

  package var origin: Origin {
    Origin(file: file, place: node.mark.map { "line \($0.line), column \($0.column)" })
  }

  /// Whether the node is written as nothing, `~` or `null`.
  var isNull: Bool { node.null != nil }

  var isMapping: Bool { if case .mapping = node { true } else { false } }

  /// The entries of a mapping in the order of the file; an empty value counts as an empty mapping.
  package func entries() throws -> [Entry] {
    if isNull { return [] }
    guard case .mapping(let mapping) = node else { throw mismatch("a mapping of keys to values") }
    return try mapping.map { key, value in
      guard let name = key.string else {
        throw Diagnostic.error(
          "bad-configuration",
          "a key of \(label) is not a plain word",
          at: YAMLValue(node: key, file: file, label: label).origin
        )
      }
      return Entry(
        key: name,
        origin: YAMLValue(node: key, file: file, label: name).origin,
        value: YAMLValue(node: value, file: file, label: name)
      )
    }
  }

  /// The elements of a list; anything else counts as a list of itself.
  package func elements() -> [YAMLValue] {
    guard case .sequence(let sequence) = node else { return isNull ? [] : [self] }
    return sequence.map { YAMLValue(node: $0, file: file, label: "an element of \(label)") }
  }

  package func text() throws -> String {
    guard case .scalar(let scalar) = node, !isNull else { throw mismatch("a text") }
    return scalar.string
  }

  func integer() throws -> Int {
    guard case .scalar = node, let value = node.int else { throw mismatch("an integer") }
    return value
  }

  func positiveInteger(atMost limit: Int = Int.max) throws -> Int {
    let value = try integer()
    guard value >= 1 && value <= limit else {
      throw mismatch(limit == .max ? "a positive integer" : "an integer from 1 to \(limit)")
    }
    return value
  }

  func number() throws -> Double {
    guard case .scalar = node, let value = node.float, value.isFinite else { throw mismatch("a number") }
    return value
  }

  package func boolean() throws -> Bool {
    if case .scalar = node {
      if let value = node.bool { return value }
      if let value = node.int, value == 0 || value == 1 { return value == 1 }
    }
    throw mismatch("true or false")
  }

  /// The diagnostic for a node of the wrong kind.
  package func mismatch(_ expected: String) -> Diagnostic {
    let found: String
    switch node {
    case .scalar(let scalar): found = isNull ? "nothing" : "'\(scalar.string)'"
    case .mapping: found = "a mapping"
    case .sequence: found = "a list"
    case .alias: found = "an alias"
    }
    return .error("bad-configuration", "\(label) must be \(expected), not \(found)", at: origin)
  }

  /// A key with its value.
  package struct Entry {
    package let key: String
    /// The place of the key.
    package let origin: Origin
    package let value: YAMLValue
  }
}

extension YamlError {
  /// The finding for the user, with the place where the YAML breaks.
  fileprivate func diagnostic(file: String) -> Diagnostic {
    func report(_ problem: String, _ mark: Mark?) -> Diagnostic {
      .error(
        "malformed-yaml",
        "the YAML cannot be read: \(problem)",
        at: Origin(file: file, place: mark.map { "line \($0.line), column \($0.column)" }),
        hint: "correct the indentation, quotes or brackets at or just above this place"
      )
    }
    switch self {
    case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
      .composer(let context, let problem, let mark, _):
      return report(context.map { "\(problem) \($0.text)" } ?? problem, mark)
    case .duplicatedKeysInMapping(let duplicates, let context):
      let names = duplicates.sorted().map { "'\($0)'" }.joined(separator: ", ")
      return report("the key \(names) occurs twice in one mapping", context.mark)
    case .reader(let problem, _, _, _): return report(problem, nil)
    case .writer(let problem), .emitter(let problem), .representer(let problem): return report(problem, nil)
    case .no, .memory, .dataCouldNotBeDecoded: return report("not a text", nil)
    }
  }
}
