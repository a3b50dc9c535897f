import FixedPoint
import FixedPointIR
import ModelIR

extension NativeGraphBuilder {
  /// Softmax over one axis; other axes than the last are brought there and back.
  mutating func addSoftmax(_ node: ModelNode, axis: Int) {
    let shape = model[node.output].shape
    let size = shape[axis]
    let count = shape.reduce(1, *)
    let inner = shape[(axis + 1)...].reduce(1, *)
    let groups = SoftmaxGroups(count: count / size, size: size)
    var input = quantized(node.inputs[0])
    // Position in the grouped order -> element of the tensor.
    let order = (0..<count).map { position -> Int in
      let (group, member) = (position / size, position % size)
      return (group / inner) * size * inner + member * inner + group % inner
    }
    if inner > 1 { input = permuted(node, input, order, suffix: "grouped") }
    let operation = SoftmaxOperation(groups: groups, algorithm: .normalized(tables(input, node).normalized(groups)))
    let this = self
    let bits = activationBits(of: node)
    func types(_ exact: [ExactRange]) -> ElementTypes {
      // Probabilities are used whatever the calibration data saw of them.
      var choice = this.choice(for: node, exact)
      choice.observed = nil
      choice.provenFractionBits = min(choice.provenFractionBits, bits)
      return ElementTypes(uniform: choice.common, count: exact.count)
    }
    guard inner > 1 else {
      append(.softmax(operation), for: node, inputs: [input], choose: types)
      return
    }
    let result = append(.softmax(operation), for: node, suffix: "groups", inputs: [input], choose: types)
    var back = [Int](repeating: 0, count: count)
    for (position, element) in order.enumerated() { back[element] = position }
    permuted(node, result, back, suffix: nil)
  }

  @discardableResult
  private mutating func permuted(
    _ node: ModelNode,
    _ input: FixedTensorID,
    _ order: [Int],
    suffix: String?
  ) -> FixedTensorID {
    let types = graph[input].types
    let gather = GatherOperation(sources: order.map { GatherOperation.Source(input: 0, element: $0) })
    return append(.gather(gather), for: node, suffix: suffix, inputs: [input]) { _ in
      ElementTypes(each: order.map { types[$0] })
    }
  }

  private func tables(_ input: FixedTensorID, _ node: ModelNode) -> SoftmaxTables {
    SoftmaxTables(
      types: graph[input].types,
      ranges: analysis[input],
      entryBits: min(activationBits(of: node) + 1, 24),
      tableBits: options.tableBits
    )
  }
}
