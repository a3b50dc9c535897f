import ModelIR

/// All trees of an ensemble in flat arrays, for millions of evaluations.
///
/// Scores are summed in single precision where the training tool sums so: words then come out as the tool's own.
struct FlatForest: Sendable {
  struct Node {
    var threshold: Double
    var feature: Int32
    /// The left child, which the right one follows; negative for a leaf, `~index` into the leaf values.
    var child: Int32
  }

  private(set) var nodes: [Node] = []
  private(set) var roots: [Int32] = []
  private(set) var leaves: [Double] = []
  let base: Double
  let scale: Double
  let isSingle: Bool

  /// - Precondition: one output.
  init(_ ensemble: TreeEnsemble, isSingle: Bool) {
    base = ensemble.base[0]
    scale = ensemble.scale
    self.isSingle = isSingle
    for tree in ensemble.trees {
      roots.append(Int32(nodes.count))
      nodes.append(Node(threshold: 0, feature: 0, child: 0))
      var open = [(0, nodes.count - 1)]
      while let (source, place) = open.popLast() {
        switch tree.nodes[source] {
        case .leaf(let leaf):
          nodes[place].child = ~Int32(leaves.count)
          leaves.append(tree.leafValues[leaf])
        case .split(let split):
          // `x <= t` is `x < t'` for the next number t'.
          let threshold = split.comparison == .less ? split.threshold : split.threshold.nextUp
          nodes[place] = Node(threshold: threshold, feature: Int32(split.feature), child: Int32(nodes.count))
          nodes += [Node(threshold: 0, feature: 0, child: 0), Node(threshold: 0, feature: 0, child: 0)]
          open.append((split.left, nodes.count - 2))
          open.append((split.right, nodes.count - 1))
        }
      }
    }
  }

  /// The score of finite features.
  func score(_ features: [Double]) -> Double {
    var single = Float(base)
    var double = base
    for root in roots {
      var node = nodes[Int(root)]
      while node.child >= 0 {
        let right = features[Int(node.feature)] < node.threshold ? 0 : 1
        node = nodes[Int(node.child) + right]
      }
      let value = leaves[Int(~node.child)]
      if isSingle { single += Float(value) } else { double += value }
    }
    return (isSingle ? Double(single) : double) * scale
  }
}
