import Diagnostics
import ONNXFrontend

// Products with weights, and what is fused to them.
extension GraphTranslator {
  /// MatMul, BatchMatMul and the fused one.
  mutating func translateProduct(_ node: GraphNode, _ operation: GraphOperator) throws {
    let isBatched = operation == .batchMatMul || operation == .batchMatMulV2
    guard try !node.flag(isBatched ? "adj_x" : "transpose_a") else {
      throw node.error(
        "unsupported-attribute",
        "'\(node.name)' (\(node.proto.op)) transposes its input, which mixes events",
        hint: "write the product as input · weights"
      )
    }
    let input = try positionwise(value(node, 0))
    var weights = try value(node, 1)
    if try node.flag(isBatched ? "adj_y" : "transpose_b") {
      let rank = constant(weights)?.shape.count ?? 2
      let order = Array(0..<max(rank - 2, 0)) + [max(rank - 1, 1), max(rank - 2, 0)]
      weights = make("Transpose", node, [weights], suffix: "weights", [("perm", .integers(order))])
    }
    guard operation == .fusedMatMul else {
      make("MatMul", node, [input, weights])
      return
    }
    let product = make("MatMul", node, [input, weights], suffix: "product", isMain: true)
    try translateFused(node, product, isChannelsFirst: false)
  }

  /// Keras multiplies tensors of more axes by joining the batch and all axes but the last first; then the tensor before that is multiplied
  /// along its last axis, which is the same.
  private func positionwise(_ value: String) -> String {
    guard let reshape = maker(of: value), reshape.operation == .reshape, reshape.inputs.count == 2,
      let shape = maker(of: simplification.resolved(reshape.inputs[1])), shape.operation == .pack,
      shape.inputs.count == 2, shape.inputs.allSatisfy({ maker(of: simplification.resolved($0))?.operation == .prod })
    else { return value }
    return simplification.resolved(reshape.inputs[0])
  }

  /// Bias, normalisation and activation, by the names in `fused_ops`.
  mutating func translateFused(_ node: GraphNode, _ value: String, isChannelsFirst: Bool) throws {
    let operations = try node.texts("fused_ops")
    guard !operations.isEmpty else {
      throw node.error("bad-attribute", "'\(node.name)' (\(node.proto.op)) does not say what it fuses")
    }
    var value = value
    var next = 2
    for (number, operation) in operations.enumerated() {
      let isLast = number == operations.count - 1
      let suffix = isLast ? "" : operation.lowercased()
      switch operation {
      case "BiasAdd":
        let bias = try biasOperand(node, try self.value(node, next), isChannelsFirst: isChannelsFirst)
        value = make("Add", node, [value, bias], suffix: suffix)
        next += 1
      case "Relu", "Elu", "Sigmoid", "Tanh": value = make(operation, node, [value], suffix: suffix)
      case "Relu6":
        let bounds = [constant(node, "min", 0.0), constant(node, "max", 6.0)]
        value = make("Clip", node, [value] + bounds, suffix: suffix)
      case "LeakyRelu":
        let slope = Double(try node.float("leakyrelu_alpha", default: 0.2))
        value = make("LeakyRelu", node, [value], suffix: suffix, [("alpha", .float(slope))])
      default:
        throw node.error(
          "unsupported-operator",
          "'\(node.name)' (\(node.proto.op)) fuses \(operation), which is not supported",
          hint: "freeze the graph without the optimiser's fusions (remapping)"
        )
      }
    }
  }

  mutating func translateBias(_ node: GraphNode) throws {
    let isChannelsFirst = try node.text("data_format", default: "NHWC").hasPrefix("NC")
    let bias = try biasOperand(node, try value(node, 1), isChannelsFirst: isChannelsFirst)
    make("Add", node, [try value(node, 0), bias])
  }

  /// A bias in the form in which it broadcasts.
  private mutating func biasOperand(_ node: GraphNode, _ bias: String, isChannelsFirst: Bool) throws -> String {
    guard isChannelsFirst else { return bias }
    let shape = constant(node, "bias_shape", [-1, 1, 1])
    return make("Reshape", node, [bias, shape], suffix: "bias")
  }

  mutating func translateNormalization(_ node: GraphNode) throws {
    if try translateLayerNormalization(node) { return }
    guard try !node.flag("is_training", default: true) else {
      throw node.error(
        "training-mode",
        "'\(node.name)' (\(node.proto.op)) normalises by the statistics of the batch",
        hint: "freeze the graph for inference: tf.keras.backend.set_learning_phase(0) before the model is built"
      )
    }
    let format = try node.text("data_format", default: "NHWC")
    let epsilon = Double(try node.float("epsilon", default: 0.0001))
    let input = try channelsFirst(node, try value(node, 0), format)
    let isMoved = !format.hasPrefix("NC")
    let parameters = try (1...4).map { try value(node, $0) }
    let result = make(
      "BatchNormalization",
      node,
      [input] + parameters,
      suffix: isMoved ? "normalised" : "",
      isMain: true,
      [("epsilon", .float(epsilon))]
    )
    if isMoved { channelsLast(node, result) }
  }

  /// Keras normalises the last axis so: all others become channels, each normalised by its own statistics.
  private mutating func translateLayerNormalization(_ node: GraphNode) throws -> Bool {
    guard try node.flag("is_training", default: true), try node.text("data_format", default: "NHWC") == "NCHW",
      let before = maker(of: try value(node, 0)), before.operation == .reshape, before.inputs.count == 2,
      let shape = maker(of: simplification.resolved(before.inputs[1])), shape.operation == .pack,
      shape.inputs.count == 4,
      let ends = Optional([0, 3].map { constant(simplification.resolved(shape.inputs[$0]))?.integers }),
      ends == [[1], [1]], nodes.contains(where: { $0.operation == .reshape && $0.inputs.first == node.name })
    else { return false }
    let input = simplification.resolved(before.inputs[0])
    let epsilon = Double(try node.float("epsilon", default: 0.0001))
    make(
      "LayerNormalization",
      node,
      [input, constant(node, "scale", 1.0)],
      [("axis", .integer(-1)), ("epsilon", .float(epsilon))]
    )
    return true
  }
}
