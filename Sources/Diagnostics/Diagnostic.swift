/// How much a finding matters.
public enum Severity: String, Sendable, Codable, Comparable {
  case note, warning, error

  public static func < (a: Severity, b: Severity) -> Bool { a.rank < b.rank }
  private var rank: Int {
    switch self {
    case .note: 0
    case .warning: 1
    case .error: 2
    }
  }
}

/// The place in the user's files that a finding is about.
public struct Origin: Hashable, Sendable, Codable {
  /// The file as the user named it.
  public var file: String
  /// The place inside: a layer, a JSON pointer, an HDF5 path, `line 3, column 7`.
  public var place: String?

  public init(file: String, place: String? = nil) {
    self.file = file
    self.place = place
  }

  /// A place inside the same file.
  package func at(_ place: String) -> Origin { Origin(file: file, place: place) }
}

/// One finding for the user: what is wrong or noteworthy, where, and what to do about it.
///
/// A diagnostic of severity `error` is also what Tricot throws when it cannot go on.
public struct Diagnostic: Error, Hashable, Sendable, Codable {
  public var severity: Severity
  /// Stable, unique, in kebab case: `unsupported-operator`.
  public var code: String
  /// Lower case, no full stop, names in single quotes.
  public var message: DiagnosticText
  public var origin: Origin?
  public var notes: [String]
  /// What to do; starts with a verb.
  public var hint: DiagnosticText?

  package init(
    _ severity: Severity,
    _ code: String,
    _ message: DiagnosticText,
    at origin: Origin? = nil,
    notes: [String] = [],
    hint: DiagnosticText? = nil
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
    _ message: DiagnosticText,
    at origin: Origin? = nil,
    notes: [String] = [],
    hint: DiagnosticText? = nil
  ) -> Diagnostic {
    Diagnostic(.error, code, message, at: origin, notes: notes, hint: hint)
  }

  package static func warning(
    _ code: String,
    _ message: DiagnosticText,
    at origin: Origin? = nil,
    notes: [String] = [],
    hint: DiagnosticText? = nil
  ) -> Diagnostic {
    Diagnostic(.warning, code, message, at: origin, notes: notes, hint: hint)
  }

  package static func note(_ code: String, _ message: DiagnosticText, at origin: Origin? = nil) -> Diagnostic {
    Diagnostic(.note, code, message, at: origin)
  }
}

/// The same for words that were put together as strings, and name no option.
///
/// Literals are never taken for strings: that would spell out the options in them.
extension Diagnostic {
  @_disfavoredOverload
  package init(
    _ severity: Severity,
    _ code: String,
    _ message: String,
    at origin: Origin? = nil,
    notes: [String] = [],
    hint: String? = nil
  ) {
    self.init(
      severity,
      code,
      DiagnosticText(message),
      at: origin,
      notes: notes,
      hint: hint.map { DiagnosticText($0) }
    )
  }

  @_disfavoredOverload
  package static func error(
    _ code: String,
    _ message: String,
    at origin: Origin? = nil,
    notes: [String] = [],
    hint: String? = nil
  ) -> Diagnostic {
    Diagnostic(.error, code, message, at: origin, notes: notes, hint: hint)
  }

  @_disfavoredOverload
  package static func warning(
    _ code: String,
    _ message: String,
    at origin: Origin? = nil,
    notes: [String] = [],
    hint: String? = nil
  ) -> Diagnostic {
    Diagnostic(.warning, code, message, at: origin, notes: notes, hint: hint)
  }

  @_disfavoredOverload
  package static func note(_ code: String, _ message: String, at origin: Origin? = nil) -> Diagnostic {
    Diagnostic(.note, code, message, at: origin)
  }
}
