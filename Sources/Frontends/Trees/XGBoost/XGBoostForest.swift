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
    try refuseVectors(tree)
    let sets = try categories(tree)
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
      if let members = sets[index] {
        // What is in the set goes right.
        return .categories(
          CategorySplit(
            feature: split[index],
            members: members.map(Double.init),
            truncation: .ofPositive,
            inside: right[index],
            outside: left[index],
            missingIsInside: defaults[index] == 0
          )
        )
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

  /// By node, the categories of splits by category.
  private func categories(_ tree: DocumentValue) throws -> [Int: [Int]] {
    let nodes = try tree["categories_nodes"]?.integers() ?? []
    let kinds = try tree["split_type"]?.numbers() ?? []
    let announced = kinds.indices.filter { kinds[$0] != 0 }
    guard Set(announced).isSubset(of: nodes), Set(nodes).count == nodes.count else {
      throw tree.error("it has splits by category without their categories")
    }
    guard !nodes.isEmpty else { return [:] }
    let all = try tree.member("categories").integers()
    let starts = try tree.member("categories_segments").integers()
    let sizes = try tree.member("categories_sizes").integers()
    guard starts.count == nodes.count, sizes.count == nodes.count else {
      throw tree.error("it has \(nodes.count) splits by category and \(starts.count) sets of categories")
    }
    var sets: [Int: [Int]] = [:]
    for (index, node) in nodes.enumerated() {
      guard starts[index] >= 0, sizes[index] >= 0, starts[index] <= all.count,
        sizes[index] <= all.count - starts[index],
        case let members = all[starts[index]..<starts[index] + sizes[index]],
        members.allSatisfy((0..<1 << 24).contains)
      else { throw tree.error("node \(node) names categories that are not there") }
      sets[node] = Array(members)
    }
    return sets
  }

  private func refuseVectors(_ tree: DocumentValue) throws {
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
