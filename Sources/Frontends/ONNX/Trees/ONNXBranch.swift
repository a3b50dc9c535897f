import Diagnostics
import ModelIR
import TreeFrontends

/// The comparison of one of ONNX's inner nodes.
enum ONNXBranch {
  case less, lessOrEqual, greater, greaterOrEqual, equal, different

  /// - Throws: a ``Diagnostic`` for sets, which only some versions have.
  init(mode: String, node: OperatorNode) throws {
    switch mode {
    case "BRANCH_LT": self = .less
    case "BRANCH_LEQ": self = .lessOrEqual
    case "BRANCH_GT": self = .greater
    case "BRANCH_GTE": self = .greaterOrEqual
    case "BRANCH_EQ": self = .equal
    case "BRANCH_NEQ": self = .different
    case "BRANCH_MEMBER":
      throw node.error(
        "categorical-split",
        "'\(node.label)' splits by category (\(mode))",
        hint: "encode categories as numbers before the training"
      )
    default: throw node.error("bad-tree", "'\(node.label)' has a node of the unknown mode '\(mode)'")
    }
  }

  /// The number of the mode that asks for membership of a set.
  static let membership = 6

  /// The modes of the operator `TreeEnsemble`, by their numbers.
  static let modes = [
    "BRANCH_LEQ", "BRANCH_LT", "BRANCH_GTE", "BRANCH_GT", "BRANCH_EQ", "BRANCH_NEQ", "BRANCH_MEMBER",
  ]

  /// The node; the left child of a comparison is that of the smaller numbers.
  func split(feature: Int, threshold: Double, ifTrue: Int, ifFalse: Int, missingIsTrue: Bool) -> TreeAssembly.Node {
    let comparison: TreeSplit.Comparison
    let trueIsLeft: Bool
    switch self {
    case .less: (comparison, trueIsLeft) = (.less, true)
    case .lessOrEqual: (comparison, trueIsLeft) = (.lessOrEqual, true)
    case .greater: (comparison, trueIsLeft) = (.lessOrEqual, false)
    case .greaterOrEqual: (comparison, trueIsLeft) = (.less, false)
    case .equal, .different:
      // A NaN is different from every number.
      let isEqual = self == .equal
      return .categories(
        CategorySplit(
          feature: feature,
          members: [threshold],
          truncation: .none,
          inside: isEqual ? ifTrue : ifFalse,
          outside: isEqual ? ifFalse : ifTrue,
          missingIsInside: isEqual && missingIsTrue
        )
      )
    }
    return .split(
      TreeSplit(
        feature: feature,
        threshold: threshold,
        comparison: comparison,
        left: trueIsLeft ? ifTrue : ifFalse,
        right: trueIsLeft ? ifFalse : ifTrue,
        missing: missingIsTrue == trueIsLeft ? .left : .right
      )
    )
  }
}
