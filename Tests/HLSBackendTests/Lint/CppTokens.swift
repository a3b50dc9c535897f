/// A word, number, sign or pragma of C++, and its line.
struct CppToken: Hashable {
  enum Kind {
    case word, number, sign, pragma
  }

  var kind: Kind
  var text: String
  var line: Int
}

/// Splits C++ into tokens as an HLS tool sees it: without comments, and with `__SYNTHESIS__` defined.
struct CppTokenizer {
  private let bytes: [UInt8]
  private var position = 0
  private var line = 1
  private var tokens: [CppToken] = []
  /// For each open `#if`: whether its lines count.
  private var conditions: [Bool] = []

  static func tokens(of text: String) -> [CppToken] {
    var tokenizer = CppTokenizer(bytes: Array(text.utf8))
    tokenizer.run()
    return tokenizer.tokens
  }

  private init(bytes: [UInt8]) { self.bytes = bytes }

  private var isActive: Bool { conditions.allSatisfy { $0 } }
  private func byte(_ offset: Int = 0) -> UInt8 {
    position + offset < bytes.count ? bytes[position + offset] : 0
  }

  private mutating func run() {
    var isLineStart = true
    while position < bytes.count {
      let current = byte()
      if current == UInt8(ascii: "\n") {
        line += 1
        isLineStart = true
        position += 1
      } else if current == UInt8(ascii: " ") || current == UInt8(ascii: "\t") {
        position += 1
      } else if current == UInt8(ascii: "/") && byte(1) == UInt8(ascii: "/") {
        skipLine()
      } else if current == UInt8(ascii: "#") && isLineStart {
        directive(restOfLine())
      } else {
        isLineStart = false
        token(current)
      }
    }
  }

  private mutating func skipLine() { while position < bytes.count, byte() != UInt8(ascii: "\n") { position += 1 } }

  private mutating func restOfLine() -> String {
    let start = position
    skipLine()
    return String(decoding: bytes[start..<position], as: UTF8.self)
  }

  private mutating func directive(_ text: String) {
    let words = text.split(separator: " ")
    switch words.first {
    case "#if": conditions.append(text.contains("__SYNTHESIS__"))
    case "#ifdef": conditions.append(words.dropFirst().first == "__SYNTHESIS__")
    case "#ifndef": conditions.append(words.dropFirst().first != "__SYNTHESIS__")
    case "#else": if let last = conditions.popLast() { conditions.append(!last) }
    case "#endif": _ = conditions.popLast()
    case "#pragma": if isActive { tokens.append(CppToken(kind: .pragma, text: text, line: line)) }
    default: break
    }
  }

  private mutating func token(_ first: UInt8) {
    let start = position
    var kind = CppToken.Kind.sign
    if Self.isLetter(first) {
      kind = .word
      while Self.isLetter(byte()) || Self.isDigit(byte()) { position += 1 }
    } else if Self.isDigit(first) {
      kind = .number
      while Self.isLetter(byte()) || Self.isDigit(byte()) || byte() == UInt8(ascii: ".") { position += 1 }
    } else if first == UInt8(ascii: "\"") {
      position += 1
      while position < bytes.count, byte() != UInt8(ascii: "\""), byte() != UInt8(ascii: "\n") { position += 1 }
      position += 1
    } else {
      position += first == UInt8(ascii: ":") && byte(1) == first ? 2 : 1
    }
    guard isActive else { return }
    let end = min(position, bytes.count)
    tokens.append(CppToken(kind: kind, text: String(decoding: bytes[start..<end], as: UTF8.self), line: line))
  }

  private static func isLetter(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
      || byte == UInt8(ascii: "_")
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
}
