import Diagnostics
import ModelIR
import TreeFrontends

extension GraphImporter {
  /// The operator `TreeEnsemble` of `ai.onnx.ml` 5: inner nodes and leaves in lists of their own, roots by index.
  mutating func importTreeEnsemble(_ node: OperatorNode) throws {
    let input = try activation(node, 0)
    let targets = try node.integer("n_targets", default: 1)
    guard (1...ShapeInference.elementLimit).contains(targets) else {
      throw node.error("bad-tree", "'\(node.label)' has \(targets) targets")
    }
    let lists = try TreeEnsembleLists(node, features: graph[input.tensor].count, targets: targets)
    let functions = ["AVERAGE", "SUM", "MIN", "MAX"]
    let function = try node.integer("aggregate_function", default: 1)
    let ensemble = try aggregated(
      try lists.trees(),
      [Double](repeating: 0, count: targets),
      input,
      lists.precision,
      functions.indices.contains(function) ? functions[function] : "function \(function)",
      node
    )
    let transforms = ["NONE", "SOFTMAX", "LOGISTIC", "SOFTMAX_ZERO", "PROBIT"]
    let transform = try node.integer("post_transform", default: 0)
    let scores = try transformed(
      append(ensemble, input, node),
      transforms.indices.contains(transform) ? transforms[transform] : "transform \(transform)",
      node
    )
    try define(node, .activation(ActivationValue(tensor: scores, shape: [targets])))
  }
}

/// The lists of one `TreeEnsemble`.
private struct TreeEnsembleLists {
  let node: OperatorNode
  let featureCount: Int
  let targetCount: Int
  let precision: ParameterTensor.Precision
  private let roots: [Int]
  private let features: [Int]
  private let thresholds: [Double]
  private let modes: [Int]
  private let trueIDs: [Int]
  private let falseIDs: [Int]
  private let trueIsLeaf: [Int]
  private let falseIsLeaf: [Int]
  private let missingIsTrue: [Int]
  private let leafTargets: [Int]
  private let leafWeights: [Double]
  /// By node that asks for membership of a set, the set.
  private let members: [Int: [Double]]

  init(_ node: OperatorNode, features featureCount: Int, targets: Int) throws {
    self.node = node
    self.featureCount = featureCount
    targetCount = targets
    roots = try node.integers("tree_roots") ?? []
    features = try node.integers("nodes_featureids") ?? []
    let splits = try node.tensor("nodes_splits")
    thresholds = splits?.values ?? []
    precision = splits?.type == .double ? .float64 : .float32
    modes = try node.tensor("nodes_modes")?.integers ?? []
    trueIDs = try node.integers("nodes_truenodeids") ?? []
    falseIDs = try node.integers("nodes_falsenodeids") ?? []
    trueIsLeaf = try node.integers("nodes_trueleafs") ?? []
    falseIsLeaf = try node.integers("nodes_falseleafs") ?? []
    missingIsTrue = try node.integers("nodes_missing_value_tracks_true") ?? []
    leafTargets = try node.integers("leaf_targetids") ?? []
    leafWeights = try node.tensor("leaf_weights")?.values ?? []
    // One set after the other, with NaN between them.
    let sets = (try node.tensor("membership_values")?.values ?? []).split(
      omittingEmptySubsequences: false,
      whereSeparator: \.isNaN
    )
    let asking = modes.enumerated().filter { $1 == ONNXBranch.membership }.map(\.offset)
    guard sets.count >= asking.count else {
      throw node.error("bad-tree", "'\(node.label)' has \(sets.count) sets for \(asking.count) nodes that ask for one")
    }
    members = Dictionary(zip(asking, sets.map(Array.init))) { first, _ in first }
    node.dismiss("nodes_hitrates")
    for (name, count) in [
      ("nodes_splits", thresholds.count), ("nodes_modes", modes.count), ("nodes_truenodeids", trueIDs.count),
      ("nodes_falsenodeids", falseIDs.count), ("nodes_trueleafs", trueIsLeaf.count),
      ("nodes_falseleafs", falseIsLeaf.count),
    ] where count != features.count {
      throw node.error("bad-tree", "'\(node.label)' has \(count) entries in '\(name)' for \(features.count) nodes")
    }
    guard leafTargets.count == leafWeights.count, leafTargets.allSatisfy((0..<targets).contains) else {
      throw node.error("bad-tree", "'\(node.label)' has leaves that feed targets which are not there")
    }
    guard missingIsTrue.isEmpty || missingIsTrue.count == features.count else {
      throw node.error("bad-tree", "'\(node.label)' has a list of missing values of the wrong length")
    }
  }

  func trees() throws -> [DecisionTree] {
    try roots.enumerated().map { number, root in
      let origin = Diagnostics.Origin(file: node.origin.file, place: "\(node.origin.place ?? ""), tree \(number)")
      // A node whose children are one and the same leaf is how a tree of a single leaf is written.
      if features.indices.contains(root), trueIsLeaf[root] != 0, falseIsLeaf[root] != 0, trueIDs[root] == falseIDs[root]
      {
        return DecisionTree(nodes: [.leaf(0)], outputs: allTargets, leafValues: try leaf(trueIDs[root]))
      }
      guard features.indices.contains(root) else {
        throw node.error("bad-tree", "'\(node.label)' has the root \(root) of \(features.count) nodes")
      }
      // Leaves are named behind the inner nodes.
      return try TreeAssembly(root: root, outputs: allTargets).tree(
        count: features.count + leafWeights.count,
        origin: origin
      ) { index in
        if index >= features.count { return .leaf(try leaf(index - features.count)) }
        return try split(index)
      }
    }
  }

  private var allTargets: [Int] { Array(0..<targetCount) }

  private func leaf(_ index: Int) throws -> [Double] {
    guard leafWeights.indices.contains(index) else {
      throw node.error("bad-tree", "'\(node.label)' has a node with the leaf \(index) of \(leafWeights.count)")
    }
    var values = [Double](repeating: 0, count: targetCount)
    values[leafTargets[index]] = leafWeights[index]
    return values
  }

  private func split(_ index: Int) throws -> TreeAssembly.Node {
    guard ONNXBranch.modes.indices.contains(modes[index]) else {
      throw node.error("bad-tree", "'\(node.label)' has a node of the unknown mode \(modes[index])")
    }
    guard (0..<featureCount).contains(features[index]) else {
      throw node.error("bad-tree", "'\(node.label)' compares feature \(features[index]) of \(featureCount)")
    }
    func child(_ id: Int, _ isLeaf: Int) -> Int {
      let limit = isLeaf != 0 ? leafWeights.count : features.count
      guard (0..<limit).contains(id) else { return -1 }
      return isLeaf != 0 ? features.count + id : id
    }
    let branches = (
      child(trueIDs[index], trueIsLeaf[index]), child(falseIDs[index], falseIsLeaf[index]),
      !missingIsTrue.isEmpty && missingIsTrue[index] != 0
    )
    if let members = members[index] {
      return .categories(
        CategorySplit(
          feature: features[index],
          members: members,
          truncation: .none,
          inside: branches.0,
          outside: branches.1,
          missingIsInside: branches.2
        )
      )
    }
    return try ONNXBranch(mode: ONNXBranch.modes[modes[index]], node: node).split(
      feature: features[index],
      threshold: thresholds[index],
      ifTrue: branches.0,
      ifFalse: branches.1,
      missingIsTrue: branches.2
    )
  }
}
