import Diagnostics
import ModelIR

/// The comparison of one of ONNX's inner nodes.
enum ONNXBranch {
  case less, lessOrEqual, greater, greaterOrEqual

  /// - Throws: a ``Diagnostic`` for comparisons for equality, which are splits by category.
  init(mode: String, node: OperatorNode) throws {
    switch mode {
    case "BRANCH_LT": self = .less
    case "BRANCH_LEQ": self = .lessOrEqual
    case "BRANCH_GT": self = .greater
    case "BRANCH_GTE": self = .greaterOrEqual
    case "BRANCH_EQ", "BRANCH_NEQ", "BRANCH_MEMBER":
      throw node.error(
        "categorical-split",
        "'\(node.label)' splits by category (\(mode))",
        hint: "encode categories as numbers before the training"
      )
    default: throw node.error("bad-tree", "'\(node.label)' has a node of the unknown mode '\(mode)'")
    }
  }

  /// The modes of the operator `TreeEnsemble`, by their numbers.
  static let modes = [
    "BRANCH_LEQ", "BRANCH_LT", "BRANCH_GTE", "BRANCH_GT", "BRANCH_EQ", "BRANCH_NEQ", "BRANCH_MEMBER",
  ]

  /// The split whose left child is that of the smaller numbers.
  func split(feature: Int, threshold: Double, ifTrue: Int, ifFalse: Int, missingIsTrue: Bool) -> TreeSplit {
    let comparison: TreeSplit.Comparison
    let trueIsLeft: Bool
    switch self {
    case .less: (comparison, trueIsLeft) = (.less, true)
    case .lessOrEqual: (comparison, trueIsLeft) = (.lessOrEqual, true)
    case .greater: (comparison, trueIsLeft) = (.lessOrEqual, false)
    case .greaterOrEqual: (comparison, trueIsLeft) = (.less, false)
    }
    return TreeSplit(
      feature: feature,
      threshold: threshold,
      comparison: comparison,
      left: trueIsLeft ? ifTrue : ifFalse,
      right: trueIsLeft ? ifFalse : ifTrue,
      missing: missingIsTrue == trueIsLeft ? .left : .right
    )
  }
}
