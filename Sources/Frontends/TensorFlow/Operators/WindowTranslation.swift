import Diagnostics
import ONNXFrontend

// Convolutions and pooling. TensorFlow has the channels last, unless it says otherwise; ONNX has them first. (Inside Tricot they are last:
// the transposes that are written here move nothing.)
extension GraphTranslator {
  mutating func translateConvolution(_ node: GraphNode) throws {
    let format = try node.text("data_format", default: "NHWC")
    let kernel = try outputsFirst(node)
    try translateWindow(node, "Conv", format, [kernel], windowAttributes(node, format))
  }

  /// The gradient of a convolution, which is how TensorFlow writes a transposed one: the result has as many positions as strides make
  /// of the operand's, and what windows reach beyond that is cut off.
  mutating func translateTransposedConvolution(_ node: GraphNode) throws {
    let format = try node.text("data_format", default: "NHWC")
    let shape = try kernelShape(node)
    let strides = try spatial(node, "strides", format)
    let isSame = try node.text("padding", default: "VALID") == "SAME"
    guard try isSame || node.text("padding", default: "VALID") == "VALID",
      try node.proto.attr["dilations"] == nil || spatial(node, "dilations", format) == [1, 1]
    else {
      throw node.error(
        "unsupported-attribute",
        "'\(node.name)' (\(node.proto.op)) is dilated or has explicit paddings",
        hint: "use Conv2DTranspose with 'same' or 'valid' padding, without dilation"
      )
    }
    let beyond = strides.indices.map { isSame ? max(shape[$0] - strides[$0], 0) : 0 }
    let kernel = try outputsFirst(node)
    let isMoved = !format.hasPrefix("NC")
    let input = try channelsFirst(node, try value(node, 2), format)
    let value = make(
      "ConvTranspose",
      node,
      [input, kernel],
      suffix: isMoved ? "channels_first" : "",
      isMain: true,
      [
        ("strides", .integers(strides)), ("pads", .integers(beyond.map { $0 / 2 } + beyond.map { $0 - $0 / 2 })),
        ("output_padding", .integers(strides.indices.map { max(strides[$0] - shape[$0], 0) })),
      ]
    )
    if isMoved { channelsLast(node, value) }
  }

  /// The extents of a kernel of four axes, which must be known.
  private func kernelShape(_ node: GraphNode) throws -> [Int] {
    guard let shape = constant(try value(node, 1))?.shape, shape.count == 4 else {
      throw node.error(
        "dynamic-parameter",
        "the kernel of '\(node.name)' (\(node.proto.op)) is no constant with four axes",
        hint: "freeze the graph, so that variables become constants"
      )
    }
    return shape
  }

  /// A kernel with its last two axes first, as ONNX has them.
  private mutating func outputsFirst(_ node: GraphNode) throws -> String {
    make("Transpose", node, [try value(node, 1)], suffix: "kernel", [("perm", .integers([3, 2, 0, 1]))])
  }

  mutating func translateDepthwise(_ node: GraphNode) throws {
    let format = try node.text("data_format", default: "NHWC")
    let shape = try kernelShape(node)
    let (channels, outputs) = (shape[2], shape[2] * shape[3])
    let moved = make("Transpose", node, [try value(node, 1)], suffix: "moved", [("perm", .integers([2, 3, 0, 1]))])
    let target = constant(node, "kernel_shape", [outputs, 1, shape[0], shape[1]])
    let kernel = make("Reshape", node, [moved, target], suffix: "kernel")
    let attributes = try windowAttributes(node, format) + [("group", .integer(channels))]
    try translateWindow(node, "Conv", format, [kernel], attributes)
  }

  mutating func translatePooling(_ node: GraphNode, _ operation: String) throws {
    let format = try node.text("data_format", default: "NHWC")
    let sizes = try spatial(node, "ksize", format)
    let attributes = try windowAttributes(node, format) + [("kernel_shape", .integers(sizes))]
    try translateWindow(node, operation, format, [], attributes)
  }

  /// A window operator between the transposes that it needs, and what is fused to it.
  private mutating func translateWindow(
    _ node: GraphNode,
    _ operation: String,
    _ format: String,
    _ operands: [String],
    _ attributes: [(name: String, value: TranslatedAttribute)]
  ) throws {
    let isMoved = !format.hasPrefix("NC")
    let isFused = node.operation == .fusedConv2D
    let input = try channelsFirst(node, try value(node, 0), format)
    let suffix = isMoved || isFused ? "channels_first" : ""
    var value = make(operation, node, [input] + operands, suffix: suffix, isMain: true, attributes)
    if isMoved { value = channelsLast(node, value, suffix: isFused ? "sums" : "") }
    if isFused { try translateFused(node, value, isChannelsFirst: !isMoved) }
  }

  /// The value as ONNX has it: channels before all other axes.
  mutating func channelsFirst(_ node: GraphNode, _ value: String, _ format: String) throws -> String {
    switch format {
    case "NCHW": return value
    case "NHWC": return make("Transpose", node, [value], suffix: "input", [("perm", .integers([0, 3, 1, 2]))])
    default:
      throw node.error(
        "unsupported-attribute",
        "'\(node.name)' (\(node.proto.op)) has the order of axes '\(format)'",
        hint: "use tensors of four axes, NHWC or NCHW"
      )
    }
  }

  @discardableResult
  mutating func channelsLast(_ node: GraphNode, _ value: String, suffix: String = "") -> String {
    make("Transpose", node, [value], suffix: suffix, [("perm", .integers([0, 2, 3, 1]))])
  }

  private func windowAttributes(
    _ node: GraphNode,
    _ format: String
  ) throws -> [(name: String, value: TranslatedAttribute)] {
    if let dilated = try dilatedAttributes(node, format) { return dilated }
    var attributes: [(name: String, value: TranslatedAttribute)] = [
      ("strides", .integers(try spatial(node, "strides", format)))
    ]
    if node.proto.attr["dilations"] != nil {
      attributes.append(("dilations", .integers(try spatial(node, "dilations", format))))
    }
    switch try node.text("padding", default: "VALID") {
    case "VALID": attributes.append(("auto_pad", .text("VALID")))
    case "SAME": attributes.append(("auto_pad", .text("SAME_UPPER")))
    case "EXPLICIT":
      let all = try node.integers("explicit_paddings")
      let first = format.hasPrefix("NC") ? 4 : 2
      guard all.count == 8 else {
        throw node.error("bad-attribute", "'\(node.name)' (\(node.proto.op)) has \(all.count) explicit paddings, not 8")
      }
      attributes.append(("pads", .integers([all[first], all[first + 2], all[first + 1], all[first + 3]])))
    case let padding:
      throw node.error("bad-attribute", "'\(node.name)' (\(node.proto.op)) has the padding '\(padding)'")
    }
    return attributes
  }

  /// Of a dilated convolution as Keras writes it: each `d`-th position becomes an event of its own, and back.
  private func dilatedAttributes(
    _ node: GraphNode,
    _ format: String
  ) throws -> [(name: String, value: TranslatedAttribute)]? {
    guard let before = maker(of: try value(node, 0)), before.operation == .spaceToBatch else { return nil }
    let after = nodes.first { other in
      other.operation == .batchToSpace
        && other.inputs.first.flatMap { maker(of: simplification.resolved($0)) }?.name == node.name
    }
    guard let after, try spatial(node, "strides", format) == [1, 1], !format.hasPrefix("NC"),
      try node.text("padding", default: "VALID") == "VALID",
      case let dilations = try integers(before, 1, "block"), case let pads = try integers(before, 2, "padding"),
      case let crops = try integers(after, 2, "crops"), try integers(after, 1, "block") == dilations,
      pads.count == 2 * dilations.count, crops.count == pads.count, (1...2).contains(dilations.count),
      dilations.indices.allSatisfy({ crops[2 * $0] == 0 })
    else {
      throw before.error(
        "unsupported-operator",
        "'\(before.name)' (\(before.proto.op)) is no part of a dilated convolution",
        hint: "use Conv2D with dilations"
      )
    }
    // With one number, the first spatial axis alone is spread.
    let rest = Array(repeating: 0, count: 2 - dilations.count)
    let ends = dilations.indices.map { pads[2 * $0 + 1] - crops[2 * $0 + 1] }
    let begins = dilations.indices.map { pads[2 * $0] }
    return [
      ("dilations", .integers(dilations + rest.map { _ in 1 })), ("pads", .integers(begins + rest + ends + rest)),
    ]
  }

  /// The two numbers of the spatial axes; those of batch and channels must be 1.
  private func spatial(_ node: GraphNode, _ attribute: String, _ format: String) throws -> [Int] {
    let all = try node.integers(attribute)
    let places = format.hasPrefix("NC") ? [2, 3] : [1, 2]
    guard all.count == 4, (0..<4).allSatisfy({ places.contains($0) || all[$0] == 1 }) else {
      throw node.error(
        "bad-attribute",
        "'\(node.name)' (\(node.proto.op)) has '\(attribute)' \(all)",
        hint: "windows may move along two spatial axes, not along events or channels"
      )
    }
    return places.map { all[$0] }
  }
}
