import FixedPointIR
import ModelIR

/// Leaves as unsigned integers of few bits on one grid: every tree's least leaf is taken off it and joins the bias.
///
/// One rounding per leaf to the nearest, so that sums are not shifted as truncated leaves shift them.
struct LeafQuantization {
  /// By tree, then by position among its outputs: the number that was taken off.
  private(set) var offsets: [[Double]] = []
  private(set) var fractionBits = 0
  private(set) var bias: ConstantVector
  private let ensemble: TreeEnsemble

  /// - Parameter bits: of the widest leaf, at least 1.
  init(_ ensemble: TreeEnsemble, bits: Int) {
    self.ensemble = ensemble
    var widest = 0.0
    for tree in ensemble.trees {
      let ranges = tree.outputs.indices.map { tree.leafRange(position: $0, scale: ensemble.scale) }
      offsets.append(ranges.map(\.lowerBound))
      widest = ranges.reduce(widest) { max($0, $1.upperBound - $1.lowerBound) }
    }
    // A word for `bits` unsigned bits is what a signed one of one more bit holds.
    fractionBits = ConstantQuantization.fractionBits(forMagnitude: widest, bits: bits + 1)
    var sums = ensemble.base.map { $0 * ensemble.scale }
    for (tree, offsets) in zip(ensemble.trees, offsets) {
      for (output, offset) in zip(tree.outputs, offsets) { sums[output] += offset }
    }
    let places = fractionBits
    bias = ConstantVector(
      raw: sums.map { ConstantQuantization.raw($0, fractionBits: places) },
      fractionBits: places
    )
  }

  func raw(_ value: Double, tree: Int, position: Int) -> Int64 {
    ConstantQuantization.raw(value * ensemble.scale - offsets[tree][position], fractionBits: fractionBits)
  }
}

extension DecisionTree {
  /// What the tree adds to its output number `position`, at least and at most.
  fileprivate func leafRange(position: Int, scale: Double) -> ClosedRange<Double> {
    let values = stride(from: position, to: leafValues.count, by: outputs.count).map { leafValues[$0] * scale }
    return (values.min() ?? 0)...(values.max() ?? 0)
  }
}
