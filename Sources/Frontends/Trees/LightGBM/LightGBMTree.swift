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
      if decision[index] & 1 != 0 {
        return .categories(
          CategorySplit(
            feature: feature[index],
            members: try categories(of: threshold[index], node: index).map(Double.init),
            truncation: .ofAll,
            inside: child(left[index]),
            outside: child(right[index])
          )
        )
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

  /// The categories that go left: a set of bits, which the threshold names by its number.
  private func categories(of threshold: Double, node: Int) throws -> [Int] {
    let sets = try section.integer("num_cat")
    guard (1...TreeEnsemble.nodeLimit).contains(sets) else { throw section.error("a tree of \(sets) sets", "num_cat") }
    let bounds = try section.integers("cat_boundaries", count: sets + 1)
    guard let words = bounds.last, let set = Int(exactly: threshold), (0..<sets).contains(set),
      (0...TreeEnsemble.nodeLimit).contains(words), 0 <= bounds[set], bounds[set] <= bounds[set + 1],
      bounds[set + 1] <= words
    else { throw section.error("node \(node) has no set of categories", "cat_boundaries") }
    let bits = try section.integers("cat_threshold", count: words)
    return (bounds[set]..<bounds[set + 1]).flatMap { word in
      (0..<32).filter { bits[word] >> $0 & 1 != 0 }.map { (word - bounds[set]) * 32 + $0 }
    }
  }

  /// Decodes `decision_type`: bit 1 default left, bits 2 and 3 the kind of missing value.
  private func missing(_ decision: Int, node: Int, threshold: Double) throws -> MissingRule {
    let isLeft = decision & 2 != 0
    let kinds: [LightGBMMissing] = [.none, .zero, .notANumber]
    guard kinds.indices.contains(decision >> 2 & 3) else {
      throw section.error("node \(node) has an unknown decision type \(decision)", "decision_type")
    }
    guard let rule = kinds[decision >> 2 & 3].rule(isLeft: isLeft, threshold: threshold) else {
      throw section.error(
        "node \(node) treats zeros as missing values",
        "decision_type",
        code: "zero-as-missing",
        hint: "train with zero_as_missing=false"
      )
    }
    return rule
  }
}

/// What LightGBM takes for a missing value.
enum LightGBMMissing: String {
  case none = "None"
  case zero = "Zero"
  case notANumber = "NaN"

  /// Where a NaN goes; nil where a number goes with it that comparison would send elsewhere.
  func rule(isLeft: Bool, threshold: Double) -> MissingRule? {
    switch self {
    case .none: .asZero
    // Zeros go the default way; that is no comparison unless the zero goes there anyway.
    case .zero: isLeft == (0 <= threshold) ? (isLeft ? .left : .right) : nil
    case .notANumber: isLeft ? .left : .right
    }
  }
}
