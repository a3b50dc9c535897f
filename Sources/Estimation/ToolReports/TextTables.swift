/// The cells of a line between bars, without blanks around them; nil for other lines.
func cells(of line: Substring) -> [String]? {
  let line = line.drop { $0 == " " }
  guard line.first == "|" else { return nil }
  let parts = line.dropFirst().split(separator: "|", omittingEmptySubsequences: false).dropLast()
  return parts.map { part in
    var text = part.drop { $0 == " " }
    while let last = text.last, last == " " || last == "\r" { text.removeLast() }
    return String(text)
  }
}
