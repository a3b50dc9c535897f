import Devices
import Testing

@Suite struct ClockUncertaintyTests {
  @Test(arguments: [
    ("12.5%", 0.125), ("0%", 0), (" 27 % ", 0.27), ("0.5", 0.1), ("0.5ns", 0.1), ("1 ns", 0.2), ("7", 1),
  ])
  func isAShareOfThePeriod(text: String, share: Double) throws {
    #expect(try #require(ClockUncertainty(parsing: text)).share(of: 5) == share)
  }

  @Test(arguments: ["", "%", "-1%", "100%", "-0.1", "nan", "inf ns", "half", "5 ps"])
  func whatIsNoUncertaintyIsRefused(text: String) {
    #expect(ClockUncertainty(parsing: text) == nil)
  }
}
