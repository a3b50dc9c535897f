import FixedPoint
import Fuzzing
import ModelIR
import Quantization
import Testing

/// The bits that thresholds need.
@Suite struct ThresholdNeedsTests {
  private static func ensemble(_ splits: [TreeSplit]) -> TreeEnsemble {
    let trees = splits.map { DecisionTree(nodes: [.split($0), .leaf(0), .leaf(1)], outputs: [0], leafValues: [0, 1]) }
    return TreeEnsemble(featureCount: 1, trees: trees, base: [0], featurePrecision: .float64)
  }

  private static func split(_ threshold: Double, _ comparison: TreeSplit.Comparison) -> TreeSplit {
    TreeSplit(feature: 0, threshold: threshold, comparison: comparison, left: 1, right: 2)
  }

  @Test func `bits of thresholds that one can count by hand`() throws {
    let splits = [1.0, 2.5, 2.5, -3.75].map { Self.split($0, .less) }
    let needs = ThresholdNeeds([Self.ensemble(splits)], feature: 0)
    #expect(needs.splitCount == 4 && needs.thresholds == [-3.75, 1, 2.5])
    // Quarters from -4, which is left of the least threshold, to 2.5.
    #expect(needs.exact?.fractionBits == 2 && needs.exact?.width == 5 && needs.exact?.isSigned == true)
    // On halves of integers: ceil(-1.875), ceil(0.5), ceil(1.25).
    #expect(needs.distinct?.fractionBits == -1)
    #expect(needs.calibrated == nil)
    #expect(ThresholdNeeds([Self.ensemble(splits)], feature: 0, values: [-10, 0, 2, 3]).calibrated != nil)
    #expect(ThresholdNeeds([Self.ensemble([])], feature: 0, values: [1]).exact == nil)
  }

  /// All decisions stay on the grid that is named, and some change on the next coarser one.
  @Test(arguments: UInt64(1)...16)
  func `no event takes another branch`(_ seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let splits = (0..<20).map { _ in
      Self.split(Double.random(in: -5...9, using: &random), Bool.random(using: &random) ? .less : .lessOrEqual)
    }
    let events = (0..<100).map { _ in Double.random(in: -8...12, using: &random) }
    let type = try #require(ThresholdNeeds([Self.ensemble(splits)], feature: 0, values: events).calibrated)
    func changed(_ fractionBits: Int) -> Int {
      let scale = Double(sign: .plus, exponent: fractionBits, significand: 1)
      return events.reduce(0) { sum, x in
        let raw = (x * scale + 0.5).rounded(.down)
        return sum
          + splits.count { split in
            let scaled = split.threshold * scale
            let limit = split.comparison == .less ? scaled.rounded(.up) : scaled.rounded(.down) + 1
            return (raw < limit) != split.goesLeft(x)
          }
      }
    }
    #expect(changed(type.fractionBits) == 0)
    #expect(changed(type.fractionBits - 1) > 0)
  }
}
