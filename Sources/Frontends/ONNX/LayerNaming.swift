/// Whose names the layers of an ONNX model bear.
package enum ONNXLayerNames: Sendable {
  /// Those of the file's nodes and inputs.
  case file
  /// Those that hls4ml gives them, to which its configurations refer.
  case hls4ml
}

/// Names layers after the nodes of the file, or as hls4ml does.
///
/// The file's names are kept as they are, save that characters beside letters, digits and `_ . / : -` become underscores. A
/// node without a name is called after its operator and counted, `Relu_0`; what one node does in several layers has the
/// name of the node and a suffix, such as `fc1_add` for the bias of a Gemm. Where a name comes twice, its layer gets a number
/// (``GraphImporter``).
///
/// hls4ml reads an ONNX file after qonnx has cleaned it: constants folded, every Gemm split into MatMul and Add, and nodes renamed to
/// `MatMul_0`, `Add_0`, `Relu_0` … counted per operator in the order of the graph. A MatMul with constant weights then becomes the layer
/// `Dense_MatMul_0`, an Add with a constant `bn_Add_0`. The model's inputs are `global_in`, `global_in_1` …. A file that hls4ml could read
/// as it is (cleaned already, perhaps edited since) keeps its own names behind these prefixes.
struct LayerNaming {
  private enum Style { case file, cleaned, counted }

  private let style: Style
  /// Whether qonnx would have split a Gemm, which also removes additions of zero and multiplications by one.
  let splitsGemm: Bool
  private var counts: [String: Int] = [:]
  /// The names of nodes that have none, by what they make.
  private var madeNames: [String: String] = [:]

  init(_ graph: GraphProto, names: ONNXLayerNames) {
    style =
      switch names {
      case .file: .file
      case .hls4ml: Self.isClean(graph) ? .cleaned : .counted
      }
    splitsGemm = graph.node.contains { $0.opType == "Gemm" }
  }

  /// The name of a node's layer.
  ///
  /// - Parameter operatorType: what the layer does where that is not the node's operator.
  mutating func next(_ node: NodeProto, as operatorType: String? = nil) -> String {
    switch style {
    case .file: named(node, suffix: operatorType.map { "_\($0.lowercased())" } ?? "")
    case .cleaned: node.name
    case .counted: counted(operatorType ?? node.opType)
    }
  }

  /// The name of a product with constant weights, of a MatMul or a Gemm.
  mutating func dense(_ node: NodeProto) -> String {
    switch style {
    case .file: named(node)
    case .cleaned: "Dense_" + node.name
    case .counted: "Dense_" + counted("MatMul")
    }
  }

  /// The name of arithmetic with a constant.
  ///
  /// - Parameter operatorType: the operator where that is not the node's own.
  mutating func affine(_ node: NodeProto, as operatorType: String? = nil) -> String {
    let name = next(node, as: operatorType)
    return style == .file ? name : "bn_" + name
  }

  /// Counts a node that becomes no layer.
  mutating func skip(_ node: NodeProto) {
    if style == .counted { _ = counted(node.opType) }
  }

  /// The name of a model input, by position.
  func input(_ name: String, index: Int) -> String {
    switch style {
    case .file: name.isEmpty ? "input_\(index)" : Self.legal(name)
    case .cleaned: String(name.map { $0 == "." ? "_" : $0 })
    case .counted: index == 0 ? "global_in" : "global_in_\(index)"
    }
  }

  /// The node's own name; by operator and number where it has none.
  private mutating func named(_ node: NodeProto, suffix: String = "") -> String {
    if !node.name.isEmpty { return Self.legal(node.name) + suffix }
    let key = node.output.first ?? ""
    let name = madeNames[key] ?? counted(node.opType)
    madeNames[key] = name
    return name + suffix
  }

  private mutating func counted(_ operatorType: String) -> String {
    let index = counts[operatorType, default: 0]
    counts[operatorType] = index + 1
    return "\(operatorType)_\(index)"
  }

  private static func legal(_ name: String) -> String {
    String(name.map { $0.isASCII && ($0.isLetter || $0.isNumber) || "_./:-".contains($0) ? $0 : "_" })
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
