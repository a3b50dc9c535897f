import Diagnostics
import ModelIR

extension GraphImporter {
  /// Reads one node: folds it if all it reads is constant, else makes a layer of it.
  mutating func importNode(_ node: OperatorNode) throws {
    if try passLabel(node) { return }
    if node.isMachineLearning { return try importMachineLearning(node) }
    if Self.quantizerOperators.contains(node.operatorType) { return try importQuantizer(node) }
    if try passLinearQuantization(node) { return }
    if try passSequence(node) { return }
    if let recurrence = RecurrentOperator(rawValue: node.operatorType) {
      return try importRecurrence(node, recurrence)
    }
    if try fold(node) { return }
    if try importOnBatchOfOne(node) { return }
    if let activation = ActivationOperator(rawValue: node.operatorType) {
      return try importActivation(node, activation)
    }
    switch node.operatorType {
    case "Gemm": try importGemm(node)
    case "MatMul": try importMatMul(node)
    case "Add": try importArithmetic(node, .add)
    case "Sub": try importArithmetic(node, .subtract)
    case "Mul": try importArithmetic(node, .multiply)
    case "Div": try importArithmetic(node, .divide)
    case "Neg": try importNegation(node)
    case "Sum": try importMerge(node, .add)
    case "Mean": try importMerge(node, .average)
    case "Max": try importMerge(node, .maximum)
    case "Min": try importMerge(node, .minimum)
    case "BatchNormalization": try importBatchNormalization(node)
    case "PRelu": try importPRelu(node)
    case "Clip": try importClip(node)
    case "Softmax": try importSoftmax(node)
    case "Conv": try importConv(node)
    case "ConvTranspose": try importTransposedConvolution(node)
    case "MaxPool", "AveragePool": try importPool(node)
    case "GlobalMaxPool", "GlobalAveragePool": try importGlobalPool(node)
    case "ReduceSum", "ReduceMean", "ReduceMax", "ReduceMin": try importReduction(node)
    case "Pad": try importPad(node)
    case "Slice": try importSlice(node)
    case "Split": try importSplit(node)
    case "Gather": try importGather(node)
    case "Resize", "Upsample": try importResize(node)
    case "Identity", "Dropout", "Cast": try importPassThrough(node)
    case "ArgMax": try importArgMax(node)
    case "Flatten": try importFlatten(node)
    case "Reshape": try importReshape(node)
    case "Squeeze", "Unsqueeze": try importSqueeze(node)
    case "Transpose": try importTranspose(node)
    case "Concat": try importConcat(node)
    default: throw UnsupportedOperator.diagnostic(for: node)
    }
  }
}

/// Says of an operator that Tricot does not compile it, and what to do.
enum UnsupportedOperator {
  /// What ``GraphImporter/importNode(_:)`` and constant folding know.
  static let supported =
    (others + ActivationOperator.allCases.map(\.rawValue) + RecurrentOperator.allCases.map(\.rawValue))
    .sorted()

  private static let others = [
    "Abs", "Add", "ArgMax", "AveragePool", "BatchNormalization", "Cast", "Clip", "Concat", "Constant",
    "ConstantOfShape",
    "Conv", "ConvTranspose", "Div", "Dropout", "Einsum", "Erf", "Exp", "Expand", "Flatten", "Gather", "GatherElements",
    "Gelu", "Gemm", "LayerNormalization", "Log", "LogSoftmax", "Pow", "RMSNormalization", "Reciprocal",
    "ScatterElements", "Sqrt", "Tile",
    "GlobalAveragePool", "GlobalMaxPool", "Identity", "MatMul",
    "Max", "MaxPool", "Mean", "Min", "Mul", "Neg", "PRelu", "Pad", "ReduceMax", "ReduceMean", "ReduceMin", "ReduceSum",
    "Reshape", "Resize", "Shape", "Slice", "Softmax", "Split", "Squeeze", "Sub", "Sum", "Transpose", "Unsqueeze",
    "Upsample", "QuantizeLinear", "DequantizeLinear",
  ]

  /// Operators that are evaluated on constants and become no layer.
  static let onConstants = ConstantOperators.names.subtracting(supported).sorted()

  /// Refuses a model for its first unsupported operator, and names the others in a note.
  ///
  /// - Parameters:
  ///   - nodes: operands first.
  ///   - inputs: names that depend on the event.
  static func check(_ nodes: [OperatorNode], inputs: some Sequence<String>) throws {
    var dynamic = Set(inputs)
    let unknown = nodes.filter { node in
      let isDynamic = node.operatorType != "Shape" && node.proto.input.contains(where: dynamic.contains)
      if isDynamic { dynamic.formUnion(node.proto.output) }
      return node.isMachineLearning
        ? !GraphImporter.treeOperators.contains(node.operatorType)
        : GraphImporter.quantizerOperators.contains(node.operatorType)
          ? !GraphImporter.quantizerDomains.contains(node.proto.domain)
          : !["", "ai.onnx"].contains(node.proto.domain)
            || !(supported.contains(node.operatorType) || (!isDynamic && onConstants.contains(node.operatorType)))
    }
    guard let first = unknown.first else { return }
    var diagnostic = diagnostic(for: first)
    let others = Set(unknown.map(fullName)).subtracting([fullName(of: first)]).sorted()
    if !others.isEmpty { diagnostic.notes = ["not supported either: \(others.joined(separator: ", "))"] }
    throw diagnostic
  }

  static func diagnostic(for node: OperatorNode) -> Diagnostic {
    node.error(
      "unsupported-operator",
      "'\(node.label)' uses the operator \(fullName(of: node)), which is not supported",
      hint: hint(node)
    )
  }

  /// The operator with its domain, where that is not ONNX's own.
  private static func fullName(of node: OperatorNode) -> String {
    let domain = node.proto.domain
    return domain.isEmpty || domain == "ai.onnx" ? node.operatorType : "\(domain).\(node.operatorType)"
  }

  private static func hint(_ node: OperatorNode) -> String {
    switch node.operatorType {
    case "Equal", "Where":
      return
        "leave masks and comparisons out of the model; where classifiers vote (AdaBoost), use one whose scores are added"
    case "If", "Loop", "Scan":
      return "export the model with fixed shapes and without control flow"
    case "Mish", "Swish", "Celu":
      return "train with Relu, Elu, Softplus, Tanh or Sigmoid instead"
    case "Hardmax":
      return "end the model with Softmax, or with the layer before it"
    case "OneHotEncoder", "OrdinalEncoder", "CategoryMapper", "DictVectorizer":
      return "encode categories as numbers in front of the model"
    case "TopK":
      return "export the scores of the classes; who reads them takes the largest"
    default: break
    }
    switch node.proto.domain {
    case "", "ai.onnx":
      if let near = nearestName(to: node.operatorType, among: supported), near != node.operatorType {
        return "replace it, or fold it before with python -m onnxsim (is '\(near)' meant?)"
      }
      return "replace it by supported operators, or fold it before with python -m onnxsim"
    case "ai.onnx.ml": return "use a neural network, or tree ensembles of numbers"
    case "qonnx.custom_op.channels_last":
      return "export the model before its conversion to channels last: with the channels first"
    case "com.microsoft": return "export the model again, without the graph optimisations of ONNX Runtime"
    default: return "export the model without custom operators"
    }
  }
}
