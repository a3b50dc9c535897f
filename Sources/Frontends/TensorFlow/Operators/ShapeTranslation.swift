import Diagnostics
import ONNXFrontend

// Operators that move, join, cut or summarise elements.
extension GraphTranslator {
  mutating func translateReduction(_ node: GraphNode, _ operation: String) throws {
    let axes = try integers(node, 1, "axes")
    make(
      operation,
      node,
      [try value(node, 0), constant(node, "axes", axes)],
      [("keepdims", .integer(try node.flag("keep_dims") ? 1 : 0))]
    )
  }

  mutating func translateArgMax(_ node: GraphNode) throws {
    let axis = try integers(node, 1, "axis").first ?? 0
    make("ArgMax", node, [try value(node, 0)], [("axis", .integer(axis)), ("keepdims", .integer(0))])
  }

  mutating func translateSqueeze(_ node: GraphNode) throws {
    let axes = try node.integers("squeeze_dims")
    let operands = axes.isEmpty ? [] : [constant(node, "axes", axes)]
    make("Squeeze", node, [try value(node, 0)] + operands)
  }

  mutating func translateExpandDims(_ node: GraphNode) throws {
    let axes = try integers(node, 1, "axis")
    make("Unsqueeze", node, [try value(node, 0), constant(node, "axes", axes)])
  }

  mutating func translateConcat(_ node: GraphNode) throws {
    let axis = try integers(node, node.inputs.count - 1, "axis").first ?? 0
    make("Concat", node, Array(values(node).dropLast()), [("axis", .integer(axis))])
  }

  /// Each operand gets the new axis, then they are joined along it.
  mutating func translatePack(_ node: GraphNode) throws {
    let axis = try node.integer("axis", default: 0)
    let axes = constant(node, "axes", [axis])
    let parts = values(node).enumerated().map { number, value in
      make("Unsqueeze", node, [value, axes], suffix: "part\(number)")
    }
    make("Concat", node, parts, [("axis", .integer(axis))])
  }

  /// Parts of extent 1, which then lose the axis.
  mutating func translateUnpack(_ node: GraphNode) throws {
    let axis = try node.integer("axis", default: 0)
    let outputs = try outputs(node, try node.integer("num", default: 1))
    let parts = outputs.map { "\($0)#part" }
    result.node("Split", named: node.name, [try value(node, 0)], parts, [("axis", .integer(axis))])
    let axes = constant(node, "axes", [axis])
    for (part, output) in zip(parts, outputs) {
      result.node("Squeeze", named: "\(output)_part", [part, axes], [output])
    }
  }

  /// What TensorFlow calls the results of a node that cuts its operand.
  private func outputs(_ node: GraphNode, _ parts: Int) throws -> [String] {
    guard (1...1 << 16).contains(parts) else {
      throw node.error("bad-attribute", "'\(node.name)' (\(node.proto.op)) cuts into \(parts) parts")
    }
    return [node.name] + (1..<parts).map { "\(node.name):\($0)" }
  }

  mutating func translatePad(_ node: GraphNode) throws {
    let pads = try integers(node, 1, "paddings")
    let ends = stride(from: 1, to: pads.count, by: 2).map { pads[$0] }
    let starts = stride(from: 0, to: pads.count, by: 2).map { pads[$0] }
    var operands = [try value(node, 0), constant(node, "pads", starts + ends)]
    if node.operation == .padV2 { operands.append(try value(node, 2)) }
    make("Pad", node, operands)
  }

  mutating func translateSlice(_ node: GraphNode) throws {
    let starts = try integers(node, 1, "starts")
    let sizes = try integers(node, 2, "sizes")
    guard starts.count == sizes.count else {
      throw node.error("bad-parameters", "'\(node.name)' (Slice) has \(starts.count) starts and \(sizes.count) sizes")
    }
    let cut = starts.indices.filter { starts[$0] != 0 || sizes[$0] != -1 }
    let ends = cut.map { sizes[$0] < 0 ? Self.end : starts[$0] &+ sizes[$0] }
    cutOut(node, try value(node, 0), cut.map { ($0, starts[$0], ends[cut.firstIndex(of: $0) ?? 0], 1) }, suffix: "")
  }

  /// Behind any extent.
  private static let end = Int(Int32.max)

  /// A Slice of ONNX's, or nothing where the whole is taken.
  @discardableResult
  private mutating func cutOut(
    _ node: GraphNode,
    _ value: String,
    _ parts: [(axis: Int, start: Int, end: Int, step: Int)],
    suffix: String
  ) -> String {
    guard !parts.isEmpty else { return make("Identity", node, [value], suffix: suffix) }
    let operands = [
      constant(node, "starts", parts.map(\.start)), constant(node, "ends", parts.map(\.end)),
      constant(node, "slice_axes", parts.map(\.axis)), constant(node, "steps", parts.map(\.step)),
    ]
    return make("Slice", node, [value] + operands, suffix: suffix)
  }

  /// Slices, axes that vanish (`x[:, 3]`) and new ones (`x[:, None]`), by the bits of masks.
  mutating func translateStridedSlice(_ node: GraphNode) throws {
    let starts = try integers(node, 1, "starts")
    let ends = try integers(node, 2, "ends")
    let steps = try integers(node, 3, "steps")
    func mask(_ name: String) throws -> Int { try node.integer(name, default: 0) }
    let (begins, stops) = (try mask("begin_mask"), try mask("end_mask"))
    let (ellipsis, new, shrunk) = (try mask("ellipsis_mask"), try mask("new_axis_mask"), try mask("shrink_axis_mask"))
    guard starts.count == ends.count, starts.count == steps.count, starts.count <= 32,
      ellipsis.nonzeroBitCount <= 1, ellipsis == 0 || new == 0
    else {
      throw node.error(
        "bad-parameters",
        "'\(node.name)' (StridedSlice) cuts \(starts)..\(ends) in steps of \(steps)",
        hint: "slice with as many starts, ends and steps, and with either an ellipsis or a new axis"
      )
    }
    var parts: [(axis: Int, start: Int, end: Int, step: Int)] = []
    var (removed, added): ([Int], [Int]) = ([], [])
    var axis = 0
    for place in starts.indices {
      let bit = 1 << place
      if ellipsis & bit != 0 {
        // What follows counts from the end.
        axis = place + 1 - starts.count
        continue
      }
      if new & bit != 0 {
        added.append(place - removed.count)
        continue
      }
      if shrunk & bit != 0 {
        parts.append((axis, starts[place], starts[place] == -1 ? Self.end : starts[place] &+ 1, 1))
        removed.append(axis)
      } else {
        let step = steps[place]
        let start = begins & bit != 0 ? (step > 0 ? 0 : Self.end) : starts[place]
        let end = stops & bit != 0 ? (step > 0 ? Self.end : -Self.end) : ends[place]
        if start != 0 || end < Self.end || step != 1 { parts.append((axis, start, end, step)) }
      }
      axis += 1
    }
    var value = cutOut(
      node,
      try value(node, 0),
      parts,
      suffix: removed.isEmpty && added.isEmpty ? "" : "parts"
    )
    if !removed.isEmpty {
      let axes = constant(node, "removed_axes", removed)
      value = make("Squeeze", node, [value, axes], suffix: added.isEmpty ? "" : "shrunk")
    }
    if !added.isEmpty { make("Unsqueeze", node, [value, constant(node, "new_axes", added)]) }
  }

  mutating func translateSplit(_ node: GraphNode) throws {
    let axis = try integers(node, 0, "axis").first ?? 0
    try translateSplit(node, try value(node, 1), axis: axis, parts: try node.integer("num_split", default: 1), [])
  }

  mutating func translateSplitV(_ node: GraphNode) throws {
    let axis = try integers(node, 2, "axis").first ?? 0
    let sizes = try integers(node, 1, "sizes")
    guard let open = sizes.firstIndex(of: -1) else {
      try translateSplit(node, try value(node, 0), axis: axis, parts: sizes.count, [constant(node, "sizes", sizes)])
      return
    }
    // The parts behind the one whose size is open are counted from the end.
    let value = try value(node, 0)
    let starts = sizes.indices.map { $0 <= open ? sizes[..<$0].reduce(0, +) : -sizes[$0...].reduce(0, +) }
    for (index, output) in try outputs(node, sizes.count).enumerated() {
      let end =
        index == sizes.count - 1 ? Int(Int32.max) : index < open ? starts[index] + sizes[index] : starts[index + 1]
      let bounds = [("start", starts[index]), ("end", end), ("axis", axis)]
      let operands = bounds.map { constant(node, "\($0.0)\(index)", [$0.1]) }
      result.node("Slice", named: output, [value] + operands, [output])
    }
  }

  private mutating func translateSplit(
    _ node: GraphNode,
    _ value: String,
    axis: Int,
    parts: Int,
    _ sizes: [String]
  ) throws {
    result.node("Split", named: node.name, [value] + sizes, try outputs(node, parts), [("axis", .integer(axis))])
  }
}
