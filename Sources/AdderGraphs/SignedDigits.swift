/// A nonzero signed binary digit: `±2^shift`.
package struct SignedDigit: Hashable, Sendable {
  package var shift: Int
  package var isNegative: Bool
}

/// The canonical signed-digit form of integers: no two neighbouring digits are nonzero, and no form has fewer of them.
package enum SignedDigits {
  /// The digits of a number of at most 126 bits, by ascending shifts.
  package static func canonical(_ value: Int128) -> [SignedDigit] {
    var digits: [SignedDigit] = []
    var rest = value
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

  /// How many digits a number of at most 62 bits has: those of `v` and `3v` that differ.
  @inline(__always)
  package static func count(_ value: Int64) -> Int { (value ^ (3 &* value)).nonzeroBitCount }

  /// Numbers of a smaller magnitude have their count in ``counts``.
  static let countedMagnitude: Int64 = 2048

  /// How many digits the numbers from -``countedMagnitude`` on have.
  static let counts: [UInt8] = (-countedMagnitude..<countedMagnitude).map { UInt8(count($0)) }
}
