extension Diagnostic {
  /// A paragraph for a person: the finding, its place, notes and a hint.
  ///
  /// - Parameters:
  ///   - colour: Whether to use ANSI colours; pass true only for a terminal.
  ///   - phrasing: What options are called.
  public func rendered(colour: Bool = false, phrasing: DiagnosticPhrasing = .library) -> String {
    let head = "\(severity.rawValue)[\(code)]:"
    var lines = [(colour ? "\(severity.ansi)\(head)\u{1B}[0m" : head) + " \(message.phrased(by: phrasing))"]
    if let origin { lines.append("  at \(origin.file)" + (origin.place.map { ": \($0)" } ?? "")) }
    lines += notes.map { "  note: \($0)" }
    if let hint { lines.append("  hint: \(hint.phrased(by: phrasing))") }
    return lines.joined(separator: "\n")
  }
}

extension Diagnostic: CustomStringConvertible {
  /// The paragraph, phrased for a library.
  public var description: String { rendered() }
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
