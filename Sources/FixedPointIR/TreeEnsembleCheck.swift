import FixedPoint

extension TreeEnsembleOperation {
  /// The widest features that trees compare: thresholds are 64-bit integers.
  package static let widestFeature = 62

  /// What is wrong with the trees over some features, as a sentence about them; nil where nothing is.
  func problem(features: ElementTypes, outputs: Int) -> String? {
    if abs(leafFractionBits) > FixedPointGraphVerifier.maximumFractionBits {
      return "the leaves have \(leafFractionBits) fraction bits"
    }
    if let wide = features.all.first(where: { $0.width > Self.widestFeature }) {
      return "a feature has the type \(wide); trees compare at most \(Self.widestFeature) bits"
    }
    for (index, tree) in trees.enumerated() {
      if let problem = tree.problem(features: features.count, outputs: outputs) { return "tree \(index) \(problem)" }
    }
    return nil
  }
}

extension FixedTree {
  fileprivate func problem(features: Int, outputs outputCount: Int) -> String? {
    if nodes.isEmpty { return "has no nodes" }
    if outputs.isEmpty || !outputs.allSatisfy((0..<outputCount).contains) { return "feeds outputs that do not exist" }
    if Set(outputs).count != outputs.count { return "feeds an output twice" }
    if leaves.count % outputs.count != 0 { return "has leaves without values" }
    for (index, node) in nodes.enumerated() {
      switch node {
      case .leaf(let leaf):
        if !(0..<leafCount).contains(leaf) { return "has no values for the leaf at node \(index)" }
      case .split(let feature, _, let left, let right):
        if !(0..<features).contains(feature) { return "compares feature \(feature) of \(features)" }
        if min(left, right) <= index || max(left, right) >= nodes.count { return "has a wrong child at node \(index)" }
      }
    }
    return nil
  }
}
