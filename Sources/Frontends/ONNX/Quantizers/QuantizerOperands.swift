import Diagnostics
import FixedPoint
import ModelIR

/// What quantisers take beside the tensor: constants, and attributes.
extension GraphImporter {
  func number(_ node: OperatorNode, _ index: Int, _ role: String) throws -> Double {
    let tensor = try constant(node, index, role)
    guard let first = tensor.values.first, tensor.values.allSatisfy({ $0 == first }), first.isFinite else {
      throw node.error(
        "unsupported-operator",
        "the \(role) of '\(node.label)' (\(node.operatorType)) is not one number",
        hint: "quantise all channels to one \(role)"
      )
    }
    return first
  }

  func scale(_ node: OperatorNode, _ index: Int) throws -> ConstantTensor {
    let tensor = try constant(node, index, "scale")
    guard tensor.values.allSatisfy({ $0.isFinite && Float($0) > 0 }), !tensor.values.isEmpty else {
      throw node.error("bad-parameters", "'\(node.label)' (\(node.operatorType)) has a scale that is not positive")
    }
    return tensor
  }

  func rounding(_ node: OperatorNode, default name: String) throws -> ONNXQuantizer.Rounding {
    let name = try node.string("rounding_mode") ?? name
    if let rounding = ONNXQuantizer.Rounding(name: name) { return rounding }
    throw node.error(
      "unsupported-operator",
      "'\(node.label)' (\(node.operatorType)) rounds by '\(name)'",
      hint: "use ROUND, FLOOR, CEIL, DOWN, HALF_UP or HALF_DOWN"
    )
  }

  func zeroPointRefusal(_ node: OperatorNode) -> Diagnostic {
    node.error(
      "unsupported-operator",
      "'\(node.label)' (\(node.operatorType)) has a zero point",
      hint: "quantise symmetrically"
    )
  }
}
