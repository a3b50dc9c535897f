/// Gives layers the names that hls4ml's users know, for their configurations refer to them.
///
/// hls4ml reads an ONNX file after qonnx has cleaned it: constants folded, every Gemm split into MatMul and Add, and nodes renamed to
/// `MatMul_0`, `Add_0`, `Relu_0` … counted per operator in the order of the graph. A MatMul with constant weights then becomes the layer
/// `Dense_MatMul_0`, an Add with a constant `bn_Add_0`. The model's inputs are `global_in`, `global_in_1` ….
///
/// A file that hls4ml could read as it is (cleaned already, perhaps edited since) keeps its own names.
struct LayerNaming {
  /// Whether the file's own names are used.
  let usesOwnNames: Bool
  /// Whether qonnx would have split a Gemm, which also removes additions of zero and multiplications by one.
  let splitsGemm: Bool
  private var counts: [String: Int] = [:]

  init(_ graph: GraphProto) {
    usesOwnNames = Self.isClean(graph)
    splitsGemm = graph.node.contains { $0.opType == "Gemm" }
  }

  /// The name that a node has for hls4ml, before it becomes a layer.
  ///
  /// - Parameter operatorType: the operator after qonnx's lowering: MatMul, where the node is a Gemm.
  mutating func next(_ node: NodeProto, as operatorType: String? = nil) -> String {
    if usesOwnNames { return node.name }
    let operatorType = operatorType ?? node.opType
    let index = counts[operatorType, default: 0]
    counts[operatorType] = index + 1
    return "\(operatorType)_\(index)"
  }

  /// The name of a model input, by position.
  func input(_ name: String, index: Int) -> String {
    if usesOwnNames { return String(name.map { $0 == "." ? "_" : $0 }) }
    return index == 0 ? "global_in" : "global_in_\(index)"
  }

  /// The operators that hls4ml reads without cleaning.
  private static let cleanOperators: Set<String> = [
    "Add", "BatchNormalization", "Concat", "Div", "Dropout", "Elu", "Flatten", "Identity", "LeakyRelu", "MatMul", "Max",
    "Min",
    "Mul", "PRelu", "Relu", "Reshape", "Selu", "Sigmoid", "Softmax", "Softplus", "Softsign", "Sub", "Sum", "Tanh",
    "ThresholdedRelu", "Transpose",
  ]

  /// Whether hls4ml could read the graph without qonnx's cleaning: known operators, usable names, shapes of all values.
  private static func isClean(_ graph: GraphProto) -> Bool {
    let constants = Set(graph.initializer.map(\.name))
    let shaped = Set((graph.valueInfo + graph.output + graph.input).map(\.name))
    let inputs = graph.input.map(\.name).filter { !constants.contains($0) }
    var names = Set<String>()
    return inputs.allSatisfy { isIdentifier($0.map { $0 == "." ? "_" : $0 }) && names.insert($0).inserted }
      && graph.node.allSatisfy { node in
        cleanOperators.contains(node.opType) && isIdentifier(Array(node.name)) && names.insert(node.name).inserted
          && node.input.allSatisfy { $0.isEmpty || constants.contains($0) || shaped.contains($0) }
      }
  }

  private static func isIdentifier(_ name: [Character]) -> Bool {
    guard let first = name.first, !first.isNumber else { return false }
    return name.allSatisfy { $0 == "_" || ($0.isASCII && ($0.isLetter || $0.isNumber)) }
  }
}
