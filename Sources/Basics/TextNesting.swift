/// How deep a text in YAML, or JSON, is nested.
package enum TextNesting {
  /// The first line in which a text is nested so deeply that a parser that calls itself for every level could overflow its
  /// stack; nil where there is none.
  package static func firstTooDeepLine(of text: String) -> Int? {
    var (brackets, line, column, marks) = (0, 1, 0, 0)
    var (isIndentation, last) = (true, UInt8(ascii: " "))
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "["), UInt8(ascii: "{"): brackets += 1
      case UInt8(ascii: "]"), UInt8(ascii: "}"): brackets -= 1
      case UInt8(ascii: " "): marks += brackets == 0 && "-?:".utf8.contains(last) ? 1 : 0
      case UInt8(ascii: "\n"): (line, column, marks, isIndentation) = (line + 1, -1, 0, true)
      default: isIndentation = false
      }
      column += isIndentation ? 1 : 0
      last = byte
      guard brackets <= 32, brackets > 0 || marks <= 64, column <= 512 else { return line }
    }
    return nil
  }
}
