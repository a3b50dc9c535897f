import Diagnostics
import ModelIR

// Parts of tensors: Slice, Split and Gather with constant indices.
extension GraphImporter {
  mutating func importSlice(_ node: OperatorNode) throws {
    try checkInputs(node, atMost: opset < 10 ? 1 : 5)
    let input = try anyLayout(node, 0)
    let rank = input.shape.count + 1
    let starts = try sliceNumbers(node, "starts", 1)
    let ends = try sliceNumbers(node, "ends", 2)
    let axes = try sliceNumbers(node, "axes", 3) ?? Array((starts ?? []).indices)
    let steps = try opset < 10 ? nil : sliceNumbers(node, "steps", 4)
    let refusal = node.error(
      "bad-parameters",
      "'\(node.label)' (Slice) cuts \(starts ?? [])..\(ends ?? []) along axes \(axes) of a tensor of \(rank) axes, the batch "
        + "included",
      hint: "give constant starts, ends, axes and steps, and leave the batch whole"
    )
    guard let starts, let ends, starts.count == ends.count, axes.count == starts.count,
      (steps ?? axes).count == axes.count
    else { throw refusal }
    var indices = input.shape.map { Array(0..<$0) }
    for (index, axis) in axes.enumerated() {
      let place = (axis < 0 ? axis &+ rank : axis) - 1
      let step = steps?[index] ?? 1
      // The whole batch may be named.
      let isOne = batchExtents == [1] && ends[index] >= 1
      if place == -1, starts[index] == 0, step == 1, isOne || ends[index] > 1 << 30 { continue }
      guard indices.indices.contains(place),
        let chosen = Self.slice(indices[place].count, starts[index], ends[index], step), !chosen.isEmpty
      else { throw refusal }
      indices[place] = chosen.map { indices[place][$0] }
    }
    let name = naming.next(node.proto)
    try define(node, .activation(try select(input, indices, named: name, node.origin)))
  }

  /// An attribute before opset 10, an input since.
  private func sliceNumbers(_ node: OperatorNode, _ name: String, _ index: Int) throws -> [Int]? {
    opset < 10 ? try node.integers(name) : try optionalConstant(node, index, name)?.integers
  }

  mutating func importSplit(_ node: OperatorNode) throws {
    try checkInputs(node, atMost: opset < 13 ? 1 : 2)
    let input = try anyLayout(node, 0)
    let rank = input.shape.count + 1
    let given = try node.integer("axis", default: 0)
    let place = (given < 0 ? given &+ rank : given) - 1
    let parts = node.proto.output.count
    var sizes = opset < 13 ? try node.integers("split") : try optionalConstant(node, 1, "split")?.integers
    let declared = try node.integer("num_outputs", default: parts)
    let refusal = node.error(
      "bad-parameters",
      "'\(node.label)' (Split) cuts a tensor of shape \(input.shape) per event into \(parts) parts along axis \(given)",
      hint: "split an axis that is not the batch into parts that add up to it"
    )
    guard input.shape.indices.contains(place), declared == parts, parts > 0 else { throw refusal }
    let extent = input.shape[place]
    if sizes == nil {
      let size = (extent + parts - 1) / parts
      sizes = (0..<parts).map { min(size, extent - $0 * size) }
    }
    guard let sizes, sizes.count == parts, sizes.allSatisfy({ $0 > 0 && $0 <= extent }),
      sizes.reduce(0, +) == extent
    else { throw refusal }
    let name = naming.next(node.proto)
    var start = 0
    for (part, size) in sizes.enumerated() {
      var indices = input.shape.map { Array(0..<$0) }
      indices[place] = Array(start..<start + size)
      start += size
      guard !node.proto.output[part].isEmpty else { continue }
      let value = try select(input, indices, named: parts == 1 ? name : "\(name)_\(part)", node.origin)
      try define(node, .activation(value), output: part)
    }
  }

  mutating func importGather(_ node: OperatorNode) throws {
    try checkInputs(node, atMost: 2)
    let input = try anyLayout(node, 0)
    let wanted = try constant(node, 1, "indices")
    let rank = input.shape.count + 1
    let given = try node.integer("axis", default: 0)
    let place = (given < 0 ? given &+ rank : given) - 1
    guard input.shape.indices.contains(place), wanted.shape.count <= 1, !wanted.type.isFloatingPoint,
      let numbers = wanted.integers, !numbers.isEmpty, case let extent = input.shape[place],
      numbers.allSatisfy({ (-extent..<extent).contains($0) })
    else {
      throw node.error(
        "bad-parameters",
        "'\(node.label)' (Gather) takes indices of shape \(wanted.shape) along axis \(given) of a tensor of shape "
          + "\(input.shape) per event",
        hint: "gather along an axis that is not the batch, with one list of indices that exist"
      )
    }
    var indices = input.shape.map { Array(0..<$0) }
    indices[place] = numbers.map { $0 < 0 ? $0 + extent : $0 }
    let name = naming.next(node.proto)
    var value = try select(input, indices, named: name, node.origin)
    if wanted.shape.isEmpty {
      let remaining = value.shape.indices.filter { $0 != place }
      let shape = remaining.map { value.shape[$0] }
      value = try relabelled(value, shape: shape, axes: remaining, named: "\(name)_squeeze", node.origin)
    }
    try define(node, .activation(value))
  }
}
