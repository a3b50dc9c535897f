import Diagnostics
import ModelIR

// Matrix products of two tensors, and with constants on either side; rows chosen by index.
extension GraphImporter {
  mutating func matrixProduct(_ node: OperatorNode, _ operands: [ImportedValue?]) throws {
    guard operands.count >= 2 else { throw node.error("bad-arity", "'\(node.label)' lacks an operand") }
    if node.operatorType == "Gemm" { return try generalProduct(node) }
    switch (operands[0], operands[1]) {
    case (.activation?, .activation?):
      let (a, b) = (try whole(node, 0), try whole(node, 1))
      try define(node, try product(node, a, b))
    case (.activation?, .constant(let kernel)?):
      try define(node, try rows(node, try whole(node, 0), times: kernel))
    case (.constant(let kernel)?, .activation?): try define(node, try constant(kernel, times: try whole(node, 1), node))
    default: throw node.error("bad-arity", "'\(node.label)' (MatMul) lacks an operand")
    }
  }

  /// NumPy's `matmul` of two tensors.
  private mutating func product(_ node: OperatorNode, _ a: WholeValue, _ b: WholeValue) throws -> WholeValue {
    guard a.shape.count >= 2, b.shape.count >= 2, a.shape.last == b.shape[b.shape.count - 2],
      let stack = ConstantTensor.broadcastShape(Array(a.shape.dropLast(2)), Array(b.shape.dropLast(2)))
    else {
      throw node.error(
        "shape-mismatch",
        "'\(node.label)' (MatMul) multiplies tensors of the shapes \(a.shape) and \(b.shape)"
      )
    }
    let rank = stack.count
    let left = Array((rank + 2 - a.shape.count)..<rank) + [rank, rank + 1]
    let right = Array((rank + 2 - b.shape.count)..<rank) + [rank + 1, rank + 2]
    let shape = stack + [a.shape[a.shape.count - 2], b.shape[b.shape.count - 1]]
    return try contraction(node, (a, left), (b, right), output: Array(0..<rank) + [rank, rank + 2], shape: shape)
  }

  /// A product along labels; axes of extent 1 repeat, so they have no label of their own.
  private mutating func contraction(
    _ node: OperatorNode,
    _ a: (value: WholeValue, labels: [Int]),
    _ b: (value: WholeValue, labels: [Int]),
    output: [Int],
    shape: [Int]
  ) throws -> WholeValue {
    var labels: [[Int]] = []
    var tensors: [TensorID] = []
    for (side, operand) in [a, b].enumerated() {
      let kept = operand.labels.indices.filter { operand.value.shape[$0] > 1 }
      // A tensor of one number has one axis, which nobody else has.
      labels.append(kept.isEmpty ? [200 + side] : kept.map { operand.labels[$0] })
      tensors.append(try view(operand.value, as: kept.map { operand.value.shape[$0] }, node))
    }
    let remaining = output.filter { labels[0].contains($0) || labels[1].contains($0) }
    let operation = ModelOperator.product(TensorProduct(left: labels[0], right: labels[1], output: remaining))
    return WholeValue(tensor: try layer(node, operation, tensors), shape: shape)
  }

  /// A dense layer over the last axis.
  private mutating func rows(_ node: OperatorNode, _ value: WholeValue, times kernel: ConstantTensor) throws
    -> WholeValue
  {
    guard let matrix = kernel.reshaped(Array(kernel.shape.drop { $0 == 1 && kernel.shape.count > 2 })),
      matrix.shape.count == 2, kernel.type.isFloatingPoint
    else {
      throw node.error(
        "shape-mismatch",
        "'\(node.label)' (\(node.operatorType)) multiplies a tensor of shape \(value.shape) with weights of shape \(kernel.shape)",
        hint: "the weights must be one matrix"
      )
    }
    let source = try view(value, as: value.shape, node)
    let dense = DenseLayer(kernel: matrix.parameter(shape: matrix.shape), bias: nil)
    let tensor = try layer(node, .dense(dense), [source])
    return WholeValue(tensor: tensor, shape: graph[tensor].shape)
  }

  /// A constant matrix from the left: every column through a dense layer, or mere wires where each row chooses one element.
  private mutating func constant(_ kernel: ConstantTensor, times value: WholeValue, _ node: OperatorNode) throws
    -> WholeValue
  {
    let outer = kernel.shape.dropLast(2)
    guard kernel.shape.count >= 2, value.shape.count >= 2, outer.allSatisfy({ $0 == 1 }), kernel.type.isFloatingPoint,
      let matrix = kernel.reshaped(Array(kernel.shape.suffix(2))),
      matrix.shape[1] == value.shape[value.shape.count - 2],
      let transposed = matrix.transposed([1, 0])
    else {
      throw node.error(
        "shape-mismatch",
        "'\(node.label)' (MatMul) multiplies a constant of shape \(kernel.shape) with a tensor of shape \(value.shape)",
        hint: "the constant must be one matrix"
      )
    }
    let rank = value.shape.count
    var order = Array(0..<rank)
    order.swapAt(rank - 2, rank - 1)
    let columns = order.map { value.shape[$0] }
    let source = try layer(
      node,
      .gather(sources: ElementMoves.permutation(of: value.shape, axes: order)),
      [value.tensor],
      declared: columns,
      suffix: "_columns"
    )
    let dense = DenseLayer(kernel: transposed.parameter(shape: transposed.shape), bias: nil)
    let result = try layer(node, .dense(dense), [source])
    let made = graph[result].shape
    let shape = order.map { made[$0] }
    let tensor = try layer(
      node,
      .gather(sources: ElementMoves.permutation(of: made, axes: order)),
      [result],
      declared: shape,
      suffix: "_rows"
    )
    return WholeValue(tensor: tensor, shape: shape)
  }

  /// `alpha · A · B + beta · C` with constant weights.
  private mutating func generalProduct(_ node: OperatorNode) throws {
    let value = try whole(node, 0)
    var kernel = try constant(node, 1, "weights")
    if try node.flag("transB"), let transposed = kernel.transposed([1, 0]) { kernel = transposed }
    let (alpha, beta) = (try node.float("alpha", default: 1), try node.float("beta", default: 1))
    guard try !node.flag("transA"), alpha == 1, beta == 1, value.shape.count == 2 else {
      throw node.error(
        "unsupported-attribute",
        "'\(node.label)' (Gemm) scales or transposes a tensor whose batch is not the first axis"
      )
    }
    var result = try rows(node, value, times: kernel)
    if let bias = try optionalConstant(node, 2, "bias") {
      guard bias.count == kernel.shape[1] || bias.count == 1 else {
        throw node.error("shape-mismatch", "the bias of '\(node.label)' (Gemm) has the shape \(bias.shape)")
      }
      let shift = AffineLayer(scale: nil, bias: bias.parameter(shape: [bias.count]))
      result.tensor = try layer(node, .affine(shift), [result.tensor], suffix: "_bias")
    }
    try define(node, result)
  }

  /// An equation of two tensors.
  mutating func einsum(_ node: OperatorNode) throws {
    guard let text = try node.string("equation"), node.proto.input.count == 2 else {
      throw node.error(
        "bad-arity",
        "'\(node.label)' (Einsum) does not have two operands",
        hint: "multiply two tensors at a time"
      )
    }
    let values = [try whole(node, 0), try whole(node, 1)]
    let compact = text.filter { !$0.isWhitespace }
    let sides = compact.split(separator: "->", omittingEmptySubsequences: false)
    let terms = sides[0].split(separator: ",", omittingEmptySubsequences: false).map(Array.init)
    guard sides.count == 2, terms.count == 2, (terms.joined() + Array(sides[1])).allSatisfy(\.isLetter),
      zip(terms, values).allSatisfy({ $0.count == $1.shape.count && Set($0).count == $0.count })
    else {
      throw node.error(
        "unsupported-equation",
        "'\(node.label)' (Einsum) has the equation '\(text)'",
        hint: "write it like 'bnd,bmd->bnm': two operands, every axis named once in each"
      )
    }
    var extents: [Character: Int] = [:]
    for (label, extent) in zip(terms.joined(), values.flatMap(\.shape)) {
      guard [1, extent].contains(extents[label] ?? 1) || extent == 1 else {
        throw node.error("shape-mismatch", "'\(node.label)' (Einsum) has two extents of '\(label)'")
      }
      extents[label] = max(extents[label] ?? 1, extent)
    }
    let known = extents.keys.sorted()
    func number(_ label: Character) -> Int { known.firstIndex(of: label) ?? known.count }
    let output = Array(sides[1])
    guard output.allSatisfy({ extents[$0] != nil }), Set(output).count == output.count else {
      throw node.error("unsupported-equation", "'\(node.label)' (Einsum) has the equation '\(text)'")
    }
    let shape = output.map { extents[$0] ?? 1 }
    let result = try contraction(
      node,
      (values[0], terms[0].map(number)),
      (values[1], terms[1].map(number)),
      output: output.map(number),
      shape: shape
    )
    try define(node, result)
  }

  // MARK: - Rows by index

  /// Elements along an axis, chosen by numbers that the event brings.
  mutating func gatherByIndex(_ node: OperatorNode) throws {
    if node.operatorType == "Gather", case .constant(let table) = try value(node, 0) {
      return try embedding(node, table)
    }
    let value = try whole(node, 0)
    guard let axis = ConstantTensor.axis(try node.integer("axis", default: 0), rank: value.shape.count) else {
      throw node.error("bad-axis", "'\(node.label)' (\(node.operatorType)) has no such axis")
    }
    let chosen = try choices(node, 1, of: value.shape[axis], axis: axis)
    // Labels: one per axis of the tensor; the chosen rows have the next.
    let labels = Array(value.shape.indices)
    let rank = value.shape.count
    let isAlong = node.operatorType == "GatherElements"
    let output = labels.map { $0 == axis ? rank : $0 }
    let shape =
      isAlong
      ? value.shape.indices.map { $0 == axis ? chosen.count : value.shape[$0] }
      : Array(value.shape[..<axis]) + chosen.shape + Array(value.shape[(axis + 1)...])
    let flat = WholeValue(tensor: chosen.flags, shape: [chosen.count, value.shape[axis]])
    try define(node, try contraction(node, (flat, [rank, axis]), (value, labels), output: output, shape: shape))
  }

  /// Adds rows to those rows of a tensor that the event's numbers choose.
  mutating func scatterByIndex(_ node: OperatorNode) throws {
    let reduction = try node.string("reduction") ?? "none"
    guard reduction == "add" else {
      throw node.error(
        "unsupported-attribute",
        "'\(node.label)' (ScatterElements) has the reduction '\(reduction)'",
        hint: "add what comes together, as scatter_add does"
      )
    }
    let updates = try whole(node, 2)
    var base: WholeValue?
    let shape: [Int]
    switch try value(node, 0) {
    case .constant(let tensor):
      guard tensor.values.allSatisfy({ $0 == 0 }) else {
        throw node.error(
          "unsupported-operator",
          "'\(node.label)' (ScatterElements) adds to constants that are not zero"
        )
      }
      shape = tensor.shape
    case .activation:
      let value = try whole(node, 0)
      (base, shape) = (value, value.shape)
    }
    guard let axis = ConstantTensor.axis(try node.integer("axis", default: 0), rank: shape.count) else {
      throw node.error("bad-axis", "'\(node.label)' (ScatterElements) has no such axis")
    }
    let chosen = try choices(node, 1, of: shape[axis], axis: axis)
    let labels = Array(shape.indices)
    let rank = shape.count
    let flat = WholeValue(tensor: chosen.flags, shape: [chosen.count, shape[axis]])
    guard updates.shape.count == rank, updates.shape[axis] == chosen.count,
      labels.allSatisfy({ $0 == axis || updates.shape[$0] == shape[$0] })
    else {
      throw node.error("shape-mismatch", "'\(node.label)' (ScatterElements) adds rows of the shape \(updates.shape)")
    }
    let sums = try contraction(
      node,
      (flat, [rank, axis]),
      (updates, labels.map { $0 == axis ? rank : $0 }),
      output: labels,
      shape: shape
    )
    guard let base else { return try define(node, sums) }
    let tensors = [try view(base, as: shape, node), try view(sums, as: shape, node)]
    try define(node, WholeValue(tensor: try layer(node, .merge(.add), tensors, suffix: "_sum"), shape: shape))
  }

  /// By number, a flag for every row that it may choose.
  private mutating func choices(_ node: OperatorNode, _ index: Int, of rows: Int, axis: Int) throws
    -> (flags: TensorID, count: Int, shape: [Int])
  {
    let numbers = try whole(node, index)
    var source = numbers.tensor
    var count = numbers.shape.reduce(1, *)
    if node.operatorType != "Gather" {
      // One number for each place along the axis, repeated along the others.
      let place = TensorProduct.elements(
        Array(numbers.shape.indices),
        of: [axis],
        Dictionary(uniqueKeysWithValues: numbers.shape.enumerated().map { ($0.offset, $0.element) })
      )
      let extent = numbers.shape[axis]
      if count > extent {
        guard let repetition = maker(of: source), case .gather(let sources) = repetition.operation,
          sources.indices.allSatisfy({ sources[$0] == place[$0] })
        else {
          throw node.error(
            "unsupported-operator",
            "'\(node.label)' (\(node.operatorType)) has numbers of its own for every feature",
            hint: "choose whole rows: index.unsqueeze(-1).expand(…)"
          )
        }
        source = repetition.inputs[0]
        count = extent
      }
    }
    let name = naming.next(node.proto)
    let rules = ShapeInference(layer: name, origin: node.origin)
    try rules.checkExtents([rows, rows])
    try rules.checkExtents([count, rows])
    let flat = try view(WholeValue(tensor: source, shape: [count]), as: [count], node)
    let identity = ParameterTensor(
      shape: [rows, rows],
      values: (0..<rows * rows).map { $0 / rows == $0 % rows ? 1 : 0 }
    )
    // Everybody who asks for rows by the same numbers reads the same flags.
    if let known = graph.nodes.first(where: { $0.inputs == [flat] && $0.operation.isChoice(of: rows) }) {
      return (known.output, count, numbers.shape)
    }
    let flags = append(
      .embedding(EmbeddingLayer(table: identity)),
      named: "\(name)_choice",
      inputs: [flat],
      shape: [count, rows],
      node.origin
    )
    return (flags, count, numbers.shape)
  }

  /// Rows of a table of constants.
  private mutating func embedding(_ node: OperatorNode, _ table: ConstantTensor) throws {
    let axis = try node.integer("axis", default: 0)
    guard axis == 0, (1...2).contains(table.shape.count), table.type.isFloatingPoint, table.count > 0 else {
      throw node.error(
        "bad-axis",
        "'\(node.label)' (Gather) reads a table of the shape \(table.shape) along axis \(axis)"
      )
    }
    let numbers = try whole(node, 1)
    let size = table.shape.count == 2 ? table.shape[1] : 1
    let source = try view(numbers, as: numbers.shape, node)
    let rows = EmbeddingLayer(table: table.parameter(shape: [table.shape[0], size]))
    let tensor = try layer(node, .embedding(rows), [source])
    try define(node, WholeValue(tensor: tensor, shape: numbers.shape + (table.shape.count == 2 ? [size] : [])))
  }
}

extension ModelOperator {
  /// Whether the operator is the table of flags that chooses among so many rows.
  fileprivate func isChoice(of rows: Int) -> Bool {
    guard case .embedding(let layer) = self, layer.rowCount == rows, layer.rowSize == rows else { return false }
    return layer.table.values.indices.allSatisfy { layer.table.values[$0] == ($0 / rows == $0 % rows ? 1 : 0) }
  }
}
