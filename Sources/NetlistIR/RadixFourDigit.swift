import FixedPoint

/// Digits of a number to the base four, from −2 to 2: `b₍ₚ₋₁₎ + bₚ − 2·b₍ₚ₊₁₎` at place `p` (Booth).
///
/// Those at even places, from 0 until the number's sign is reached, times 2^p add up to the number. A multiple of a value by such a
/// digit takes no adder of its own, so that each row of a multiplier covers two bits.
package enum RadixFourDigit {
  package static func value(of number: Int128, at place: Int) -> Int128 {
    func bit(_ index: Int) -> Int128 { index < 0 ? 0 : (number >> min(index, 127)) & 1 }
    return bit(place - 1) + bit(place) - 2 * bit(place + 1)
  }

  /// The digits that numbers of an interval can have at a place.
  package static func range(of numbers: Interval, at place: Int) -> Interval {
    let none = place == 0 ? 0 : 1 as Int128
    guard numbers.lower >= 0 else { return Interval(-2, 1 + none) }
    let width = numbers.bitWidth
    if width >= place + 2 { return Interval(-2, 1 + none) }
    return Interval(0, width >= place + 1 ? 1 + none : width >= place ? none : 0)
  }

  /// How many digits a number of an interval has.
  package static func count(_ numbers: Interval) -> Int {
    numbers.lower < 0 ? (numbers.bitWidth + 1) / 2 : numbers.bitWidth / 2 + 1
  }
}

extension NetlistBuilder {
  /// `sum + (factor · digit << shift)`, of a digit of another value; see ``RadixFourDigit``.
  package mutating func accumulated(
    _ sum: ValueID,
    _ factor: ValueID,
    digits: ValueID,
    place: Int,
    shift: Int
  ) -> ValueID {
    let digit = RadixFourDigit.range(of: range(digits), at: place)
    if digit == Interval(0) || constantValue(factor) == 0 { return sum }
    return add(
      .accumulate(
        sum: sum,
        factor: factor,
        digits: digits,
        place: UInt8(clamping: place),
        shift: UInt8(clamping: shift)
      )
    )
  }
}
