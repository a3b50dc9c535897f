import Quantization

/// Looks for the smallest precision at a stated loss.
///
/// First one number of bits for all features, which may take half of the loss; then the leaves; then feature by feature,
/// the one with most thresholds first, because its comparators cost most.
struct TreePrecisionSearch {
  private static let mostInputBits = 24
  private static let mostWeightBits = 16
  private static let leastWeightBits = 2

  let precision: TreePrecision
  let loss: AllowedLoss
  /// By feature: how many different thresholds it has.
  let thresholds: [Int]

  /// Nil where no precision keeps the loss.
  func run() throws -> TreeReport.Precision? {
    let wide = Self.mostWeightBits
    guard
      let inputBits = try least(
        1...Self.mostInputBits,
        { bits in
          keeps(try precision.measure(inputBits: [bits], weightBits: wide), share: 0.5)
        }
      ),
      let weightBits = try least(
        Self.leastWeightBits...wide,
        { bits in
          keeps(try precision.measure(inputBits: [inputBits], weightBits: bits))
        }
      )
    else { return nil }
    var best = try precision.measure(inputBits: [inputBits], weightBits: weightBits)
    // What the types have indeed: exact integers may be wider, features with few thresholds narrower.
    var bits = best.widths
    guard bits.count > 1 else { return best }
    for feature in thresholds.indices.sorted(by: { (thresholds[$1], $0) < (thresholds[$0], $1) }) {
      guard thresholds[feature] > 0, bits[feature] > 1 else { continue }
      let found = try least(1...bits[feature]) { candidate in
        var trial = bits
        trial[feature] = candidate
        return keeps(try precision.measure(inputBits: trial, weightBits: weightBits))
      }
      bits[feature] = found ?? bits[feature]
    }
    let each = try precision.measure(inputBits: bits, weightBits: weightBits)
    if keeps(each) && each.widths.reduce(0, +) < best.widths.reduce(0, +) { best = each }
    return best
  }

  private func keeps(_ measured: TreeReport.Precision, share: Double = 1) -> Bool {
    if let decisions = loss.decisions, 1 - measured.agreement > decisions * share { return false }
    if let score = loss.score, measured.rmsError > score * share { return false }
    return true
  }

  /// The least number that is good; more bits are taken to be better, so few are tried.
  private func least(_ range: ClosedRange<Int>, _ isGood: (Int) throws -> Bool) rethrows -> Int? {
    guard try isGood(range.upperBound) else { return nil }
    var (low, high) = (range.lowerBound, range.upperBound)
    while low < high {
      let middle = (low + high) / 2
      if try isGood(middle) { high = middle } else { low = middle + 1 }
    }
    return high
  }
}
