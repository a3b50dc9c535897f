import Diagnostics
import ModelIR

// Images that are made larger or smaller by repeating or leaving out elements.
extension GraphImporter {
  mutating func importResize(_ node: OperatorNode) throws {
    let isUpsample = node.operatorType == "Upsample"
    try checkInputs(node, atMost: isUpsample || opset < 11 ? 2 : 4)
    let input = try anyLayout(node, 0)
    let refusal = node.error(
      "bad-parameters",
      "'\(node.label)' (\(node.operatorType)) makes a tensor of shape \(input.shape) per event larger by other means than "
        + "repeating elements",
      hint: "build it with mode='nearest', constant scales or sizes, and leave the batch as it is"
    )
    // The batch is an axis that nobody resizes.
    let call = ConstantCall(
      node: node,
      operands: try [nil] + (1..<4).map { try optionalConstant(node, $0, "scales") },
      opset: opset
    )
    let isOld = isUpsample || opset < 11
    guard let axes = try ResizedAxis.all(call, input: [1] + input.shape, isOld: isOld),
      let interpolation = try Interpolation(call, isOld: isOld)
    else { throw refusal }
    var indices = input.shape.map { Array(0..<$0) }
    for axis in axes {
      guard axis.output > 0, axis.output <= ShapeInference.elementLimit else { throw refusal }
      let chosen = interpolation.rows(axis).compactMap(\.onlyElement)
      guard chosen.count == axis.output, axis.axis > 0 || axis.output == 1 else { throw refusal }
      if axis.axis > 0 { indices[axis.axis - 1] = chosen }
    }
    let (count, overflow) = indices.reduce((1, false)) { product, chosen in
      let (next, overflow) = product.0.multipliedReportingOverflow(by: chosen.count)
      return (next, overflow || product.1)
    }
    guard !overflow, count <= ShapeInference.elementLimit else { throw refusal }
    let name = naming.next(node.proto)
    try define(node, .activation(try select(input, indices, named: name, node.origin)))
  }
}

extension ResizedElement {
  /// The element that it is; nil where it is a mixture, or something from outside.
  fileprivate var onlyElement: Int? {
    guard constant == nil else { return nil }
    let used = zip(elements, weights).filter { $0.1 != 0 }
    guard let first = used.first, used.allSatisfy({ $0.0 == first.0 }), used.reduce(0, { $0 + $1.1 }) == 1 else {
      return nil
    }
    return first.0
  }
}
