import Diagnostics
import ONNXFrontend

extension ProgramTranslator {
  /// Writes one node in ONNX's terms.
  mutating func translate(_ node: ProgramNode) throws {
    guard let operation = ProgramOperator(rawValue: node.operation) else { return }
    switch operation {
    case .linear: try translateLinear(node)
    case .addmm: try translateAddmm(node)
    case .mm: make("MatMul", node, [try value(node), try value(node, "mat2")])
    case .matmul: make("MatMul", node, [try value(node), try value(node, "other")])
    case .conv1d, .conv2d, .convolution: try translateConvolution(node)
    case .layerNorm: try translateLayerNormalization(node)
    case .convTranspose1d, .convTranspose2d: try translateTransposedConvolution(node)
    case .attention: try translateAttention(node)
    case .batchNorm, .batchNormInference: try translateNormalization(node)
    case .lstm: try translateRecurrence(node, .lstm)
    case .gru: try translateRecurrence(node, .gru)
    case .rnnTanh: try translateRecurrence(node, .tanh)
    case .rnnReLU: try translateRecurrence(node, .relu)
    case .zeros: try translateZeros(node)
    case .relu: make("Relu", node, [try value(node)])
    case .relu6: try clip(node, 0, 6)
    case .leakyReLU:
      let slope = try node.number("negative_slope", default: 0.01)
      make("LeakyRelu", node, [try value(node)], [("alpha", .float(slope))])
    case .prelu: try translatePReLU(node)
    case .elu: try translateELU(node)
    case .selu: make("Selu", node, [try value(node)])
    case .sigmoid: make("Sigmoid", node, [try value(node)])
    case .tanh: make("Tanh", node, [try value(node)])
    case .hardtanh: try clip(node, node.number("min_val", default: -1), node.number("max_val", default: 1))
    case .hardsigmoid:
      make("HardSigmoid", node, [try value(node)], [("alpha", .float(1.0 / 6)), ("beta", .float(0.5))])
    case .hardswish: make("HardSwish", node, [try value(node)])
    case .hardshrink:
      make("Shrink", node, [try value(node)], [("lambd", .float(try node.number("lambd", default: 0.5)))])
    case .softplus: try translateSoftplus(node)
    case .silu:
      let input = try value(node)
      make("Mul", node, [input, make("Sigmoid", node, [input], suffix: "sigmoid")])
    case .gelu:
      let form = try node.text("approximate") ?? "none"
      make("Gelu", node, [try value(node)], [("approximate", .text(form))])
    case .softmax, .softmaxKernel:
      make("Softmax", node, [try value(node)], [("axis", .integer(try node.integer("dim", default: -1)))])
    case .logSoftmax, .logSoftmaxKernel:
      make("LogSoftmax", node, [try value(node)], [("axis", .integer(try node.integer("dim", default: -1)))])
    case .exp: make("Exp", node, [try value(node)])
    case .log: make("Log", node, [try value(node)])
    case .sqrt: make("Sqrt", node, [try value(node)])
    case .rsqrt: make("Reciprocal", node, [make("Sqrt", node, [try value(node)], suffix: "root")])
    case .reciprocal: make("Reciprocal", node, [try value(node)])
    case .abs: make("Abs", node, [try value(node)])
    case .erf: make("Erf", node, [try value(node)])
    case .clamp: try clip(node, node.number("min"), node.number("max"))
    case .clampMin: try clip(node, node.number("min"), nil)
    case .clampMax: try clip(node, nil, node.number("max"))
    case .add: try translateSum(node, "Add")
    case .sub: try translateSum(node, "Sub")
    case .rsub: make("Sub", node, [try operand(node), try value(node)])
    case .mul: make("Mul", node, [try value(node), try operand(node)])
    case .div: try translateQuotient(node)
    case .neg: make("Neg", node, [try value(node)])
    case .square: make("Mul", node, [try value(node), try value(node)])
    case .pow: try translatePower(node)
    case .maximum: make("Max", node, [try value(node), try operand(node)])
    case .minimum: make("Min", node, [try value(node), try operand(node)])
    case .maxPool1d, .maxPool2d, .maxPool2dIndices: try translatePooling(node, "MaxPool")
    case .avgPool1d, .avgPool2d: try translatePooling(node, "AveragePool")
    case .adaptiveAvgPool1d, .adaptiveAvgPool2d: try translateAdaptive(node, "AveragePool")
    case .adaptiveMaxPool1d, .adaptiveMaxPool2d: try translateAdaptive(node, "MaxPool")
    case .mean: try translateReduction(node, "ReduceMean")
    case .sum: try translateReduction(node, "ReduceSum")
    case .amax, .max: try translateExtreme(node, "Max")
    case .amin, .min: try translateExtreme(node, "Min")
    case .argmax:
      let axis = try node.integer("dim") ?? 0
      let keeps = node.flag("keepdim") ? 1 : 0
      make("ArgMax", node, [try value(node)], [("axis", .integer(axis)), ("keepdims", .integer(keeps))])
    case .flatten: try translateFlatten(node)
    case .unflatten: try translateUnflatten(node)
    case .view, .reshape, .unsafeView: try translateReshape(node)
    case .squeeze: try translateSqueeze(node)
    case .unsqueeze:
      make("Unsqueeze", node, [try value(node), constant(node, "axes", try node.integers("dim") ?? [])])
    case .transpose, .t, .permute: try translateTranspose(node)
    case .cat: try translateConcat(node)
    case .stack: try translateStack(node)
    case .slice, .narrow, .select, .indexSelect: try translatePart(node, operation)
    case .split, .splitWithSizes, .chunk: try translateSplit(node, operation)
    case .pad, .constantPad: try translatePad(node)
    case .dropout, .alphaDropout, .featureDropout: try translateDropout(node)
    case .clone, .contiguous, .detach, .alias, .liftFreshCopy: make("Identity", node, [try value(node)])
    case .to, .toCopy, .typeAs: try translateConversion(node)
    }
    try replace(node)
  }

  private mutating func translateDropout(_ node: ProgramNode) throws {
    guard !node.flag("train") else {
      throw node.error(
        "training-mode",
        "'\(node.label)' (\(node.target)) is in training mode",
        hint: "export the model for inference: model.eval()"
      )
    }
    make("Identity", node, [try value(node, "input")])
  }

  private mutating func translateConversion(_ node: ProgramNode) throws {
    let types = [6: TranslatedTensor.Element.float16, 7: .float32, 8: .float64, 13: .bfloat16]
    guard let type = try node.scalarType("dtype") else {
      make("Identity", node, [try value(node)])
      return
    }
    guard let element = types[type] else {
      throw node.error(
        "unsupported-operator",
        "'\(node.label)' (\(node.target)) converts to whole numbers, which rounds",
        hint: "remove the conversion; precision is a matter of the configuration"
      )
    }
    make("Cast", node, [try value(node)], [("to", .type(element))])
  }

  private mutating func clip(_ node: ProgramNode, _ low: Double?, _ high: Double?) throws {
    var operands = [try value(node)]
    operands.append(low.map { constant(node, "min", $0) } ?? "")
    if let high { operands.append(constant(node, "max", high)) }
    make("Clip", node, operands)
  }

  private mutating func translatePReLU(_ node: ProgramNode) throws {
    let slope = try value(node, "weight")
    let rank = try rank(node)
    // One slope for each channel, the axis after the batch.
    guard rank > 2, let count = constant(slope)?.shape.first, count > 1 else {
      make("PRelu", node, [try value(node), slope])
      return
    }
    let shape = constant(node, "slope_shape", [count] + Array(repeating: 1, count: rank - 2))
    make("PRelu", node, [try value(node), make("Reshape", node, [slope, shape], suffix: "slope")])
  }

  private mutating func translateELU(_ node: ProgramNode) throws {
    guard try node.number("scale", default: 1) == 1, try node.number("input_scale", default: 1) == 1 else {
      throw node.error(
        "unsupported-attribute",
        "'\(node.label)' (\(node.target)) scales its input or result",
        hint: "use ELU or SELU with their usual constants"
      )
    }
    make("Elu", node, [try value(node)], [("alpha", .float(try node.number("alpha", default: 1)))])
  }

  private mutating func translateSoftplus(_ node: ProgramNode) throws {
    guard try node.number("beta", default: 1) == 1 else {
      throw node.error(
        "unsupported-attribute",
        "'\(node.label)' (\(node.target)) has another beta than 1",
        hint: "use Softplus with its usual constants"
      )
    }
    make("Softplus", node, [try value(node)])
  }

  // MARK: - Arithmetic

  /// The second operand, a tensor or a number.
  private mutating func operand(_ node: ProgramNode) throws -> String {
    if let tensor = try optionalValue(node, "other") { return tensor }
    guard let number = try node.number("other") else {
      throw node.error("bad-arity", "'\(node.label)' (\(node.target)) lacks its second operand")
    }
    return constant(node, "other", number)
  }

  private mutating func translateSum(_ node: ProgramNode, _ operation: String) throws {
    let factor = try node.number("alpha", default: 1)
    var other = try operand(node)
    if factor != 1 { other = make("Mul", node, [other, constant(node, "alpha", factor)], suffix: "scaled") }
    make(operation, node, [try value(node), other])
  }

  private mutating func translateQuotient(_ node: ProgramNode) throws {
    if let mode = try node.text("rounding_mode") {
      throw node.error(
        "unsupported-attribute",
        "'\(node.label)' (\(node.target)) rounds its quotient (\(mode))",
        hint: "divide without rounding"
      )
    }
    make("Div", node, [try value(node), try operand(node)])
  }

  private mutating func translatePower(_ node: ProgramNode) throws {
    guard let exponent = try node.number("exponent"), exponent == 2 || exponent == 3 || exponent == 1 else {
      throw node.error(
        "unsupported-attribute",
        "'\(node.label)' (\(node.target)) raises to a power other than 1, 2 or 3",
        hint: "multiply instead"
      )
    }
    let base = try value(node)
    if exponent == 1 { return _ = make("Identity", node, [base]) }
    let square = make("Mul", node, [base, base], suffix: exponent == 2 ? "" : "square")
    if exponent == 3 { make("Mul", node, [square, base]) }
  }
}
