/// The forms in which memories are loaded.
package enum TableText {
  /// One hexadecimal word per line, all of one width, for `$readmemh`.
  package static func mem(_ words: some Sequence<UInt32>, bits: Int) -> [UInt8] {
    let digits = (bits + 3) / 4
    var text: [UInt8] = []
    for word in words {
      let hex = String(word, radix: 16)
      text += [UInt8](repeating: UInt8(ascii: "0"), count: max(0, digits - hex.utf8.count))
      text += hex.utf8
      text.append(UInt8(ascii: "\n"))
    }
    return text
  }

  /// What a `.coe` file of Vivado's begins with; words follow, separated by commas.
  package static let coeHead = "memory_initialization_radix=16;\nmemory_initialization_vector=\n"

  /// Words of a `.coe` file; the last one ends with a semicolon.
  package static func coe(_ words: [UInt32], isLast: Bool) -> [UInt8] {
    var text: [UInt8] = []
    for (index, word) in words.enumerated() {
      text += String(word, radix: 16).utf8
      text += (isLast && index == words.count - 1 ? ";\n" : ",\n").utf8
    }
    return text
  }

  /// As many words as fit in 32 bits side by side, the first one lowest; little-endian.
  package static func packed(_ words: [UInt32], bits: Int) -> [UInt8] {
    let perWord = perNumber(bits)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(words.count * 4 / perWord)
    for start in stride(from: 0, to: words.count, by: perWord) {
      var packed: UInt32 = 0
      for index in start..<min(start + perWord, words.count) {
        packed |= words[index] << UInt32((index - start) * bits)
      }
      for byte in 0..<4 { bytes.append(UInt8(truncatingIfNeeded: packed >> UInt32(8 * byte))) }
    }
    return bytes
  }

  /// The inverse of ``packed(_:bits:)`` for one word.
  package static func word(at place: Int, of packed: [UInt8], bits: Int) -> Int {
    let start = place / perNumber(bits) * 4
    let number = (0..<4).reduce(0) { $0 | Int(packed[start + $1]) << (8 * $1) }
    return number >> (place % perNumber(bits) * bits) & ((1 << bits) - 1)
  }

  private static func perNumber(_ bits: Int) -> Int { bits <= 16 ? 2 : 1 }
}
