extension Diagnostic {
  /// A paragraph for a person: the finding, its place, notes and a hint.
  ///
  /// - Parameter colour: whether to use ANSI colours; pass true only for a terminal.
  package func rendered(colour: Bool = false) -> String {
    let head = "\(severity.rawValue)[\(code)]:"
    var lines = [(colour ? "\(severity.ansi)\(head)\u{1B}[0m" : head) + " \(message)"]
    if let origin { lines.append("  at \(origin.file)" + (origin.place.map { ": \($0)" } ?? "")) }
    lines += notes.map { "  note: \($0)" }
    if let hint { lines.append("  hint: \(hint)") }
    return lines.joined(separator: "\n")
  }
}

extension Severity {
  fileprivate var ansi: String {
    switch self {
    case .note: "\u{1B}[36m"
    case .warning: "\u{1B}[33m"
    case .error: "\u{1B}[31m"
    }
  }
}
