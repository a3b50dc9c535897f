/// A value in the dictionary of a `.npy` header.
enum PythonLiteral: Equatable {
  case string(String)
  case bool(Bool)
  case tuple([Int])
  /// A list, as the description of a structured array; its contents are skipped.
  case list
}

/// Reads the one form of Python text that a `.npy` header holds: a dictionary of strings, booleans and integer tuples.
struct PythonLiteralParser {
  private let bytes: ArraySlice<UInt8>
  private var position: Int

  init(_ bytes: ArraySlice<UInt8>) {
    self.bytes = bytes
    position = bytes.startIndex
  }

  /// The dictionary, or nil if the text is anything else, has a key twice or goes on after it.
  mutating func parseDictionary() -> [String: PythonLiteral]? {
    var fields: [String: PythonLiteral] = [:]
    guard take("{") else { return nil }
    while !take("}") {
      guard let key = parseString(), take(":"), let value = parseValue(), fields.updateValue(value, forKey: key) == nil
      else { return nil }
      if !take(",") {
        guard take("}") else { return nil }
        break
      }
    }
    skipSpace()
    return position == bytes.endIndex ? fields : nil
  }

  private mutating func parseValue() -> PythonLiteral? {
    skipSpace()
    guard position < bytes.endIndex else { return nil }
    switch bytes[position] {
    case UInt8(ascii: "'"), UInt8(ascii: "\""): return parseString().map(PythonLiteral.string)
    case UInt8(ascii: "("): return parseTuple().map(PythonLiteral.tuple)
    case UInt8(ascii: "["): return skipList() ? .list : nil
    default:
      if takeWord("True") { return .bool(true) }
      return takeWord("False") ? .bool(false) : nil
    }
  }

  private mutating func parseString() -> String? {
    skipSpace()
    guard position < bytes.endIndex else { return nil }
    let quote = bytes[position]
    guard quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\"") else { return nil }
    guard let end = bytes[(position + 1)...].firstIndex(of: quote) else { return nil }
    let text = bytes[(position + 1)..<end]
    position = end + 1
    return text.contains(UInt8(ascii: "\\")) ? nil : String(decoding: text, as: UTF8.self)
  }

  private mutating func parseTuple() -> [Int]? {
    guard take("(") else { return nil }
    var values: [Int] = []
    while !take(")") {
      guard let value = parseInteger() else { return nil }
      values.append(value)
      if !take(",") { return take(")") ? values : nil }
    }
    return values
  }

  /// A non-negative integer, with the `L` that Python 2 wrote behind long ones.
  private mutating func parseInteger() -> Int? {
    skipSpace()
    let start = position
    while position < bytes.endIndex, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[position]) { position += 1 }
    let value = Int(String(decoding: bytes[start..<position], as: UTF8.self))
    if position < bytes.endIndex, bytes[position] == UInt8(ascii: "L") { position += 1 }
    return value
  }

  private mutating func skipList() -> Bool {
    var depth = 0
    while position < bytes.endIndex {
      if bytes[position] == UInt8(ascii: "[") { depth += 1 }
      if bytes[position] == UInt8(ascii: "]") { depth -= 1 }
      position += 1
      if depth == 0 { return true }
    }
    return false
  }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    skipSpace()
    guard position < bytes.endIndex, bytes[position] == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  private mutating func takeWord(_ word: String) -> Bool {
    guard bytes[position...].starts(with: word.utf8) else { return false }
    position += word.utf8.count
    return true
  }

  private mutating func skipSpace() {
    while position < bytes.endIndex, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[position]) { position += 1 }
  }
}
