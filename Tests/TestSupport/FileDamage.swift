import Fuzzing

/// Damage to files at random places.
package enum FileDamage {
  /// Bytes that change the structure of texts and of binary formats.
  private static let spice: [[UInt8]] =
    [[0], [0xff], [0x80, 0x80], [0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]]
    + [
      "-1", "1e400", "-9223372036854775808", "9223372036854775807", "NaN", "null", "[", "]", "{", "}", "\"", "=", " ",
      "<",
    ]
    .map { Array($0.utf8) }

  /// Flips, swaps, cuts out, doubles or inserts a few bytes, or takes a line away.
  package static func done(to bytes: [UInt8], using generator: inout SeededGenerator) -> [UInt8] {
    var result = bytes
    for _ in 0..<Int.random(in: 1...4, using: &generator) where !result.isEmpty {
      let place = Int.random(in: 0..<result.count, using: &generator)
      let length = min(Int.random(in: 1...12, using: &generator), result.count - place)
      switch Int.random(in: 0..<8, using: &generator) {
      case 0: result[place] ^= UInt8(1) << UInt8.random(in: 0..<8, using: &generator)
      case 1: result[place] = UInt8.random(in: 0...255, using: &generator)
      case 2: result.removeSubrange(place..<place + length)
      case 3: result.insert(contentsOf: result[place..<place + length], at: place)
      case 4: result.replaceSubrange(place..<place + length, with: spice.randomElement(using: &generator) ?? [])
      case 5: result.swapAt(place, Int.random(in: result.indices, using: &generator))
      case 6: result.removeSubrange(line(around: place, of: result))
      default: if Int.random(in: 0..<8, using: &generator) == 0 { result.removeSubrange(place...) }
      }
    }
    return result
  }

  /// Leaves out, doubles or exchanges letters of a text, or takes a short piece away: little enough that much of it still
  /// reads.
  package static func slight(to text: String, using generator: inout SeededGenerator) -> String {
    var bytes = Array(text.utf8)
    for _ in 0..<Int.random(in: 1...3, using: &generator) {
      guard let place = bytes.indices.randomElement(using: &generator) else { break }
      let other = bytes.randomElement(using: &generator) ?? 0
      switch Int.random(in: 0..<4, using: &generator) {
      case 0: bytes.remove(at: place)
      case 1: bytes.insert(other, at: place)
      case 2: bytes[place] = other
      default: bytes.removeSubrange(place..<min(bytes.count, place + 20))
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// From after the line feed before a place to the one behind it; at most a few hundred bytes, where there are no lines.
  private static func line(around place: Int, of bytes: [UInt8]) -> Range<Int> {
    let feed = UInt8(ascii: "\n")
    let start = bytes[max(0, place - 200)..<place].lastIndex(of: feed).map { $0 + 1 } ?? max(0, place - 200)
    let end = bytes[place..<min(place + 200, bytes.count)].firstIndex(of: feed).map { $0 + 1 }
    return start..<(end ?? min(place + 200, bytes.count))
  }
}
