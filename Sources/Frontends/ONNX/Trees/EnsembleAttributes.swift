import Diagnostics
import ModelIR
import TreeFrontends

/// The trees of a `TreeEnsembleClassifier` or `TreeEnsembleRegressor`: parallel lists over the nodes of all trees, and
/// leaf weights that name their node.
struct EnsembleAttributes {
  private let node: OperatorNode
  private let trees: [Int]
  private let ids: [Int]
  private let features: [Int]
  private let modes: [String]
  private let thresholds: [Double]
  private let trueIDs: [Int]
  private let falseIDs: [Int]
  private let missingIsTrue: [Int]
  /// By position in the lists: what the leaf adds to which target.
  private var weights: [Int: [(target: Int, weight: Double)]] = [:]
  /// Every target that any leaf names, in ascending order.
  private(set) var targets: [Int] = []
  private(set) var weightsAreNotNegative = true
  private(set) var precision = ParameterTensor.Precision.float32

  /// - Parameter prefix: `class` or `target`.
  init(_ node: OperatorNode, prefix: String) throws {
    self.node = node
    trees = try node.integers("nodes_treeids") ?? []
    ids = try node.integers("nodes_nodeids") ?? []
    features = try node.integers("nodes_featureids") ?? []
    modes = try node.strings("nodes_modes") ?? []
    let values = try node.floatsOrTensor("nodes_values")
    thresholds = values.numbers
    if values.isDouble { precision = .float64 }
    trueIDs = try node.integers("nodes_truenodeids") ?? []
    falseIDs = try node.integers("nodes_falsenodeids") ?? []
    missingIsTrue = try node.integers("nodes_missing_value_tracks_true") ?? []
    node.dismiss("nodes_hitrates", "nodes_hitrates_as_tensor")
    for (name, count) in [
      ("nodes_nodeids", ids.count), ("nodes_featureids", features.count), ("nodes_modes", modes.count),
      ("nodes_values", thresholds.count), ("nodes_truenodeids", trueIDs.count),
      ("nodes_falsenodeids", falseIDs.count),
      ("nodes_missing_value_tracks_true", missingIsTrue.isEmpty ? trees.count : missingIsTrue.count),
    ] where count != trees.count || trees.isEmpty {
      throw node.error("bad-tree", "'\(node.label)' has \(count) entries in '\(name)' for \(trees.count) nodes")
    }
    try readWeights(prefix)
  }

  private mutating func readWeights(_ prefix: String) throws {
    let treeIDs = try node.integers("\(prefix)_treeids") ?? []
    let nodeIDs = try node.integers("\(prefix)_nodeids") ?? []
    let targetIDs = try node.integers("\(prefix)_ids") ?? []
    let numbers = try node.floatsOrTensor("\(prefix)_weights").numbers
    guard treeIDs.count == nodeIDs.count, nodeIDs.count == targetIDs.count, numbers.count == nodeIDs.count else {
      throw node.error("bad-tree", "'\(node.label)' has lists of leaf weights of different lengths")
    }
    let places = try places()
    for index in numbers.indices {
      guard let place = places[Key(tree: treeIDs[index], node: nodeIDs[index])] else {
        throw node.error(
          "bad-tree",
          "'\(node.label)' has a weight for node \(nodeIDs[index]) of tree \(treeIDs[index]), which is not there"
        )
      }
      weights[place, default: []].append((targetIDs[index], numbers[index]))
      if numbers[index] < 0 { weightsAreNotNegative = false }
    }
    targets = Set(targetIDs).sorted()
  }

  private struct Key: Hashable {
    var tree: Int
    var node: Int
  }

  private func places() throws -> [Key: Int] {
    var places: [Key: Int] = [:]
    for index in trees.indices {
      guard places.updateValue(index, forKey: Key(tree: trees[index], node: ids[index])) == nil else {
        throw node.error("bad-tree", "'\(node.label)' has the node \(ids[index]) of tree \(trees[index]) twice")
      }
    }
    return places
  }

  /// All trees, in the order in which they first appear.
  ///
  /// - Parameters:
  ///   - features: how many there are.
  ///   - output: the output that stands for a target of the file, or nil where there is none.
  func decisionTrees(features featureCount: Int, output: (Int) -> Int?) throws -> [DecisionTree] {
    let places = try places()
    var order: [Int] = []
    var members: [Int: [Int]] = [:]
    for index in trees.indices {
      if members[trees[index]] == nil { order.append(trees[index]) }
      members[trees[index], default: []].append(index)
    }
    return try order.map { tree in
      let nodes = members[tree] ?? []
      // Two sided: a node of the file by its position, and its position in this tree.
      let position = Dictionary(uniqueKeysWithValues: nodes.enumerated().map { ($1, $0) })
      func child(_ id: Int) -> Int { places[Key(tree: tree, node: id)].flatMap { position[$0] } ?? -1 }
      var outputs = Set<Int>()
      for place in nodes {
        for (target, _) in weights[place] ?? [] {
          guard let output = output(target) else {
            throw node.error(
              "bad-tree",
              "'\(node.label)' has a leaf that feeds the target \(target), which is not there"
            )
          }
          outputs.insert(output)
        }
      }
      let sorted = outputs.isEmpty ? [0] : outputs.sorted()
      let origin = Diagnostics.Origin(file: node.origin.file, place: "\(node.origin.place ?? ""), tree \(tree)")
      return try TreeAssembly(outputs: sorted).tree(count: nodes.count, origin: origin) { local in
        let place = nodes[local]
        if modes[place] == "LEAF" {
          var values = [Double](repeating: 0, count: sorted.count)
          for (target, weight) in weights[place] ?? [] {
            if let output = output(target), let slot = sorted.firstIndex(of: output) { values[slot] += weight }
          }
          return .leaf(values)
        }
        guard (0..<featureCount).contains(features[place]) else {
          throw node.error("bad-tree", "'\(node.label)' compares feature \(features[place]) of \(featureCount)")
        }
        let branch = try ONNXBranch(mode: modes[place], node: node)
        return branch.split(
          feature: features[place],
          threshold: thresholds[place],
          ifTrue: child(trueIDs[place]),
          ifFalse: child(falseIDs[place]),
          missingIsTrue: !missingIsTrue.isEmpty && missingIsTrue[place] != 0
        )
      }
    }
  }
}
