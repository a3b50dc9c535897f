import Diagnostics
import ModelIR

/// Class labels: firmware returns the scores from which they follow.
extension GraphImporter {
  /// Lets a label through the operators that only rename, convert or look it up.
  mutating func passLabel(_ node: OperatorNode) throws -> Bool {
    let operand: Int
    switch node.operatorType {
    case "Cast", "Identity", "LabelEncoder", "Reshape", "Squeeze", "Unsqueeze", "Flatten": operand = 0
    // The names of the classes, of which the label takes one; taking a score by the label is not among it.
    case "ArrayFeatureExtractor", "Gather":
      if let name = node.input(0), case .activation? = self[name] { return false }
      operand = 1
    default: return false
    }
    guard let name = node.input(operand), isLabel(name), let output = node.proto.output.first, !output.isEmpty
    else { return false }
    try defineLabel(output, node)
    node.dismissAll()
    return true
  }

  /// The position of the largest score is a label.
  mutating func importArgMax(_ node: OperatorNode) throws {
    try checkInputs(node, atMost: 1)
    let input = try activation(node, 0)
    node.dismiss("keepdims", "select_last_index")
    let rank = input.shape.count + 1
    let given = try node.integer("axis", default: 0)
    let axis = given < 0 ? given &+ rank : given
    guard axis >= 1, axis < rank else {
      throw node.error(
        "bad-axis",
        "'\(node.label)' (ArgMax) compares along axis \(given) of a tensor of \(rank) axes, the batch included",
        hint: "compare the scores of one event"
      )
    }
    guard let output = node.proto.output.first, !output.isEmpty else {
      throw node.error("bad-arity", "'\(node.label)' (ArgMax) has no output")
    }
    try defineLabel(output, node)
  }
}
