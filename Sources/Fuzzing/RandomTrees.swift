import FixedPoint
import FixedPointIR

extension RandomFixedPointGraph {
  /// Trees of up to ten levels over features of some types: shared thresholds, leaves alone, huge and tiny leaves.
  package mutating func trees(over features: ElementTypes, outputs: Int) -> TreeEnsembleOperation {
    let pool = features.all.map { thresholds(of: $0) }
    let largest = Int64(1) << ([0, 3, 6, 6, 30].randomElement(using: &generator) ?? 6)
    let trees = (0..<int(1...6)).map { _ in tree(pool, outputs: outputs, largest: largest) }
    return TreeEnsembleOperation(
      trees: trees,
      leafFractionBits: int(-2...8),
      bias: ConstantVector(raw: (0..<outputs).map { _ in Int64(int(-100...100)) }, fractionBits: int(0...8)),
      accumulation: allowsStepwise && int(0...2) == 0 ? .stepwise(type(widths: 1...12)) : .exact
    )
  }

  /// A few numbers that the feature can hold, and a few beyond.
  private mutating func thresholds(of type: FixedPointType) -> [Int64] {
    let range = type.rawRange
    let (lower, upper) = (Int64(range.lower), Int64(range.upper))
    return (0..<int(1...8)).map { _ in Int64.random(in: lower - 1...upper + 2, using: &generator) }
  }

  private mutating func tree(_ thresholds: [[Int64]], outputs: Int, largest: Int64) -> FixedTree {
    let depth = int([0...2, 1...4, 5...10].randomElement(using: &generator) ?? 1...4)
    // Deep trees are thin, else they would be large.
    let chance = depth > 4 ? 5 : 9
    var nodes: [FixedTree.Node] = [.leaf(0)]
    var depths = [0]
    var next = 0
    var leaves = 0
    while next < nodes.count {
      if depths[next] < depth, next == 0 || int(0...9) <= chance {
        let feature = int(0...thresholds.count - 1)
        let threshold = thresholds[feature].randomElement(using: &generator) ?? 0
        nodes[next] = .split(feature: feature, threshold: threshold, left: nodes.count, right: nodes.count + 1)
        nodes += [.leaf(0), .leaf(0)]
        depths += [depths[next] + 1, depths[next] + 1]
      } else {
        nodes[next] = .leaf(leaves)
        leaves += 1
      }
      next += 1
    }
    let fed = (0..<outputs).filter { _ in int(0...2) > 0 }
    let targets = fed.isEmpty ? [int(0...outputs - 1)] : fed
    let values = (0..<leaves * targets.count).map { _ in Int64.random(in: -largest...largest, using: &generator) }
    return FixedTree(nodes: nodes, outputs: targets, leaves: values)
  }
}
