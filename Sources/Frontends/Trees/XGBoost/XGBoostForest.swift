import DataFiles
import Diagnostics
import ModelIR

/// The trees of one of XGBoost's models.
struct XGBoostForest {
  let features: Int
  let outputs: Int
  /// DART's factor of every tree.
  let weights: [Double]?

  func trees(_ model: DocumentValue) throws -> [DecisionTree] {
    let trees = try model.member("trees").list()
    let groups = try model.member("tree_info").integers()
    guard groups.count == trees.count else {
      throw model.error("'tree_info' has \(groups.count) entries for \(trees.count) trees")
    }
    if let weights, weights.count != trees.count {
      throw model.error("'weight_drop' has \(weights.count) entries for \(trees.count) trees")
    }
    return try trees.enumerated().map { index, tree in
      guard (0..<outputs).contains(groups[index]) else {
        throw tree.error("it belongs to class \(groups[index]) of \(outputs)")
      }
      return try self.tree(tree, output: groups[index], weight: weights?[index] ?? 1)
    }
  }

  private func tree(_ tree: DocumentValue, output: Int, weight: Double) throws -> DecisionTree {
    try refuseUnsupported(tree)
    let left = try tree.member("left_children").integers()
    let right = try tree.member("right_children").integers()
    let split = try tree.member("split_indices").integers()
    let condition = try tree.member("split_conditions").numbers()
    let defaults = try tree.member("default_left").numbers()
    for (name, count) in [
      ("right_children", right.count), ("split_indices", split.count), ("split_conditions", condition.count),
      ("default_left", defaults.count),
    ] where count != left.count {
      throw tree.error("'\(name)' has \(count) entries for \(left.count) nodes")
    }
    return try TreeAssembly(outputs: [output]).tree(count: left.count, origin: tree.origin) { index in
      // Numbers are float32, whatever their decimal text or their marker says.
      let value = Double(Float(condition[index]))
      if left[index] == -1 { return .leaf([Double(Float(value * weight))]) }
      guard (0..<features).contains(split[index]) else {
        throw tree.error("node \(index) compares feature \(split[index]) of \(features)")
      }
      return .split(
        TreeSplit(
          feature: split[index],
          threshold: value,
          comparison: .less,
          left: left[index],
          right: right[index],
          missing: defaults[index] != 0 ? .left : .right
        )
      )
    }
  }

  private func refuseUnsupported(_ tree: DocumentValue) throws {
    let categorical = try tree["categories_nodes"]?.integers().first
    let kind = try tree["split_type"]?.numbers().firstIndex { $0 != 0 }
    if let node = categorical ?? kind {
      throw Diagnostic.error(
        "categorical-split",
        "node \(node) splits by category",
        at: tree.origin,
        hint:
          "encode categories as numbers (one-hot, or ordered codes) before the training, with enable_categorical=False"
      )
    }
    let leafSize = try tree["tree_param"]?["size_leaf_vector"]?.integer() ?? 1
    guard leafSize <= 1 else {
      throw Diagnostic.error(
        "vector-leaf",
        "the leaves hold vectors of \(leafSize) numbers",
        at: tree.origin,
        hint: "train with multi_strategy='one_output_per_tree'"
      )
    }
  }
}
