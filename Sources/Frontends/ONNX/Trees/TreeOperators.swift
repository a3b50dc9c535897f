import Diagnostics
import ModelIR
import TreeFrontends

extension GraphImporter {
  /// The operators of the domain `ai.onnx.ml` that become layers, or nothing.
  static let treeOperators = [
    "TreeEnsembleClassifier", "TreeEnsembleRegressor", "TreeEnsemble", "ZipMap", "Scaler", "Normalizer", "LabelEncoder",
    "ArrayFeatureExtractor", "Binarizer", "Imputer", "LinearClassifier", "LinearRegressor",
  ]

  /// Reads a node of the domain `ai.onnx.ml`.
  mutating func importMachineLearning(_ node: OperatorNode) throws {
    switch node.operatorType {
    case "TreeEnsembleClassifier": try importClassifier(node)
    case "TreeEnsembleRegressor": try importRegressor(node)
    case "TreeEnsemble": try importTreeEnsemble(node)
    case "Scaler": try importScaler(node)
    case "Normalizer": try importNormalizer(node)
    case "LabelEncoder": try importLabelEncoder(node)
    case "ArrayFeatureExtractor": try importFeatureExtractor(node)
    case "Binarizer": try importBinarizer(node)
    case "Imputer": try importImputer(node)
    case "LinearClassifier": try importLinear(node, isClassifier: true)
    case "LinearRegressor": try importLinear(node, isClassifier: false)
    case "ZipMap":
      // Numbers with their labels: the numbers stay what they are.
      node.dismiss("classlabels_int64s", "classlabels_strings")
      try define(node, .activation(try activation(node, 0)))
    default: throw UnsupportedOperator.diagnostic(for: node)
    }
  }

  private mutating func importClassifier(_ node: OperatorNode) throws {
    let input = try activation(node, 0)
    let attributes = try EnsembleAttributes(node, prefix: "class")
    let labels = try node.integers("classlabels_int64s")?.count ?? node.strings("classlabels_strings")?.count ?? 0
    let isBinary = labels == 2 && attributes.targets.count == 1
    let classes = max(labels, 1)
    let base = try baseValues(node, count: isBinary ? 1 : classes)
    let trees = try attributes.decisionTrees(features: graph[input.tensor].count) { target in
      isBinary ? 0 : (0..<classes).contains(target) ? target : nil
    }
    let ensemble = TreeEnsemble(
      featureCount: graph[input.tensor].count,
      trees: trees,
      base: base,
      featurePrecision: attributes.precision
    )
    var scores = append(ensemble, input, node)
    let transform = try postTransform(node)
    if isBinary {
      // One score tells both classes apart; what the first class gets follows from it.
      let isProbability = attributes.weightsAreNotNegative && transform == "NONE"
      scores = append(
        .dense(
          DenseLayer(
            kernel: ParameterTensor(shape: [1, 2], values: [-1, 1]),
            bias: isProbability ? ParameterTensor([1, 0]) : nil
          )
        ),
        named: naming.next(node.proto, as: "Classes"),
        inputs: [scores],
        shape: [2],
        node.origin
      )
    }
    scores = try transformed(scores, transform, node)
    let names = node.proto.output
    if let label = names.first, !label.isEmpty { try defineLabel(label, node) }
    if names.count > 1, !names[1].isEmpty {
      try define(node, .activation(ActivationValue(tensor: scores, shape: [isBinary ? 2 : classes])), output: 1)
    }
  }

  private mutating func importRegressor(_ node: OperatorNode) throws {
    let input = try activation(node, 0)
    let attributes = try EnsembleAttributes(node, prefix: "target")
    let targets = try node.integer("n_targets", default: 1)
    guard (1...ShapeInference.elementLimit).contains(targets) else {
      throw node.error("bad-tree", "'\(node.label)' has \(targets) targets")
    }
    let base = try baseValues(node, count: targets)
    let trees = try attributes.decisionTrees(features: graph[input.tensor].count) {
      (0..<targets).contains($0) ? $0 : nil
    }
    let ensemble = try aggregated(
      trees,
      base,
      input,
      attributes.precision,
      try node.string("aggregate_function") ?? "SUM",
      node
    )
    let scores = try transformed(append(ensemble, input, node), try postTransform(node), node)
    try define(node, .activation(ActivationValue(tensor: scores, shape: [targets])))
  }

  /// Trees whose leaves are added, or averaged.
  func aggregated(
    _ trees: [DecisionTree],
    _ base: [Double],
    _ input: ActivationValue,
    _ precision: ParameterTensor.Precision,
    _ function: String,
    _ node: OperatorNode
  ) throws -> TreeEnsemble {
    let isAverage = function == "AVERAGE"
    guard isAverage || function == "SUM" else {
      throw node.error(
        "unsupported-attribute",
        "'\(node.label)' takes the \(function) of its trees",
        hint: "export each tree as an ensemble of its own and combine their scores by Min or Max"
      )
    }
    let count = Double(max(trees.count, 1))
    return TreeEnsemble(
      featureCount: graph[input.tensor].count,
      trees: trees,
      // The base is added after the division.
      base: isAverage ? base.map { $0 * count } : base,
      scale: isAverage ? 1 / count : 1,
      featurePrecision: precision
    )
  }

  mutating func append(_ ensemble: TreeEnsemble, _ input: ActivationValue, _ node: OperatorNode) -> TensorID {
    append(
      .treeEnsemble(ensemble),
      named: naming.next(node.proto),
      inputs: [input.tensor],
      shape: [ensemble.outputCount],
      node.origin
    )
  }

  private func baseValues(_ node: OperatorNode, count: Int) throws -> [Double] {
    let values = try node.floatsOrTensor("base_values").numbers
    if values.isEmpty { return [Double](repeating: 0, count: count) }
    // A classifier of two classes may give both; the second is that of its score.
    if values.count == 2 && count == 1 { return [values[1]] }
    guard values.count == count else {
      throw node.error("bad-tree", "'\(node.label)' has \(values.count) base values for \(count) scores")
    }
    return values
  }

  func postTransform(_ node: OperatorNode) throws -> String { try node.string("post_transform") ?? "NONE" }

  /// The scores after the operator's last step.
  mutating func transformed(_ scores: TensorID, _ transform: String, _ node: OperatorNode) throws -> TensorID {
    let function: ActivationFunction
    switch transform {
    case "NONE": return scores
    case "LOGISTIC": function = .sigmoid
    case "SOFTMAX": function = .softmax(axis: 0)
    default:
      throw node.error(
        "unsupported-attribute",
        "'\(node.label)' ends with \(transform), which is not supported",
        hint: transform == "PROBIT"
          ? "export the model with NONE: PROBIT is monotonous, so compare the score with a transformed threshold"
          : "export the model with NONE, LOGISTIC or SOFTMAX"
      )
    }
    if graph[scores].count == 1, node.operatorType != "TreeEnsembleClassifier" {
      log.report(
        Diagnostic(
          .note,
          "post-transform",
          "'\(node.label)' ends with \(transform), which ONNX Runtime leaves out where there is only one target",
          at: node.origin,
          hint: "export the model with NONE if its margin is wanted"
        )
      )
    }
    return append(
      .activation(function),
      named: naming.next(node.proto, as: function.name),
      inputs: [scores],
      shape: graph[scores].shape,
      node.origin
    )
  }
}
