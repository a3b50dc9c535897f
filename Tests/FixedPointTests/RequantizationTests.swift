import FixedPoint
import TestSupport
import Testing

/// Rounds a ratio the slow way: by comparing exact distances.
private func slowRound(_ raw: Int, _ divisor: Int, _ rounding: Rounding) -> Int {
  let floor = raw >= 0 ? raw / divisor : -((-raw + divisor - 1) / divisor)
  let twice = 2 * (raw - floor * divisor)
  let isTie = twice == divisor
  let isNearUp = twice > divisor
  switch rounding {
  case .truncate: return floor
  case .truncateTowardZero: return raw / divisor
  case .roundHalfUp: return isNearUp || isTie ? floor + 1 : floor
  case .roundHalfDown: return isNearUp ? floor + 1 : floor
  case .roundHalfAwayFromZero: return isNearUp || (isTie && raw > 0) ? floor + 1 : floor
  case .roundHalfTowardZero: return isNearUp || (isTie && raw < 0) ? floor + 1 : floor
  case .roundHalfToEven: return isNearUp || (isTie && floor % 2 != 0) ? floor + 1 : floor
  }
}

@Suite struct RequantizationTests {
  @Test(arguments: Rounding.allCases)
  func roundsLikeTheDefinition(rounding: Rounding) {
    for places in 1...5 {
      for raw in -200...200 {
        let expected = slowRound(raw, 1 << places, rounding)
        #expect(FixedPointType.roundedShift(Int128(raw), by: places, rounding) == Int128(expected))
      }
    }
  }

  @Test(arguments: Rounding.allCases)
  func shiftsBeyondTheWordKeepOnlyTheSign(rounding: Rounding) {
    for places in [120, 125, 126, 127, 128, 300, 5000] {
      let up = FixedPointType.roundedShift(5, by: places, rounding)
      let down = FixedPointType.roundedShift(-5, by: places, rounding)
      #expect(up == 0)
      #expect(down == (rounding == .truncate ? -1 : 0))
    }
  }

  @Test func saturationLooksAtTheRoundedValue() {
    let type = FixedPointType(width: 4, integerBits: 4, rounding: .roundHalfUp, overflow: .saturate)
    // 7.5 rounds to 8, which does not fit.
    #expect(type.quantize(7.5) == QuantizedValue(raw: 7, overflowed: true))
    #expect(type.quantize(7.25) == QuantizedValue(raw: 7, overflowed: false))
  }

  @Test(
    arguments: [
      (Overflow.wrap, 0, 0), (.saturate, 7, -8), (.saturateSymmetric, 7, -7), (.saturateToZero, 0, 0),
    ] as [(Overflow, Int128, Int128)]
  )
  func infinitiesObeyTheOverflowRule(overflow: Overflow, positive: Int128, negative: Int128) {
    let type = FixedPointType(width: 4, integerBits: 4, overflow: overflow)
    #expect(type.quantize(.infinity) == QuantizedValue(raw: positive, overflowed: true))
    #expect(type.quantize(-.infinity) == QuantizedValue(raw: negative, overflowed: true))
    // The largest finite doubles end alike, for their low bits are zero.
    #expect(type.quantize(.greatestFiniteMagnitude) == QuantizedValue(raw: positive, overflowed: true))
    #expect(type.quantize(-.greatestFiniteMagnitude) == QuantizedValue(raw: negative, overflowed: true))
  }

  @Test func subnormalsAreExact() {
    let floor = FixedPointType(width: 8, integerBits: 4)
    #expect(floor.quantize(.leastNonzeroMagnitude) == QuantizedValue(raw: 0, overflowed: false))
    #expect(floor.quantize(-.leastNonzeroMagnitude) == QuantizedValue(raw: -1, overflowed: false))
    #expect(floor.with(rounding: .roundHalfUp).quantize(-.leastNonzeroMagnitude).raw == 0)
    // The smallest subnormal stands on the grid of a type with 1074 fraction bits.
    let fine = FixedPointType(width: 8, integerBits: 8 - 1074)
    #expect(fine.quantize(.leastNonzeroMagnitude) == QuantizedValue(raw: 1, overflowed: false))
  }

  @Test func wideTypesAreExact() {
    let wide = FixedPointType(width: 120, integerBits: 60)
    for raw in [wide.minimumRaw, wide.maximumRaw, 0, 1, -1] {
      #expect(wide.quantize(raw: raw, fractionBits: 60) == QuantizedValue(raw: raw, overflowed: false))
    }
    #expect(wide.quantize(raw: wide.maximumRaw, fractionBits: 59).overflowed)
    let bound = Interval.limit
    for overflow in Overflow.allCases {
      let type = wide.with(overflow: overflow)
      for (raw, fraction) in [(bound, 60), (-bound, 60), (bound, -400), (-bound, 400), (1, -500), (bound - 1, 0)] {
        #expect(type.rawRange.contains(type.quantize(raw: raw, fractionBits: fraction).raw))
      }
    }
  }

  @Test func leftShiftsThatLeaveTheTypeOverflow() {
    let type = FixedPointType(width: 8, integerBits: 4, overflow: .saturate)
    #expect(type.quantize(raw: 1, fractionBits: -3).raw == 127)
    #expect(type.quantize(raw: -1, fractionBits: -3) == QuantizedValue(raw: -128, overflowed: false))
    #expect(type.quantize(raw: -1, fractionBits: -200) == QuantizedValue(raw: -128, overflowed: true))
    let wrapping = type.with(overflow: .wrap)
    #expect(wrapping.quantize(raw: 3, fractionBits: -3).raw == -128)
    #expect(wrapping.quantize(raw: 3, fractionBits: -200) == QuantizedValue(raw: 0, overflowed: true))
  }

  @Test(arguments: Overflow.allCases)
  func noBitsHoldOnlyZero(overflow: Overflow) {
    for isSigned in [true, false] {
      let type = FixedPointType(width: 0, integerBits: 0, isSigned: isSigned, overflow: overflow)
      #expect(type.quantize(0.0) == QuantizedValue(raw: 0, overflowed: false))
      #expect(type.quantize(3.0) == QuantizedValue(raw: 0, overflowed: true))
      #expect(type.quantize(-3.0) == QuantizedValue(raw: 0, overflowed: true))
      #expect(type.rawRange == Interval(0))
    }
  }

  @Test func oneSignedBitHoldsMinusOneAndZero() {
    let type = FixedPointType(width: 1, integerBits: 1, overflow: .saturate)
    #expect(type.rawRange == Interval(-1, 0))
    #expect(type.with(overflow: .saturateSymmetric).rawRange == Interval(0))
    #expect(type.with(overflow: .saturateSymmetric).quantize(-1.0).raw == 0)
  }

  @Test(arguments: Overflow.allCases, Rounding.allCases)
  func rangesHoldWhatValuesGive(overflow: Overflow, rounding: Rounding) {
    for isSigned in [true, false] {
      let type = FixedPointType(width: 4, integerBits: 3, isSigned: isSigned, rounding: rounding, overflow: overflow)
      for lower in stride(from: Int128(-90), through: 90, by: 7) {
        for upper in stride(from: lower, through: 90, by: 11) {
          let raws = (lower...upper).map { type.quantize(raw: $0, fractionBits: 3) }
          let range = type.quantizedRange(of: Interval(lower, upper), fractionBits: 3)
          #expect(raws.allSatisfy { range.contains($0.raw) })
          #expect(type.holds(Interval(lower, upper), fractionBits: 3) == !raws.contains { $0.overflowed })
        }
      }
    }
  }

  @Test func containingTypesAreTheSmallest() {
    for (lower, upper) in [(-8, 7), (0, 7), (-9, 0), (0, 0), (-1, 0), (3, 3), (-1, 8)] as [(Int128, Int128)] {
      let type = FixedPointType.containing(Interval(lower, upper), fractionBits: 2)
      #expect(type.holds(Interval(lower, upper), fractionBits: 2))
      #expect(type.fractionBits == 2)
      guard type.width > 0 else { continue }
      var narrower = type
      narrower.width -= 1
      narrower.integerBits -= 1
      #expect(!narrower.holds(Interval(lower, upper), fractionBits: 2))
    }
  }
}
