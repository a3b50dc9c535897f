import Diagnostics
import ModelIR

/// The trees of an ensemble as conifer keeps them: rounds of one tree per class, all with one comparison.
struct ConiferForest {
  let ensemble: TreeEnsemble
  let comparison: TreeSplit.Comparison
  private(set) var rounds: [[ConiferNodes]] = []
  /// Of all rows of weights together.
  private static let weightLimit = 1 << 28

  /// - Throws: a ``Diagnostic`` where conifer has no form for the trees.
  init(_ ensemble: TreeEnsemble, origin: Origin) throws {
    func refusal(_ message: String, _ hint: String) -> Diagnostic {
      Diagnostic.error("no-conifer-form", message, at: origin, hint: hint)
    }
    self.ensemble = ensemble
    guard ensemble.outputCount != 2 else {
      throw refusal("conifer has no models of two scores: two classes share one", "train one score, or three classes")
    }
    let splits = ensemble.trees.flatMap { tree in
      tree.nodes.compactMap { if case .split(let split) = $0 { split } else { nil } }
    }
    let comparisons = Set(splits.map(\.comparison))
    guard comparisons.count <= 1 else {
      throw refusal(
        "the trees compare by both '<' and '<=', and conifer by one of them",
        "export from one training tool"
      )
    }
    guard splits.allSatisfy(\.threshold.isFinite) else {
      throw refusal("a threshold is infinite, which JSON cannot say", "remove the split: it decides nothing")
    }
    // conifer writes a weight for every feature at every node.
    let nodes = ensemble.trees.reduce(0) { $0 + $1.nodes.count * $1.outputs.count }
    guard nodes <= Self.weightLimit / ensemble.featureCount else {
      throw refusal(
        "\(nodes) nodes would have weights for \(ensemble.featureCount) features each",
        "leave out features that no tree compares"
      )
    }
    comparison = comparisons.first ?? .lessOrEqual
    var byOutput = [[DecisionTree]](repeating: [], count: ensemble.outputCount)
    for tree in ensemble.trees {
      // A tree that feeds several outputs becomes one for each.
      for position in tree.outputs.indices { byOutput[tree.outputs[position]].append(tree.alone(position)) }
    }
    // A leaf of zero stands where a class has fewer trees than another.
    let filler = DecisionTree(nodes: [.leaf(0)], outputs: [0], leafValues: [0])
    let count = byOutput.map(\.count).max() ?? 0
    rounds = (0..<count).map { round in
      byOutput.map { trees in
        ConiferNodes(trees.indices.contains(round) ? trees[round] : filler, features: ensemble.featureCount)
      }
    }
  }
}

/// One tree of conifer's: parallel lists over its nodes, -2 for the feature of a leaf.
struct ConiferNodes: Encodable {
  private var feature: [Int] = []
  private var threshold: [Double] = []
  private var value: [Double] = []
  private var childrenLeft: [Int] = []
  private var childrenRight: [Int] = []
  /// One row per node: one for the feature that it compares.
  private var weight: [[Int]] = []

  private enum CodingKeys: String, CodingKey {
    case feature, threshold, value, weight
    case childrenLeft = "children_left"
    case childrenRight = "children_right"
  }

  init(_ tree: DecisionTree, features: Int) {
    for node in tree.nodes {
      switch node {
      case .split(let split):
        feature.append(split.feature)
        weight.append((0..<features).map { $0 == split.feature ? 1 : 0 })
        threshold.append(split.threshold)
        value.append(0)
        childrenLeft.append(split.left)
        childrenRight.append(split.right)
      case .leaf(let leaf):
        feature.append(-2)
        weight.append([Int](repeating: 0, count: features))
        threshold.append(0)
        value.append(tree.leafValues[leaf])
        childrenLeft.append(-1)
        childrenRight.append(-1)
      }
    }
  }
}

extension DecisionTree {
  /// The tree as one that feeds only one of its outputs.
  fileprivate func alone(_ position: Int) -> DecisionTree {
    let values = stride(from: position, to: leafValues.count, by: outputs.count).map { leafValues[$0] }
    return DecisionTree(nodes: nodes, outputs: [0], leafValues: values)
  }
}
