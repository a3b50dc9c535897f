import Diagnostics
import ONNXFrontend

// Products with weights, normalisation, pooling.
extension ProgramTranslator {
  /// `x · Wᵀ + b`, over the last axis.
  mutating func translateLinear(_ node: ProgramNode) throws {
    let weights = make(
      "Transpose",
      node,
      [try value(node, "weight")],
      suffix: "weights",
      [("perm", .integers([1, 0]))]
    )
    let bias = try optionalValue(node, "bias")
    let input = try value(node, "input")
    let product = make("MatMul", node, [input, weights], suffix: bias == nil ? "" : "product", isMain: true)
    if let bias { makeBias(node, [product, bias]) }
  }

  /// `beta · bias + alpha · a · b`.
  mutating func translateAddmm(_ node: ProgramNode) throws {
    let factors = (try node.number("beta", default: 1), try node.number("alpha", default: 1))
    guard factors == (1, 1) else {
      throw node.error(
        "unsupported-attribute",
        "'\(node.label)' (\(node.target)) scales its bias or its product",
        hint: "use nn.Linear"
      )
    }
    let product = make(
      "MatMul",
      node,
      [try value(node, "mat1"), try value(node, "mat2")],
      suffix: "product",
      isMain: true
    )
    makeBias(node, [product, try value(node)])
  }

  /// The sum that is the result of a node whose product bears its name.
  private mutating func makeBias(_ node: ProgramNode, _ operands: [String]) {
    result.node("Add", named: "\(node.label)_bias", operands, [node.valueName])
  }

  mutating func translateConvolution(_ node: ProgramNode) throws {
    if node.flag("transposed") { return try translateTransposedConvolution(node) }
    let operands = [try value(node, "input"), try value(node, "weight")]
    let bias = try optionalValue(node, "bias")
    var attributes = try windowAttributes(node, axes: try rank(node, "input") - 2, padding: "padding")
    attributes.append(("group", .integer(try node.integer("groups", default: 1))))
    make("Conv", node, operands + (bias.map { [$0] } ?? []), attributes)
  }

  mutating func translateTransposedConvolution(_ node: ProgramNode) throws {
    let operands = [try value(node, "input"), try value(node, "weight")]
    let bias = try optionalValue(node, "bias")
    let axes = try rank(node, "input") - 2
    var attributes = try windowAttributes(node, axes: axes, padding: "padding")
    attributes.append(("group", .integer(try node.integer("groups", default: 1))))
    if let extra = try node.integers("output_padding"), !extra.isEmpty {
      let all = extra.count == 1 ? Array(repeating: extra[0], count: axes) : extra
      attributes.append(("output_padding", .integers(all)))
    }
    make("ConvTranspose", node, operands + (bias.map { [$0] } ?? []), attributes)
  }

  /// `softmax(Q · Kᵀ · scale) · V`, over the last two axes.
  mutating func translateAttention(_ node: ProgramNode) throws {
    guard !node.has("attn_mask"), !node.flag("is_causal"), !node.flag("enable_gqa"),
      try node.number("dropout_p", default: 0) == 0
    else {
      throw node.error(
        "unsupported-attribute",
        "'\(node.label)' (\(node.target)) has a mask or drops elements",
        hint: "export the model for inference (model.eval()), without masks"
      )
    }
    let rank = try rank(node, "key")
    guard rank > 2, let width = shape(try node.tensor("query"))?.last ?? nil, width > 0 else {
      throw node.error("bad-shape", "'\(node.label)' (\(node.target)) reads tensors of \(rank) axes")
    }
    let order = Array(0..<rank - 2) + [rank - 1, rank - 2]
    let keys = make("Transpose", node, [try value(node, "key")], suffix: "keys", [("perm", .integers(order))])
    let product = make("MatMul", node, [try value(node, "query"), keys], suffix: "product")
    let scale = try node.number("scale", default: 1 / Double(width).squareRoot())
    let scores = make("Mul", node, [product, constant(node, "scale", scale)], suffix: "scores")
    let weights = make("Softmax", node, [scores], suffix: "weights", [("axis", .integer(-1))])
    make("MatMul", node, [weights, try value(node, "value")])
  }

  /// Strides, dilations and padding; one number stands for all axes.
  private func windowAttributes(
    _ node: ProgramNode,
    axes: Int,
    padding: String
  ) throws -> [(name: String, value: TranslatedAttribute)] {
    func all(_ name: String, default value: Int) throws -> [Int] {
      guard let numbers = try node.integers(name), !numbers.isEmpty else { return Array(repeating: value, count: axes) }
      return numbers.count == 1 ? Array(repeating: numbers[0], count: axes) : numbers
    }
    guard (1...2).contains(axes) else {
      throw node.error(
        "shape-mismatch",
        "'\(node.label)' (\(node.target)) has \(axes) spatial axes",
        hint: "windows over one or two axes of inputs [batch, channels, axis…] can be compiled"
      )
    }
    var attributes: [(name: String, value: TranslatedAttribute)] = [
      ("dilations", .integers(try all("dilation", default: 1)))
    ]
    let strides = try all("stride", default: 1)
    attributes.append(("strides", .integers(strides)))
    switch try node.text(padding) {
    case "valid": attributes.append(("auto_pad", .text("VALID")))
    // What is left over goes behind the input, as in TensorFlow.
    case "same": attributes.append(("auto_pad", .text("SAME_UPPER")))
    case let other?:
      throw node.error("bad-attribute", "'\(node.label)' (\(node.target)) has the padding '\(other)'")
    case nil:
      let pads = try all(padding, default: 0)
      attributes.append(("pads", .integers(pads + pads)))
    }
    return attributes
  }

  mutating func translateNormalization(_ node: ProgramNode) throws {
    guard !node.flag("training"), try node.optionalTensor("running_mean") != nil else {
      throw node.error(
        "training-mode",
        "'\(node.label)' (\(node.target)) normalises by the statistics of the batch",
        hint: "export the model for inference: model.eval(), with track_running_stats"
      )
    }
    let mean = try value(node, "running_mean")
    guard let channels = constant(mean)?.shape.first else {
      throw node.error(
        "dynamic-parameter",
        "the mean of '\(node.label)' (\(node.target)) is no parameter of the model",
        hint: "export the model with its parameters"
      )
    }
    // Without affine parameters it only shifts and scales.
    let scale = try optionalValue(node, "weight") ?? ones(node, "scale", 1, channels)
    let bias = try optionalValue(node, "bias") ?? ones(node, "bias", 0, channels)
    let operands = [try value(node, "input"), scale, bias, mean, try value(node, "running_var")]
    make("BatchNormalization", node, operands, [("epsilon", .float(try node.number("eps", default: 1e-5)))])
  }

  /// Over the last axes, as many as the normalised shape has.
  mutating func translateLayerNormalization(_ node: ProgramNode) throws {
    let shape = try node.integers("normalized_shape") ?? []
    let scale: String
    if let weight = try optionalValue(node, "weight") { scale = weight } else { scale = constant(node, "scale", 1.0) }
    let bias = try optionalValue(node, "bias")
    make(
      "LayerNormalization",
      node,
      [try value(node, "input"), scale] + (bias.map { [$0] } ?? []),
      [("axis", .integer(-max(shape.count, 1))), ("epsilon", .float(try node.number("eps", default: 1e-5)))]
    )
  }

  private mutating func ones(_ node: ProgramNode, _ suffix: String, _ number: Double, _ count: Int) -> String {
    let shape = constant(node, "\(suffix)_shape", [count])
    return make("Expand", node, [constant(node, "\(suffix)_number", number), shape], suffix: suffix)
  }

  mutating func translatePooling(_ node: ProgramNode, _ operation: String) throws {
    let axes = try rank(node) - 2
    let kernel = try node.integers("kernel_size") ?? []
    let sizes = kernel.count == 1 ? Array(repeating: kernel[0], count: max(axes, 0)) : kernel
    var attributes = try windowAttributes(node, axes: axes, padding: "padding")
    if try node.integers("stride")?.isEmpty ?? true {
      // Left out, windows lie side by side.
      attributes.removeAll { $0.name == "strides" }
      attributes.append(("strides", .integers(sizes)))
    }
    attributes.append(("kernel_shape", .integers(sizes)))
    if node.flag("ceil_mode") { attributes.append(("ceil_mode", .integer(1))) }
    if operation == "AveragePool" {
      attributes.removeAll { $0.name == "dilations" }
      attributes.append(("count_include_pad", .integer(node.flag("count_include_pad", default: true) ? 1 : 0)))
      guard try node.integer("divisor_override") == nil else {
        throw node.error(
          "unsupported-attribute",
          "'\(node.label)' (\(node.target)) divides by another number than it sums",
          hint: "use it without divisor_override"
        )
      }
    }
    make(operation, node, [try value(node)], attributes)
  }

  /// Pooling to a given extent: over all positions, or in windows of one size side by side.
  mutating func translateAdaptive(_ node: ProgramNode, _ operation: String) throws {
    let shape = (shape(try node.tensor("self")) ?? []).dropFirst(2).map { $0 ?? 0 }
    var target = try node.integers("output_size") ?? []
    if target.count == 1, shape.count == 2 { target = [target[0], target[0]] }
    guard (1...2).contains(shape.count), target.count == shape.count,
      zip(shape, target).allSatisfy({ $0 > 0 && $1 > 0 && $0 % $1 == 0 })
    else {
      throw node.error(
        "unsupported-attribute",
        "'\(node.label)' (\(node.target)) pools \(shape) positions to \(target), with windows of different sizes",
        hint: "pool to extents that divide those of the input"
      )
    }
    if target.allSatisfy({ $0 == 1 }) {
      make(operation == "MaxPool" ? "GlobalMaxPool" : "GlobalAveragePool", node, [try value(node)])
      return
    }
    let sizes = zip(shape, target).map { $0 / $1 }
    make(operation, node, [try value(node)], [("kernel_shape", .integers(sizes)), ("strides", .integers(sizes))])
  }
}
