import Diagnostics

extension TreeEnsemble {
  /// More nodes than any firmware could hold; a larger ensemble is a mistake in the file.
  package static let nodeLimit = 1 << 22

  /// Refuses trees that are no trees, features and outputs that do not exist, and numbers that are none.
  ///
  /// - Parameter layer: the ensemble's name, for messages.
  package func verify(layer: String, origin: Origin) throws {
    guard featureCount > 0, outputCount > 0 else {
      throw Diagnostic.error(
        "bad-tree",
        "'\(layer)' has \(featureCount) features and \(outputCount) outputs",
        at: origin
      )
    }
    guard trees.reduce(0, { $0 + $1.nodes.count }) <= Self.nodeLimit else {
      throw Diagnostic.error("absurd-size", "'\(layer)' has more than \(Self.nodeLimit) nodes", at: origin)
    }
    guard base.allSatisfy(\.isFinite), scale.isFinite else {
      throw Diagnostic.error(
        "non-finite-parameter",
        "the base score or the scale of '\(layer)' is no finite number",
        at: origin
      )
    }
    for (index, tree) in trees.enumerated() {
      if let problem = tree.problem(features: featureCount, outputs: outputCount) {
        throw Diagnostic.error(
          "bad-tree",
          "tree \(index) of '\(layer)' \(problem)",
          at: origin,
          hint: "save the model again; this file is damaged, or was edited"
        )
      }
    }
  }
}

extension DecisionTree {
  /// What is wrong with the tree, as the end of a sentence about it.
  fileprivate func problem(features: Int, outputs outputCount: Int) -> String? {
    if nodes.isEmpty { return "has no nodes" }
    if outputs.isEmpty || !outputs.allSatisfy((0..<outputCount).contains) { return "feeds outputs that do not exist" }
    if leafValues.count % outputs.count != 0 {
      return "has \(leafValues.count) leaf values for \(outputs.count) outputs"
    }
    var parents = [Int](repeating: 0, count: nodes.count)
    for (index, node) in nodes.enumerated() {
      switch node {
      case .leaf(let leaf):
        if !(0..<leafCount).contains(leaf) { return "has no values for the leaf at node \(index)" }
      case .split(let split):
        if !(0..<features).contains(split.feature) {
          return "compares feature \(split.feature) of \(features) at node \(index)"
        }
        if split.threshold.isNaN { return "has no number for a threshold at node \(index)" }
        for child in [split.left, split.right] {
          if child <= index || child >= nodes.count { return "has a node \(index) with the child \(child)" }
          parents[child] += 1
        }
      }
    }
    if let index = parents.indices.first(where: { parents[$0] != ($0 == 0 ? 0 : 1) }) {
      return "has a node \(index) with \(parents[index]) parents"
    }
    if let index = leafValues.firstIndex(where: { !$0.isFinite }) {
      return "has the value \(leafValues[index]) at leaf \(index / outputs.count)"
    }
    return nil
  }
}
