import Glibc

/// Numbers that are sums of few signed powers of two.
enum SignedDigitRounding {
  /// The digit that comes nearest to a number: `± 2^⌊log₂(4|r|/3)⌋`, or zero where half the last place is too much.
  @inline(__always)
  static func digit(_ rest: Float, finest: Int) -> Float {
    let magnitude = abs(rest)
    let last = Float(sign: .plus, exponent: finest, significand: 1)
    guard magnitude >= last / 2 else { return 0 }
    // The exponent of 4|r|/3, read from its bits.
    let scaled = magnitude * (4.0 / 3.0)
    let exponent = max(Int(scaled.bitPattern >> 23) - 127, finest)
    let digit = Float(bitPattern: UInt32(truncatingIfNeeded: exponent + 127) << 23)
    return rest < 0 ? -digit : digit
  }

  /// The nearest sum of at most so many digits, none below the finest place; and how many it takes.
  @inline(__always)
  static func round(_ value: Float, digits: Int, finest: Int) -> (value: Float, digits: Int) {
    var sum: Float = 0
    var used = 0
    while used < digits {
      let digit = digit(value - sum, finest: finest)
      if digit == 0 { break }
      sum += digit
      used += 1
    }
    return (sum, used)
  }

  /// How many digits a number on the grid has in canonical form.
  static func count(_ value: Float, finest: Int) -> Int {
    let raw = Int64(
      max(min((value * Float(sign: .plus, exponent: -finest, significand: 1)).rounded(), 0x1p40), -0x1p40)
    )
    return (raw ^ (3 &* raw)).nonzeroBitCount
  }
}
