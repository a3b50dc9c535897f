import FixedPoint
import FixedPointIR
import ModelIR

extension TrainedGraphBuilder {
  /// A kernel for one element of the result, fired at all; factors that whole operands share stay outside.
  mutating func product(_ node: ModelNode, _ product: TensorProduct) throws -> Made {
    var factor = 1.0
    var inputs: [FixedTensorID] = []
    for id in node.inputs {
      let operand = try scaled(id, readBy: node)
      if operand.hasNoBias, Set(operand.scale).count == 1 {
        factor *= operand.scale[0]
        inputs.append(operand.tensor)
      } else {
        inputs.append(try exact(id, readBy: node))
      }
    }
    let places = ProductDomain(product, shapes: node.inputs.map { model[$0].shape })
    var builder = KernelBuilder(
      node.name,
      operands: zip(inputs, places.accesses).map { id, access in (graph[id], analysis[id], access) },
      origin: node.origin,
      implementation: implementation
    )
    let result = builder.appendProduct(terms: places.terms)
    let map = MapOperation(domain: places.domain, body: builder.body(returning: result), accesses: places.accesses)
    let tensor = append(.map(map), for: node, inputs: inputs, isResult: factor == 1)
    return factor == 1 ? .tensor(tensor) : .scaled(ScaledTensor(tensor, scale: [factor]))
  }
}
