/// A nonzero signed binary digit: `±2^shift`.
struct SignedDigit: Hashable {
  var shift: Int
  var isNegative: Bool
}

/// Recodings of integers into signed binary digits with the fewest nonzero digits.
enum SignedDigits {
  /// The canonical signed-digit form: no two neighbouring digits are nonzero.
  ///
  /// Ascending shifts.
  static func canonical(_ value: Int64) -> [SignedDigit] {
    var digits: [SignedDigit] = []
    // 65 bits of head room: the carry of an Int64 may leave it.
    var rest = Int128(value)
    var shift = 0
    while rest != 0 {
      if rest & 1 != 0 {
        // 1 mod 4 takes +1, 3 mod 4 takes -1 and carries.
        let isNegative = rest & 3 == 3
        digits.append(SignedDigit(shift: shift, isNegative: isNegative))
        rest += isNegative ? 1 : -1
      }
      rest >>= 1
      shift += 1
    }
    return digits
  }

  /// A random form with as few nonzero digits as the canonical one, found by rewriting neighbours: `+0- → 0++`
  /// (`4 - 1 = 2 + 1`) and its mirror image.
  static func minimal(_ value: Int64, flips: inout SplitMix64, probability: Double) -> [SignedDigit] {
    var digits = canonical(value)
    guard digits.count > 1 else { return digits }
    for index in 0..<(digits.count - 1) {
      let low = digits[index]
      let high = digits[index + 1]
      guard high.shift == low.shift + 2, high.isNegative != low.isNegative else { continue }
      guard flips.unit() < probability else { continue }
      // ±(2^(s+2) - 2^s) = ±(2^(s+1) + 2^s)
      digits[index] = SignedDigit(shift: low.shift, isNegative: high.isNegative)
      digits[index + 1] = SignedDigit(shift: low.shift + 1, isNegative: high.isNegative)
    }
    return digits
  }
}

/// A small deterministic random generator (Steele, Lea and Flood, "Fast splittable pseudorandom number generators").
package struct SplitMix64: RandomNumberGenerator, Sendable {
  private var state: UInt64

  package init(seed: UInt64) { state = seed }

  package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    return Self.mix(state)
  }

  /// A number in `[0, 1)`.
  package mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }

  /// A well-mixed function of a word.
  static func mix(_ word: UInt64) -> UInt64 {
    var z = word
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
