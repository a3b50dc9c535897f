import FixedPoint
import FixedPointIR
import ModelIR

/// What the thresholds on one feature need of its type.
package struct ThresholdNeeds: Sendable {
  package var feature: Int
  /// Nodes that compare the feature.
  package var splitCount: Int
  /// Different thresholds, ascending.
  package var thresholds: [Double]
  /// The coarsest grid on which every threshold stands; nil where that takes more than 32 fraction bits.
  package var exact: FixedPointType?
  /// The coarsest grid that keeps different thresholds apart.
  package var distinct: FixedPointType?
  /// The coarsest grid on which no event takes another branch than in the trained model; nil without events.
  package var calibrated: FixedPointType?

  private static let finest = 32

  /// - Parameters:
  ///   - ensembles: all that read the feature.
  ///   - values: of the feature in typical events, none of them NaN.
  package init(_ ensembles: [TreeEnsemble], feature: Int, values: [Double]? = nil) {
    self.feature = feature
    var splits: [TreeSplit] = []
    for tree in ensembles.flatMap(\.trees) {
      for case .split(let split) in tree.nodes where split.feature == feature && split.threshold.isFinite {
        splits.append(split)
      }
    }
    splitCount = splits.count
    // `x <= t` is `x < t'` for the next number t'.
    func limit(_ split: TreeSplit) -> Double {
      split.comparison == .less ? split.threshold : split.threshold.nextUp
    }
    splits.sort { limit($0) < limit($1) }
    let different = splits.indices.filter { $0 == 0 || limit(splits[$0]) > limit(splits[$0 - 1]) }.map { splits[$0] }
    thresholds = different.map(\.threshold)
    guard let least = different.first, let greatest = different.last else { return }
    let coarsest = -(Int(max(abs(least.threshold), abs(greatest.threshold), 1).exponent) + 1)
    let isSingle = ensembles.contains { $0.featurePrecision == .float32 }
    let events = values.map { values in
      values.map { value in
        let held = isSingle ? Double(Float(value)) : value
        return (value: value, place: different.partition { held < limit($0) })
      }
    }
    for fractionBits in coarsest...Self.finest {
      guard let type = FeatureTypes.narrowestType(different, fractionBits: fractionBits) else { return }
      let raw = different.map { Int128($0.threshold(fractionBits: fractionBits, limits: type.thresholdLimits)) }
      if distinct == nil, zip(raw, raw.dropFirst()).allSatisfy({ $0 < $1 }) { distinct = type }
      if exact == nil, different.allSatisfy({ $0.stands(on: fractionBits) }) { exact = type }
      guard calibrated == nil, let events else { continue }
      let isKept = events.allSatisfy { value, place in
        let x = type.quantize(value).raw
        return (place == 0 || raw[place - 1] <= x) && (place == raw.count || x < raw[place])
      }
      if isKept { calibrated = type }
    }
  }
}

extension TreeSplit {
  fileprivate func stands(on fractionBits: Int) -> Bool {
    let scaled = ConstantQuantization.scaled(threshold, by: fractionBits)
    return scaled.rounded() == scaled
  }
}

extension Array {
  /// The number of elements before the first one that satisfies a condition; those behind it satisfy it, too.
  fileprivate func partition(_ condition: (Element) -> Bool) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if condition(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}

extension ModelGraph {
  /// The ensembles that read the only input, if nothing else reads it.
  package var ensemblesOfInput: [TreeEnsemble]? { inputs.count == 1 ? onlyTrees(reading: inputs[0]) : nil }
}
