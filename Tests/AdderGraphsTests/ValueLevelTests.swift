import FixedPoint
import Testing

@testable import AdderGraphs

/// How deep values are that are found again.
struct ValueLevelTests {
  /// `a + b + c + d` one after the other, then by pairs.
  private static func levels(keepsLevels: Bool) -> (chain: Int32, pairs: Int32, isSame: Bool) {
    let problem = ConstantMatrixProblem(
      inputCount: 4,
      outputCount: 1,
      coefficients: [1, 1, 1, 1],
      inputRanges: [Interval](repeating: Interval(-8, 7), count: 4)
    )
    var pool = ValuePool(problem, keepsLevels: keepsLevels)
    func sum(_ a: Int32, _ b: Int32) -> Int32 { pool.combine(low: a, high: b, shift: 0, isSubtraction: false).value }
    let first = sum(0, 1)
    let chain = sum(sum(first, 2), 3)
    let pairs = sum(first, sum(2, 3))
    return (pool.levels[Int(chain)], pool.levels[Int(pairs)], chain == pairs)
  }

  @Test func `a value that was made deeper is not found where a depth limit holds`() {
    let found = Self.levels(keepsLevels: true)
    #expect(found == (3, 2, false))
  }

  @Test func `without a limit it is found however it was made`() {
    let found = Self.levels(keepsLevels: false)
    #expect(found == (3, 3, true))
  }
}
