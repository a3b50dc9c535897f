import FixedPoint
import TestSupport
import Testing

@Suite struct IntervalTests {
  private static let samples: [Interval] = [
    Interval(0), Interval(1), Interval(-1), Interval(-3, 5), Interval(-7, -2), Interval(2, 9), Interval.bit,
  ]

  @Test(arguments: samples, samples)
  func arithmeticIsExact(a: Interval, b: Interval) {
    func hull(_ combine: (Int128, Int128) -> Int128) -> Interval {
      let values = (a.lower...a.upper).flatMap { x in (b.lower...b.upper).map { combine(x, $0) } }
      return Interval(values.min() ?? 0, values.max() ?? 0)
    }
    #expect(a + b == hull { $0 + $1 })
    #expect(a - b == hull { $0 - $1 })
    #expect(a * b == hull { $0 * $1 })
    #expect(-a == Interval(-a.upper, -a.lower))
    #expect(a.union(b).contains(a) && a.union(b).contains(b))
    if let common = a.intersection(b) {
      #expect(a.contains(common) && b.contains(common))
    } else {
      #expect(a.upper < b.lower || b.upper < a.lower)
    }
  }

  @Test(arguments: samples)
  func shiftsMultiplyOrRoundDown(a: Interval) {
    #expect(a.shifted(by: 3) == a.scaled(by: 8))
    #expect(a.shifted(by: 0) == a)
    #expect(a.shifted(by: -1) == Interval(a.lower >> 1, a.upper >> 1))
    #expect(a.shifted(by: -500) == Interval(a.lower < 0 ? -1 : 0, a.upper < 0 ? -1 : 0))
  }

  @Test(
    arguments: [
      (0, 0, 0), (0, 1, 1), (0, 255, 8), (0, 256, 9), (-1, 0, 1), (-1, 1, 2), (-128, 127, 8), (-129, 0, 9),
      (-1, 255, 9),
      (5, 5, 3), (-8, -8, 4),
    ] as [(Int128, Int128, Int)]
  )
  func widthsAreMinimal(lower: Int128, upper: Int128, width: Int) {
    #expect(Interval(lower, upper).bitWidth == width)
  }

  @Test func boundsStickAtTheLimit() {
    let limit = Interval.limit
    let edge = Interval(-limit + 1, limit - 1)
    #expect(!edge.isTooWide)
    for wide in [
      edge + edge, edge - edge, edge * edge, edge.scaled(by: 2), edge.shifted(by: 1), Interval(1).shifted(by: 125),
      Interval(1).shifted(by: 100_000), Interval(.min, .max), Interval(1 << 90) * Interval(1 << 90),
    ] {
      #expect(wide.isTooWide)
      #expect(wide.lower >= -limit && wide.upper <= limit)
      // Once stuck, further arithmetic neither traps nor comes back.
      #expect((wide + wide).isTooWide)
      #expect((wide * wide).isTooWide)
      #expect((-wide).isTooWide)
      #expect((wide - Interval(3)).isTooWide || wide.lower == wide.upper)
    }
    #expect(Interval(-1).shifted(by: 200) == Interval(-limit))
    #expect(Interval(.max, .max) == Interval(limit))
    #expect(Interval(.min, .min) == Interval(-limit))
  }

  @Test func shiftsBelowTheLimitAreExact() {
    for places in 0..<125 {
      #expect(Interval(-1, 1).shifted(by: places) == Interval(-(Int128(1) << places), Int128(1) << places))
    }
  }
}
