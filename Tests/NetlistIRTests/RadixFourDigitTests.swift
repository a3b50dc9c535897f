import FixedPoint
import NetlistIR
import Testing

@Suite struct RadixFourDigitTests {
  @Test(arguments: -70...70 as ClosedRange<Int128>)
  func `the digits of a number add up to it`(number: Int128) {
    let count = RadixFourDigit.count(Interval(number))
    let sum = (0..<count).reduce(0 as Int128) { $0 + RadixFourDigit.value(of: number, at: 2 * $1) << (2 * $1) }
    #expect(sum == number)
  }

  @Test func `the interval of a digit is that of all numbers`() {
    for lower in -20...20 as ClosedRange<Int128> {
      for upper in lower...20 {
        let word = Interval(lower, upper)
        let all =
          lower < 0
          ? -Int128(1) << (word.bitWidth - 1)..<Int128(1) << (word.bitWidth - 1) : 0..<Int128(1) << word.bitWidth
        for place in stride(from: 0, to: 8, by: 2) {
          let digits = all.map { RadixFourDigit.value(of: $0, at: place) }
          let range = RadixFourDigit.range(of: word, at: place)
          #expect(digits.allSatisfy { range.contains(Interval($0)) })
          if lower >= 0 { #expect(digits.max() == range.upper && digits.min() == range.lower) }
        }
      }
    }
  }
}
