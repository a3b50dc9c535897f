/// Words for the user, in which options and actions stand as such, so that each front end can phrase them.
///
/// Written as a string; `"give typical inputs with \(option: .calibration)"` ends with `--calibration` on the command line,
/// and with the name of an argument in a library.
public struct DiagnosticText: Hashable, Sendable, Codable {
  /// A piece of the text.
  public enum Part: Hashable, Sendable, Codable {
    case words(String)
    /// An option, with the value that it should have, if one is meant.
    case option(DiagnosticOption, String?)
    case action(DiagnosticAction)
  }

  public var parts: [Part]

  public init(parts: [Part]) { self.parts = parts }

  /// Words without any option.
  public init(_ words: String) { parts = [.words(words)] }

  /// The text as a front end says it.
  public func phrased(by phrasing: DiagnosticPhrasing) -> String {
    parts.map { part in
      switch part {
      case .words(let words): words
      case .option(let option, let value): phrasing.option(option, value)
      case .action(let action): phrasing.action(action)
      }
    }.joined()
  }

  /// Whether the text, phrased for a library, holds other words.
  package func contains(_ words: String) -> Bool { description.contains(words) }
}

extension DiagnosticText: CustomStringConvertible {
  /// The text, phrased for a library.
  public var description: String { phrased(by: .library) }
}

extension DiagnosticText: ExpressibleByStringInterpolation {
  public init(stringLiteral words: String) { self.init(words) }
  public init(stringInterpolation pieces: Interpolation) { parts = pieces.parts }

  /// Collects the pieces of a literal.
  public struct Interpolation: StringInterpolationProtocol {
    fileprivate var parts: [Part] = []

    public init(literalCapacity: Int, interpolationCount: Int) {}

    public mutating func appendLiteral(_ words: String) {
      // Neighbouring words are one part, so that texts that read alike are equal.
      if case .words(let before)? = parts.last {
        parts[parts.count - 1] = .words(before + words)
      } else if !words.isEmpty {
        parts.append(.words(words))
      }
    }

    public mutating func appendInterpolation(_ value: some Any) { appendLiteral("\(value)") }
    public mutating func appendInterpolation(_ text: DiagnosticText) {
      for part in text.parts {
        if case .words(let words) = part { appendLiteral(words) } else { parts.append(part) }
      }
    }

    public mutating func appendInterpolation(option: DiagnosticOption) { parts.append(.option(option, nil)) }
    public mutating func appendInterpolation(option: DiagnosticOption, _ value: String) {
      parts.append(.option(option, value))
    }

    public mutating func appendInterpolation(action: DiagnosticAction) { parts.append(.action(action)) }
  }
}
