import FixedPoint

/// Decision trees over the elements of one input, whose leaves are added.
///
/// Output `k` is the bias plus one leaf of every tree that feeds `k`, summed as ``accumulation`` says.
package struct TreeEnsembleOperation: Sendable, Hashable {
  package var trees: [FixedTree]
  /// The grid of all leaves.
  package var leafFractionBits: Int
  /// One per output, or one for all.
  package var bias: ConstantVector
  package var accumulation: TreeAccumulation

  package init(trees: [FixedTree], leafFractionBits: Int, bias: ConstantVector, accumulation: TreeAccumulation = .exact)
  {
    self.trees = trees
    self.leafFractionBits = leafFractionBits
    self.bias = bias
    self.accumulation = accumulation
  }

  /// The tree and the position among its outputs, for every tree that feeds an output, in the order of the trees.
  package func terms(ofOutput output: Int) -> [(tree: Int, position: Int)] {
    trees.enumerated().compactMap { index, tree in
      tree.outputs.firstIndex(of: output).map { (index, $0) }
    }
  }
}

/// How leaves come to a score.
package enum TreeAccumulation: Sendable, Hashable {
  /// The exact sum of bias and leaves; quantised once, to the output type.
  case exact
  /// conifer's: `acc = q(bias)`, then `acc = q(acc + leaf)` for each tree in order, `q` into the score's type.
  case stepwise(FixedPointType)

  /// The accumulator's type; nil for exact sums.
  package var type: FixedPointType? {
    switch self {
    case .exact: nil
    case .stepwise(let type): type
    }
  }
}

/// One tree on integers.
package struct FixedTree: Sendable, Hashable {
  package enum Node: Sendable, Hashable {
    /// Goes to `left` where the feature's raw value is less than the threshold, on the grid of the feature's type.
    case split(feature: Int, threshold: Int64, left: Int, right: Int)
    /// The leaf's index among the tree's leaves.
    case leaf(Int)
  }

  /// Node 0 is the root; children stand after their parents.
  package var nodes: [Node]
  /// The outputs that the tree feeds.
  package var outputs: [Int]
  /// Leaf-major: what leaf `l` adds to output `outputs[k]` stands at `l · outputs.count + k`.
  package var leaves: [Int64]

  package init(nodes: [Node], outputs: [Int], leaves: [Int64]) {
    self.nodes = nodes
    self.outputs = outputs
    self.leaves = leaves
  }

  package var leafCount: Int { outputs.isEmpty ? 0 : leaves.count / outputs.count }

  /// The leaf that features reach, given by their raw values.
  package func leaf(_ feature: (Int) -> Int128) -> Int {
    var index = 0
    while true {
      switch nodes[index] {
      case .split(let element, let threshold, let left, let right):
        index = feature(element) < Int128(threshold) ? left : right
      case .leaf(let leaf): return leaf
      }
    }
  }

  /// The leaves that can be reached when the features stay in their ranges.
  ///
  /// Every split narrows the range of its feature on both sides, so that contradictions below it are seen.
  package func reachableLeaves(_ ranges: [Interval]) -> [Int] {
    var reached: [Int] = []
    var open: [(node: Int, known: [Int: Interval])] = [(0, [:])]
    while let (index, known) = open.popLast() {
      switch nodes[index] {
      case .leaf(let leaf): reached.append(leaf)
      case .split(let feature, let threshold, let left, let right):
        let range = known[feature] ?? ranges[feature]
        let limit = Int128(threshold)
        if range.upper >= limit {
          var narrowed = known
          narrowed[feature] = Interval(max(range.lower, limit), range.upper)
          open.append((right, narrowed))
        }
        if range.lower < limit {
          var narrowed = known
          narrowed[feature] = Interval(range.lower, min(range.upper, limit - 1))
          open.append((left, narrowed))
        }
      }
    }
    return reached
  }

  /// The interval of what the tree adds to its output number `position`.
  package func leafRange(position: Int, reachable: [Int]) -> Interval {
    let values = reachable.map { leaves[$0 * outputs.count + position] }
    return Interval(Int128(values.min() ?? 0), Int128(values.max() ?? 0))
  }
}
