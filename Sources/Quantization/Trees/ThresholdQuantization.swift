import FixedPoint
import FixedPointIR
import ModelIR

extension TreeSplit {
  /// The integer `T` for which, of every number `x` on the grid, `x · 2^fractionBits < T` exactly where the split goes left.
  ///
  /// `x < t` is `X < ceil(t · 2^F)`, and `x <= t` is `X < floor(t · 2^F) + 1`: no number on the grid takes another branch
  /// than in the trained model.
  ///
  /// - Parameter limits: thresholds beyond are brought to them; pass everything that features can be, and one more.
  func threshold(fractionBits: Int, limits: Interval) -> Int64 {
    let scaled = ConstantQuantization.scaled(threshold, by: fractionBits)
    let first: Double =
      switch comparison {
      case .less: scaled.rounded(.up)
      case .lessOrEqual: scaled.rounded(.down) + 1
      }
    // Beyond 2^53 the addition of one may round; such thresholds lie outside every feature.
    if first >= Double(limits.upper) { return Int64(limits.upper) }
    if first <= Double(limits.lower) { return Int64(limits.lower) }
    return Int64(first)
  }
}

extension FixedPointType {
  /// The thresholds that tell numbers of the type apart, and one beyond on each side.
  var thresholdLimits: Interval { Interval(minimumRaw, maximumRaw + 1) }
}

extension TreeEnsemble {
  /// All trees with thresholds on the grids of their features, and given leaves.
  func fixedTrees(
    features: (Int) -> FixedPointType,
    threshold: (TreeSplit, FixedPointType) -> Int64,
    leaf: (_ tree: Int, _ position: Int, Double) -> Int64
  ) -> [FixedTree] {
    trees.enumerated().map { index, tree in
      FixedTree(
        nodes: tree.nodes.map { node in
          switch node {
          case .leaf(let leaf): .leaf(leaf)
          case .split(let split):
            .split(
              feature: split.feature,
              threshold: threshold(split, features(split.feature)),
              left: split.left,
              right: split.right
            )
          }
        },
        outputs: tree.outputs,
        leaves: tree.leafValues.enumerated().map { leaf(index, $0 % tree.outputs.count, $1) }
      )
    }
  }
}
