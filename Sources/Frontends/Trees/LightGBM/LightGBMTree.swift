import Diagnostics
import ModelIR

/// One tree of LightGBM's: inner nodes first; a negative child `c` is the leaf `~c`.
struct LightGBMTree {
  let section: LightGBMSection
  let features: Int

  func tree(output: Int) throws -> DecisionTree {
    let leaves = try section.integer("num_leaves")
    guard (1...TreeEnsemble.nodeLimit).contains(leaves) else { throw section.error("a tree of \(leaves) leaves") }
    if section.has("is_linear"), try section.integer("is_linear") != 0 {
      throw section.error(
        "the leaves hold linear models",
        code: "linear-leaf",
        hint: "train with linear_tree=false"
      )
    }
    let values = try section.numbers("leaf_value", count: leaves)
    if leaves == 1 { return DecisionTree(nodes: [.leaf(0)], outputs: [output], leafValues: values) }
    let splits = leaves - 1
    let feature = try section.integers("split_feature", count: splits)
    let threshold = try section.numbers("threshold", count: splits)
    let decision = try section.integers("decision_type", count: splits)
    let left = try section.integers("left_child", count: splits)
    let right = try section.integers("right_child", count: splits)
    // In the numbers of TreeAssembly, leaves follow the inner nodes.
    func child(_ index: Int) -> Int { index < 0 ? splits + ~index : index }
    return try TreeAssembly(outputs: [output]).tree(count: splits + leaves, origin: section.place) { index in
      if index >= splits { return .leaf([values[index - splits]]) }
      guard (0..<features).contains(feature[index]) else {
        throw section.error("node \(index) compares feature \(feature[index]) of \(features)", "split_feature")
      }
      guard (-leaves..<splits).contains(left[index]), (-leaves..<splits).contains(right[index]) else {
        throw section.error("node \(index) has a child that does not exist", "left_child")
      }
      return .split(
        TreeSplit(
          feature: feature[index],
          threshold: threshold[index],
          comparison: .lessOrEqual,
          left: child(left[index]),
          right: child(right[index]),
          missing: try missing(decision[index], node: index, threshold: threshold[index])
        )
      )
    }
  }

  /// Decodes `decision_type`: bit 0 categorical, bit 1 default left, bits 2 and 3 the kind of missing value.
  private func missing(_ decision: Int, node: Int, threshold: Double) throws -> MissingRule {
    if decision & 1 != 0 {
      throw section.error(
        "node \(node) splits by category",
        "decision_type",
        code: "categorical-split",
        hint: "encode categories as numbers before the training, and name no categorical_feature"
      )
    }
    let isLeft = decision & 2 != 0
    switch decision >> 2 & 3 {
    case 0: return .asZero
    case 1:
      // Zeros go the default way; that is no comparison unless the zero goes there anyway.
      guard isLeft == (0 <= threshold) else {
        throw section.error(
          "node \(node) treats zeros as missing values",
          "decision_type",
          code: "zero-as-missing",
          hint: "train with zero_as_missing=false"
        )
      }
      return isLeft ? .left : .right
    case 2: return isLeft ? .left : .right
    default: throw section.error("node \(node) has an unknown decision type \(decision)", "decision_type")
    }
  }
}
