/// How much a finding matters.
package enum Severity: String, Sendable, Codable, Comparable {
  case note, warning, error

  package static func < (a: Severity, b: Severity) -> Bool { a.rank < b.rank }
  private var rank: Int {
    switch self {
    case .note: 0
    case .warning: 1
    case .error: 2
    }
  }
}

/// The place in the user's files that a finding is about.
package struct Origin: Hashable, Sendable, Codable {
  /// The file as the user named it.
  package var file: String
  /// The place inside: a layer, a JSON pointer, an HDF5 path, `line 3, column 7`.
  package var place: String?

  package init(file: String, place: String? = nil) {
    self.file = file
    self.place = place
  }

  /// A place inside the same file.
  package func at(_ place: String) -> Origin { Origin(file: file, place: place) }
}

/// One finding for the user: what is wrong or noteworthy, where, and what to do about it.
///
/// A diagnostic of severity `error` is also what Tricot throws when it cannot go on.
package struct Diagnostic: Error, Hashable, Sendable, Codable {
  package var severity: Severity
  /// Stable, unique, in kebab case: `unsupported-operator`.
  package var code: String
  /// Lower case, no full stop, names in single quotes.
  package var message: String
  package var origin: Origin?
  package var notes: [String]
  /// What to do; starts with a verb.
  package var hint: String?

  package init(
    _ severity: Severity,
    _ code: String,
    _ message: String,
    at origin: Origin? = nil,
    notes: [String] = [],
    hint: String? = nil
  ) {
    self.severity = severity
    self.code = code
    self.message = message
    self.origin = origin
    self.notes = notes
    self.hint = hint
  }

  package static func error(
    _ code: String,
    _ message: String,
    at origin: Origin? = nil,
    notes: [String] = [],
    hint: String? = nil
  ) -> Diagnostic {
    Diagnostic(.error, code, message, at: origin, notes: notes, hint: hint)
  }

  package static func warning(
    _ code: String,
    _ message: String,
    at origin: Origin? = nil,
    notes: [String] = [],
    hint: String? = nil
  ) -> Diagnostic {
    Diagnostic(.warning, code, message, at: origin, notes: notes, hint: hint)
  }

  package static func note(_ code: String, _ message: String, at origin: Origin? = nil) -> Diagnostic {
    Diagnostic(.note, code, message, at: origin)
  }
}
