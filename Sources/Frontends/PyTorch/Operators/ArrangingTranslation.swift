import Diagnostics
import ONNXFrontend

// Operators that move, join, cut or summarise elements.
extension ProgramTranslator {
  mutating func translateReduction(_ node: ProgramNode, _ operation: String) throws {
    guard let axes = try node.integers("dim"), !axes.isEmpty else {
      throw node.error(
        "bad-axis",
        "'\(node.label)' (\(node.target)) reduces all axes, the batch included",
        hint: "name the axes from 1 on"
      )
    }
    let keeps = node.flag("keepdim") ? 1 : 0
    make(operation, node, [try value(node), constant(node, "axes", axes)], [("keepdims", .integer(keeps))])
  }

  /// `amax` over axes, `max` of two tensors or over one axis, of which only the numbers count.
  mutating func translateExtreme(_ node: ProgramNode, _ operation: String) throws {
    if let other = try optionalValue(node, "other") {
      make(operation, node, [try value(node), other])
      return
    }
    try translateReduction(node, "Reduce\(operation)")
  }

  mutating func translateFlatten(_ node: ProgramNode) throws {
    let rank = try rank(node)
    let (first, last) = (try node.integer("start_dim", default: 0), try node.integer("end_dim", default: -1))
    try flatten(node, first < 0 ? first + rank : first, last < 0 ? last + rank : last)
  }

  private mutating func flatten(_ node: ProgramNode, _ first: Int, _ last: Int) throws {
    let shape = shape(try node.tensor("self")) ?? []
    guard first >= 1, first <= last, last < shape.count else {
      throw node.error(
        "bad-axis",
        "'\(node.label)' (\(node.target)) flattens axes \(first) to \(last), which mixes events or does not exist",
        hint: "flatten from axis 1"
      )
    }
    let middle = shape[first...last].compactMap { $0 }.reduce(1) { $0 &* $1 }
    let extents = shape[1..<first].map { $0 ?? -1 } + [middle] + shape[(last + 1)...].map { $0 ?? -1 }
    make("Reshape", node, [try value(node), constant(node, "shape", [0] + extents)])
  }

  mutating func translateUnflatten(_ node: ProgramNode) throws {
    let shape = shape(try node.tensor("self")) ?? []
    let given = try node.integer("dim", default: 0)
    let axis = given < 0 ? given + shape.count : given
    guard let sizes = try node.integers("sizes"), shape.indices.contains(axis), axis > 0 else {
      throw node.error("bad-axis", "'\(node.label)' (\(node.target)) divides axis \(given) of \(shape.count)")
    }
    let extents = shape[1..<axis].map { $0 ?? -1 } + sizes + shape[(axis + 1)...].map { $0 ?? -1 }
    make("Reshape", node, [try value(node), constant(node, "shape", [0] + extents)])
  }

  /// The first extent is the batch; where it is computed, it stays as it is.
  mutating func translateReshape(_ node: ProgramNode) throws {
    guard let given = try node.extents(node.has("size") ? "size" : "shape") else {
      throw node.error("bad-arity", "'\(node.label)' (\(node.target)) lacks its shape")
    }
    guard given.dropFirst().allSatisfy({ $0 != nil }) else {
      throw node.error(
        "dynamic-shape",
        "'\(node.label)' (\(node.target)) computes extents from the shape of the input",
        hint: "export the model with fixed shapes; only the batch, the first dimension, may be open"
      )
    }
    // Zero means the batch as it is.
    let shape = given.map { $0 ?? 0 }
    make("Reshape", node, [try value(node), constant(node, "shape", shape)])
  }

  mutating func translateSqueeze(_ node: ProgramNode) throws {
    var axes = try node.integers("dim")
    let shape = shape(try node.tensor("self")) ?? []
    if axes == nil { axes = shape.indices.dropFirst().filter { shape[$0] == 1 } }
    // An axis of another extent stays.
    let kept = (axes ?? []).filter { axis in
      let place = axis < 0 ? axis + shape.count : axis
      return shape.indices.contains(place) && shape[place] == 1
    }
    guard !kept.isEmpty else {
      make("Identity", node, [try value(node)])
      return
    }
    make("Squeeze", node, [try value(node), constant(node, "axes", kept)])
  }

  mutating func translateTranspose(_ node: ProgramNode) throws {
    let rank = try rank(node)
    func place(_ axis: Int) -> Int { axis < 0 ? axis + rank : axis }
    var order = Array(0..<rank)
    if let dims = try node.integers("dims") {
      order = dims.map(place)
    } else {
      let isSwap = node.has("dim0")
      let first = place(try node.integer("dim0", default: 0))
      let second = place(try node.integer("dim1", default: 1))
      guard order.indices.contains(first), order.indices.contains(second) || !isSwap else {
        throw node.error("bad-axis", "'\(node.label)' (\(node.target)) exchanges axes that do not exist")
      }
      if rank > 1 { order.swapAt(first, second) }
    }
    make("Transpose", node, [try value(node)], [("perm", .integers(order))])
  }

  mutating func translateConcat(_ node: ProgramNode) throws {
    let parts = try values(node)
    make("Concat", node, parts, [("axis", .integer(try node.integer("dim", default: 0)))])
  }

  mutating func translateStack(_ node: ProgramNode) throws {
    let axis = try node.integer("dim", default: 0)
    let axes = constant(node, "axes", [axis])
    var parts: [String] = []
    for (number, part) in try values(node).enumerated() {
      parts.append(make("Unsqueeze", node, [part, axes], suffix: "part\(number)"))
    }
    make("Concat", node, parts, [("axis", .integer(axis))])
  }

  private mutating func values(_ node: ProgramNode) throws -> [String] {
    var values: [String] = []
    for name in try node.tensors("tensors") { values.append(try value(named: name, asked: node.origin)) }
    return values
  }

  /// A slice, one index of an axis, or several.
  mutating func translatePart(_ node: ProgramNode, _ operation: ProgramOperator) throws {
    let axis = try node.integer("dim", default: 0)
    let input = try value(node)
    switch operation {
    case .indexSelect:
      make("Gather", node, [input, try value(node, "index")], [("axis", .integer(axis))])
    case .select:
      let index = try node.integer("index", default: 0)
      if isState(try node.tensor("self")) {
        // The last layer's or another's state, whose batch is not the first axis.
        make("Gather", node, [input, constant(node, "place", element: index)], [("axis", .integer(axis))])
        return
      }
      let end = index == -1 ? ProgramNode.greatest : index &+ 1
      let part = cut(node, input, axis, index, end, 1, suffix: "part")
      make("Squeeze", node, [part, constant(node, "squeezed", [axis])])
    case .narrow:
      let start = try node.integer("start", default: 0)
      cut(node, input, axis, start, start &+ (try node.integer("length", default: 0)), 1, suffix: "")
    default:
      let start = try node.integer("start") ?? 0
      let end = try node.integer("end") ?? ProgramNode.greatest
      cut(node, input, axis, start, min(end, ProgramNode.greatest), try node.integer("step", default: 1), suffix: "")
    }
  }

  @discardableResult
  private mutating func cut(
    _ node: ProgramNode,
    _ input: String,
    _ axis: Int,
    _ start: Int,
    _ end: Int,
    _ step: Int,
    suffix: String
  ) -> String {
    // The whole of an axis, as indexing the batch by `:` is written.
    if start == 0, end == ProgramNode.greatest, step == 1 { return make("Identity", node, [input], suffix: suffix) }
    let operands = [
      constant(node, "starts", [start]), constant(node, "ends", [end]), constant(node, "axes", [axis]),
      constant(node, "steps", [step]),
    ]
    return make("Slice", node, [input] + operands, suffix: suffix)
  }

  mutating func translateSplit(_ node: ProgramNode, _ operation: ProgramOperator) throws {
    let axis = try node.integer("dim", default: 0)
    var operands = [try value(node)]
    let shape = shape(try node.tensor("self")) ?? []
    let place = axis < 0 ? axis + shape.count : axis
    let sizes = try node.integers("split_sizes") ?? node.integers("split_size")
    if operation == .splitWithSizes || (sizes?.count ?? 0) > 1 {
      operands.append(constant(node, "sizes", sizes ?? []))
    } else if shape.indices.contains(place), let extent = shape[place], extent > 0 {
      // Of one size, but for the last.
      let parts = try node.integer("chunks").map { max($0, 1) }
      let size = max(parts.map { (extent + $0 - 1) / $0 } ?? sizes?.first ?? extent, 1)
      operands.append(constant(node, "sizes", stride(from: 0, to: extent, by: size).map { min(size, extent - $0) }))
    }
    result.node("Split", named: node.label, operands, node.outputs, [("axis", .integer(axis))])
  }

  /// Pads are listed from the last axis on, before and after.
  mutating func translatePad(_ node: ProgramNode) throws {
    let rank = try rank(node)
    let pads = try node.integers("pad") ?? []
    guard pads.count.isMultiple(of: 2), pads.count <= 2 * rank, try node.text("mode") ?? "constant" == "constant" else {
      throw node.error(
        "unsupported-attribute",
        "'\(node.label)' (\(node.target)) does not pad with a constant",
        hint: "only constants can be put around a tensor"
      )
    }
    var before = [Int](repeating: 0, count: rank)
    var after = before
    for pair in 0..<pads.count / 2 {
      before[rank - 1 - pair] = pads[2 * pair]
      after[rank - 1 - pair] = pads[2 * pair + 1]
    }
    let number = constant(node, "number", try node.number("value", default: 0))
    make("Pad", node, [try value(node), constant(node, "pads", before + after), number])
  }
}
