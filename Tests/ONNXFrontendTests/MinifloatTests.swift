import FixedPoint
import ModelIR
import TestSupport
import Testing

@testable import ONNXFrontend

/// FloatQuant as steps, against itself number by number.
@Suite struct MinifloatTests {
  @Test(arguments: [(2.0, 3.0, 1.0, Float(1)), (3, 1, 3, 0.25), (4, 3, 7, 0.3), (5, 2, 15, 1), (0, 2, 0, 1)])
  func `steps are the function`(_ exponent: Double, _ mantissa: Double, _ bias: Double, _ scale: Float) throws {
    for rounding in ONNXQuantizer.Rounding.allCases {
      let quantizer = MinifloatQuantizer(
        exponentBits: exponent,
        mantissaBits: mantissa,
        bias: bias,
        greatest: 1e6,
        rounding: rounding
      )
      let steps = try #require(quantizer.staircase(scale: scale))
      #expect(steps.isWellFormed)
      var bits: UInt32 = 1
      for _ in 0..<4000 {
        bits = bits &* 1_664_525 &+ 1_013_904_223
        let number = Float(bitPattern: bits)
        guard number.isFinite, abs(number) < 1e30 else { continue }
        let expected = Double(quantizer.value(of: number, scale: scale))
        #expect(steps.value(at: Double(number)) == expected, "\(rounding) of \(number)")
      }
      for threshold in steps.thresholds.values {
        for number in [Float(threshold).nextDown, Float(threshold)] {
          #expect(steps.value(at: Double(number)) == Double(quantizer.value(of: number, scale: scale)))
        }
      }
    }
  }

  @Test func `a type holds every step`() throws {
    let type = try #require(MinifloatQuantizer.type(holding: [-1792, 0, 0.375, 0x1p-16]))
    #expect(type.fractionBits == 16 && type.width == 28)
    #expect(MinifloatQuantizer.type(holding: [.infinity]) == nil)
    #expect(MinifloatQuantizer.type(holding: [1e30, 1]) == nil)
  }
}
