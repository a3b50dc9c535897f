import Diagnostics

/// Reads the text form of an intermediate representation from left to right: words, names, numbers, symbols, lines.
///
/// Blanks separate and are otherwise skipped; `#` starts a comment that ends with its line. Everything that is not as
/// expected throws a ``Diagnostic`` with the file, the line and the column.
package struct TextScanner: Sendable {
  /// The file as the user named it.
  package let file: String
  private let bytes: [UInt8]
  private var position = 0

  package init(_ text: String, file: String) {
    self.file = file
    bytes = Array(text.utf8)
    skipEmptyLines()
  }

  // MARK: Places

  /// A place in the text, to be named in an error that shows later.
  package struct Mark: Sendable, Hashable {
    fileprivate let position: Int
  }

  /// The place of the next token.
  package var mark: Mark { Mark(position: blanksEnd) }

  /// Goes back to a place.
  package mutating func reset(to mark: Mark) { position = mark.position }

  /// What is wrong at a place; by default at the next token.
  package func error(_ message: String, at mark: Mark? = nil) -> Diagnostic {
    .error("malformed-text", message, at: origin(of: mark ?? self.mark))
  }

  /// A place in the user's file.
  package func origin(of mark: Mark) -> Origin {
    let before = bytes[..<min(mark.position, bytes.count)]
    let lineStart = before.lastIndex(of: .newline).map { $0 + 1 } ?? 0
    // UTF-8 continuation bytes are no columns of their own.
    let column = before[lineStart...].count { $0 & 0xC0 != 0x80 } + 1
    return Origin(file: file, place: "line \(before.count { $0 == .newline } + 1), column \(column)")
  }

  /// What stands at the next token, for messages.
  package var nextText: String {
    let start = blanksEnd
    guard start < bytes.count, bytes[start] != .newline, bytes[start] != .hash else {
      return start < bytes.count ? "the end of the line" : "the end of the text"
    }
    var end = start + 1
    while end < bytes.count, end - start < 40, bytes[end].isWordByte == bytes[start].isWordByte, !bytes[end].isBlank,
      bytes[end] != .newline
    { end += 1 }
    return "'\(String(decoding: bytes[start..<end], as: UTF8.self))'"
  }

  // MARK: Lines

  /// The position after blanks.
  private var blanksEnd: Int {
    var end = position
    while end < bytes.count, bytes[end].isBlank { end += 1 }
    return end
  }

  /// Whether nothing is left of the line but blanks and a comment.
  package var isAtLineEnd: Bool {
    let end = blanksEnd
    return end == bytes.count || bytes[end] == .newline || bytes[end] == .hash
  }

  /// Whether nothing is left of the text.
  ///
  /// Asked at the start of a line.
  package var isAtEnd: Bool { blanksEnd == bytes.count }

  /// The end of this line; goes on to the next one that holds something.
  package mutating func endLine() throws {
    guard isAtLineEnd else { throw error("expected the end of the line, found \(nextText)") }
    skipEmptyLines()
  }

  private mutating func skipEmptyLines() {
    while isAtLineEnd, position < bytes.count {
      while position < bytes.count, bytes[position] != .newline { position += 1 }
      if position < bytes.count { position += 1 }
    }
  }

  // MARK: Tokens

  /// Whether a symbol such as `<<` or `[` comes next; reads it if so.
  package mutating func accepts(_ symbol: StaticString) -> Bool {
    let start = blanksEnd
    let length = symbol.utf8CodeUnitCount
    guard start + length <= bytes.count else { return false }
    for index in 0..<length where bytes[start + index] != symbol.utf8Start[index] { return false }
    position = start + length
    return true
  }

  /// Whether a symbol comes next.
  package func isAt(_ symbol: StaticString) -> Bool {
    var copy = self
    return copy.accepts(symbol)
  }

  /// Whether an integer or a decimal number comes next.
  package var isAtNumber: Bool {
    let start = blanksEnd
    return start < bytes.count && bytes[start].isNumberByte
  }

  /// Reads a symbol.
  package mutating func expect(_ symbol: StaticString) throws {
    guard accepts(symbol) else { throw error("expected '\(symbol)', found \(nextText)") }
  }

  /// Whether this very word comes next; reads it if so.
  package mutating func acceptsWord(_ word: StaticString) -> Bool {
    let before = position
    guard accepts(word) else { return false }
    if position < bytes.count, bytes[position].isWordByte {
      position = before
      return false
    }
    return true
  }

  /// Whether this very word comes next.
  package func isAtWord(_ word: StaticString) -> Bool {
    var copy = self
    return copy.acceptsWord(word)
  }

  /// Reads this very word.
  package mutating func expectWord(_ word: StaticString) throws {
    guard acceptsWord(word) else { throw error("expected '\(word)', found \(nextText)") }
  }

  /// Reads a word of letters, digits and underscores that starts with a letter or an underscore.
  ///
  /// - Parameter kind: what is expected, for the message.
  package mutating func word(_ kind: String = "a word") throws -> String {
    let start = blanksEnd
    guard start < bytes.count, bytes[start].isWordByte, !bytes[start].isDigit else {
      throw error("expected \(kind), found \(nextText)")
    }
    return String(decoding: token(from: start), as: UTF8.self)
  }

  /// One of the cases of an enumeration by its raw value.
  package mutating func choice<Choice: RawRepresentable & CaseIterable>(_ kind: String) throws -> Choice
  where Choice.RawValue == String {
    let start = mark
    let text = try word(kind)
    if let choice = Choice(rawValue: text) { return choice }
    let known = Choice.allCases.map(\.rawValue)
    throw unknown(text, kind: kind, among: known, at: start)
  }

  /// The error for a word that is none of those known.
  package func unknown(_ word: String, kind: String, among known: [String], at mark: Mark) -> Diagnostic {
    var diagnostic = error("expected \(kind), found '\(word)'", at: mark)
    if let near = nearestName(to: word, among: known) { diagnostic.hint = "did you mean '\(near)'?" }
    return diagnostic
  }

  /// Reads a name in single quotes; see ``Swift/String/quotedName``.
  package mutating func name() throws -> String {
    let start = mark
    guard accepts("'") else { throw error("expected a name in single quotes, found \(nextText)") }
    var name: [UInt8] = []
    while position < bytes.count, bytes[position] != .newline {
      let byte = bytes[position]
      position += 1
      switch byte {
      case .quote:
        return String(decoding: name, as: UTF8.self)
      case .backslash:
        name += try escaped()
      default:
        name.append(byte)
      }
    }
    throw error("the name that starts here is not closed", at: start)
  }

  private mutating func escaped() throws -> [UInt8] {
    let start = Mark(position: position - 1)
    if bytes[position...].starts(with: "u{".utf8) {
      let digits = token(from: position + 2)
      guard let code = UInt32(String(decoding: digits, as: UTF8.self), radix: 16), let scalar = Unicode.Scalar(code),
        position < bytes.count, bytes[position] == UInt8(ascii: "}")
      else { throw error("expected a code point such as \\u{7F}", at: start) }
      position += 1
      return Array(String(scalar).utf8)
    }
    guard position < bytes.count, [.backslash, .quote].contains(bytes[position]) else {
      throw error("a backslash stands before ', \\ and u{…} only", at: start)
    }
    position += 1
    return [bytes[position - 1]]
  }

  /// A kind: a word, or a name in quotes where it is none.
  package mutating func kind() throws -> String {
    let start = blanksEnd
    return start < bytes.count && bytes[start] == .quote ? try name() : try word("a kind")
  }

  /// The bytes of a number, sign included.
  mutating func numberToken(_ kind: String) throws -> ArraySlice<UInt8> {
    let start = blanksEnd
    var end = start
    while end < bytes.count, bytes[end].isNumberByte || end > start && bytes[end].isWordByte { end += 1 }
    guard end > start else { throw error("expected \(kind), found \(nextText)") }
    position = end
    return bytes[start..<end]
  }

  /// Everything up to and including the closing angle bracket of a type such as `fixed<16, 6>`.
  mutating func typeToken() throws -> ArraySlice<UInt8> {
    let start = blanksEnd
    var end = start
    while end < bytes.count, bytes[end] != .newline, end - start < 80 {
      end += 1
      if bytes[end - 1] == UInt8(ascii: ">") {
        position = end
        return bytes[start..<end]
      }
    }
    throw error("expected a fixed-point type, found \(nextText)")
  }

  private mutating func token(from start: Int) -> ArraySlice<UInt8> {
    position = start
    while position < bytes.count, bytes[position].isWordByte { position += 1 }
    return bytes[start..<position]
  }
}

extension UInt8 {
  fileprivate static let newline = UInt8(ascii: "\n")
  fileprivate static let hash = UInt8(ascii: "#")
  fileprivate static let quote = UInt8(ascii: "'")
  fileprivate static let backslash = UInt8(ascii: "\\")

  fileprivate var isBlank: Bool {
    self == UInt8(ascii: " ") || self == UInt8(ascii: "\t") || self == UInt8(ascii: "\r")
  }
  fileprivate var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }
  fileprivate var isWordByte: Bool {
    isDigit || self == UInt8(ascii: "_") || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self)
      || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(self)
  }
  fileprivate var isNumberByte: Bool {
    isDigit || self == UInt8(ascii: "-") || self == UInt8(ascii: "+") || self == UInt8(ascii: ".")
  }
}
