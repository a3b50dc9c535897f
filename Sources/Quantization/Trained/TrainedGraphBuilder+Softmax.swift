import Diagnostics
import FixedPoint
import FixedPointIR
import ModelIR

extension TrainedGraphBuilder {
  /// Bits of a probability and of an exponential.
  private static let probabilityBits = 16
  /// The binary logarithm of the largest table.
  private static let softmaxTableBits = 12

  /// Softmax in floating point has no exact value: tables come as near as 16 bits do.
  mutating func softmax(_ node: ModelNode, axis: Int) throws -> FixedTensorID {
    let shape = model[node.output].shape
    let size = shape[axis]
    let count = shape.reduce(1, *)
    let inner = shape[(axis + 1)...].reduce(1, *)
    let groups = SoftmaxGroups(count: count / size, size: size)
    var input = try exact(node.inputs[0], readBy: node)
    log.report(
      Diagnostic(
        .note,
        "rounded-softmax",
        "the softmax '\(node.name)' has no trained types: its probabilities are rounded to \(Self.probabilityBits) bits, as the "
          + "native arithmetic does",
        at: node.origin,
        hint: "leave it out of the model where the scores do, for it keeps their order"
      )
    )
    // Position in the grouped order -> element of the tensor.
    let order = (0..<count).map { position -> Int in
      let (group, member) = (position / size, position % size)
      return (group / inner) * size * inner + member * inner + group % inner
    }
    if inner > 1 { input = permuted(node, input, order) }
    let tables = SoftmaxTables(
      types: graph[input].types,
      ranges: analysis[input],
      entryBits: Self.probabilityBits + 1,
      tableBits: Self.softmaxTableBits
    )
    let type = FixedPointType(
      width: Self.probabilityBits + 1,
      integerBits: 1,
      isSigned: false,
      rounding: .roundHalfUp,
      overflow: .saturate
    )
    let operation = FixedOperation.softmax(
      SoftmaxOperation(groups: groups, algorithm: .normalized(tables.normalized(groups)))
    )
    let types = ElementTypes(uniform: type, count: count)
    guard inner > 1 else { return append(operation, for: node, inputs: [input], types: types) }
    let grouped = append(
      operation,
      for: node,
      named: uniqueName("\(node.name)_groups"),
      inputs: [input],
      types: types
    )
    var back = [Int](repeating: 0, count: count)
    for (position, element) in order.enumerated() { back[element] = position }
    return append(
      .gather(GatherOperation(sources: back.map { .init(input: 0, element: $0) })),
      for: node,
      inputs: [grouped],
      types: types
    )
  }

  private mutating func permuted(_ node: ModelNode, _ input: FixedTensorID, _ order: [Int]) -> FixedTensorID {
    let types = graph[input].types
    return append(
      .gather(GatherOperation(sources: order.map { .init(input: 0, element: $0) })),
      for: node,
      named: uniqueName("\(node.name)_grouped"),
      inputs: [input],
      types: ElementTypes(each: order.map { types[$0] })
    )
  }
}
