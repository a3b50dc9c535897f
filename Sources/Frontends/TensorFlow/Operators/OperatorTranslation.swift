import Diagnostics
import ModelIR
import ONNXFrontend

extension GraphTranslator {
  /// Writes one node in ONNX's terms.
  mutating func translate(_ node: GraphNode) throws {
    guard let operation = node.operation else { return }
    switch operation {
    case .placeholder: try translateInput(node)
    case .placeholderWithDefault:
      if node.isModelInput { try translateInput(node) } else { make("Identity", node, [try value(node, 0)]) }
    case .const: try checkConstant(node)
    case .identity, .stopGradient, .preventGradient, .checkNumerics, .ensureShape, .snapshot:
      make("Identity", node, [try value(node, 0)])
    case .identityN:
      for (number, value) in values(node).enumerated() {
        let output = number == 0 ? node.name : "\(node.name):\(number)"
        result.node("Identity", named: output, [value], [output])
      }
    // Whoever reads them reads what they stand for.
    case .switchNode, .merge: break
    case .cast: try translateCast(node)
    case .matMul, .batchMatMul, .batchMatMulV2, .fusedMatMul: try translateProduct(node, operation)
    case .conv2D, .fusedConv2D: try translateConvolution(node)
    case .conv2DTransposed: try translateTransposedConvolution(node)
    case .depthwiseConv2D: try translateDepthwise(node)
    case .spaceToBatch, .batchToSpace: make("Identity", node, [try value(node, 0)])
    case .add, .addV2: make("Add", node, values(node))
    case .addN: make("Sum", node, values(node))
    case .sub: make("Sub", node, values(node))
    case .mul: make("Mul", node, values(node))
    case .realDiv, .div: make("Div", node, values(node))
    case .maximum: make("Max", node, values(node))
    case .minimum: make("Min", node, values(node))
    case .biasAdd, .biasAddV1: try translateBias(node)
    case .pow: make("Pow", node, values(node))
    case .squaredDifference:
      let difference = make("Sub", node, values(node), suffix: "difference")
      make("Mul", node, [difference, difference])
    case .square:
      let value = try value(node, 0)
      make("Mul", node, [value, value])
    case .neg: make("Neg", node, values(node))
    case .abs: make("Abs", node, values(node))
    case .exp: make("Exp", node, values(node))
    case .log: make("Log", node, values(node))
    case .sqrt: make("Sqrt", node, values(node))
    case .rsqrt: make("Reciprocal", node, [make("Sqrt", node, values(node), suffix: "sqrt")])
    case .reciprocal: make("Reciprocal", node, values(node))
    case .relu: make("Relu", node, values(node))
    case .relu6:
      let bounds = [constant(node, "min", 0.0), constant(node, "max", 6.0)]
      make("Clip", node, [try value(node, 0)] + bounds)
    case .leakyRelu:
      make("LeakyRelu", node, values(node), [("alpha", .float(Double(try node.float("alpha", default: 0.2))))])
    case .elu: make("Elu", node, values(node))
    case .selu: make("Selu", node, values(node))
    case .softplus: make("Softplus", node, values(node))
    case .softsign: make("Softsign", node, values(node))
    case .sigmoid: make("Sigmoid", node, values(node))
    case .tanh: make("Tanh", node, values(node))
    case .softmax: make("Softmax", node, values(node), [("axis", .integer(-1))])
    case .logSoftmax: make("LogSoftmax", node, values(node), [("axis", .integer(-1))])
    case .fusedBatchNorm, .fusedBatchNormV2, .fusedBatchNormV3: try translateNormalization(node)
    case .maxPool: try translatePooling(node, "MaxPool")
    case .avgPool: try translatePooling(node, "AveragePool")
    case .mean: try translateReduction(node, "ReduceMean")
    case .sum: try translateReduction(node, "ReduceSum")
    case .max: try translateReduction(node, "ReduceMax")
    case .min: try translateReduction(node, "ReduceMin")
    case .prod: try translateReduction(node, "ReduceProd")
    case .argMax: try translateArgMax(node)
    case .reshape: make("Reshape", node, Array(values(node).prefix(2)))
    case .squeeze: try translateSqueeze(node)
    case .expandDims: try translateExpandDims(node)
    case .transpose:
      make("Transpose", node, [try value(node, 0)], [("perm", .integers(try integers(node, 1, "order of axes")))])
    case .concatV2: try translateConcat(node)
    case .pack: try translatePack(node)
    case .unpack: try translateUnpack(node)
    case .pad, .padV2: try translatePad(node)
    case .slice: try translateSlice(node)
    case .stridedSlice: try translateStridedSlice(node)
    case .split: try translateSplit(node)
    case .splitV: try translateSplitV(node)
    case .gatherV2:
      let axis = try integers(node, 2, "axis").first ?? 0
      make("Gather", node, [try value(node, 0), try value(node, 1)], [("axis", .integer(axis))])
    case .tile: make("Tile", node, values(node))
    case .shape: make("Shape", node, values(node))
    case .fill: make("Expand", node, [try value(node, 1), try value(node, 0)])
    }
  }

  /// A placeholder, whose first axis is the batch.
  private mutating func translateInput(_ node: GraphNode) throws {
    let shape: TFTensorShapeProto? =
      if case .shape(let shape)? = node.proto.attr["shape"]?.value { shape } else { nil }
    guard try node.type("dtype") == 1 || node.type("dtype") == 2 else {
      throw node.error(
        "unsupported-type",
        "the input '\(node.name)' does not take float32 numbers",
        hint: "freeze the graph with float32 inputs"
      )
    }
    guard let shape, !shape.unknownRank else {
      guard let width = width(of: node) else {
        throw node.error(
          "dynamic-shape",
          "the input '\(node.name)' has no shape",
          hint: "freeze the graph with the shape of its inputs: tf.placeholder(tf.float32, [None, features])"
        )
      }
      return result.input(node.name, shape: [width])
    }
    guard let batch = shape.dim.first else {
      throw node.error(
        "dynamic-parameter",
        "'\(node.name)' is one number for all events, given from outside",
        hint: "make it a constant before the graph is frozen"
      )
    }
    var extents: [Int] = []
    for (number, dimension) in shape.dim.enumerated().dropFirst() {
      guard dimension.size > 0, let extent = Int(exactly: dimension.size) else {
        // A vector may leave it to the weights.
        if shape.dim.count == 2, let width = width(of: node) {
          extents.append(width)
          continue
        }
        throw node.error(
          "dynamic-shape",
          "dimension \(number) of the input '\(node.name)' has no fixed extent",
          hint: "freeze the graph with fixed extents; only the first, the batch, may be open"
        )
      }
      extents.append(extent)
    }
    result.input(node.name, shape: extents, batch: batch.size > 0 ? Int(exactly: batch.size) : nil)
  }

  /// How many features the weights say that an input has; nil where no product reads it at once.
  private func width(of input: GraphNode) -> Int? {
    nodes.lazy.filter { $0.operation == .matMul && $0.inputs.count == 2 }
      .filter { maker(of: simplification.resolved($0.inputs[0]))?.name == input.name }
      .compactMap { constant(simplification.resolved($0.inputs[1]))?.shape.first }.first
  }

  private func checkConstant(_ node: GraphNode) throws {
    guard constant(node.name) != nil else {
      throw node.error(
        "unsupported-tensor",
        "the constant '\(node.name)' holds no plain numbers",
        hint: "leave out what is computed with texts before the graph is frozen"
      )
    }
  }

  private mutating func translateCast(_ node: GraphNode) throws {
    guard let type = TranslatedTensor.Element(tensorFlow: Int32(clamping: try node.type("DstT"))) else {
      throw node.error("unsupported-type", "'\(node.name)' (Cast) converts to what are no plain numbers")
    }
    make("Cast", node, [try value(node, 0)], [("to", .type(type == .int32 ? .int64 : type))])
  }
}
