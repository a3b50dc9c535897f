import Diagnostics
import ModelIR

/// Operators of `ai.onnx.ml` that prepare features.
extension GraphImporter {
  /// An affine layer: `(x - offset) · scale`.
  mutating func importScaler(_ node: OperatorNode) throws {
    let input = try activation(node, 0)
    let offset = try node.floats("offset") ?? [0]
    let scale = try node.floats("scale") ?? [1]
    let count = max(offset.count, scale.count)
    guard [1, count].contains(offset.count), [1, count].contains(scale.count) else {
      throw node.error("shape-mismatch", "'\(node.label)' has \(offset.count) offsets and \(scale.count) scales")
    }
    let bias = (0..<count).map { -offset[offset.count == 1 ? 0 : $0] * scale[scale.count == 1 ? 0 : $0] }
    let layer = AffineLayer(
      scale: ParameterTensor(shape: [scale.count], values: scale),
      bias: ParameterTensor(shape: [count], values: bias, precision: .float64)
    )
    try defineElementwise(node, .affine(layer), of: input, named: naming.next(node.proto))
  }

  /// Fills in missing features: nothing in firmware, whose numbers are never missing.
  mutating func importImputer(_ node: OperatorNode) throws {
    let input = try activation(node, 0)
    let replaced = try node.float("replaced_value_float", default: 0)
    guard replaced.isNaN, try node.integers("imputed_value_int64s") == nil else {
      throw node.error(
        "unsupported-attribute",
        "'\(node.label)' (Imputer) replaces the number \(replaced)",
        hint: "fill in missing features in front of the model"
      )
    }
    node.dismiss("imputed_value_floats", "replaced_value_int64")
    log.report(
      Diagnostic(
        .note,
        "missing-features",
        "'\(node.label)' (Imputer) is left out, since numbers in firmware are never missing",
        at: node.origin,
        hint: "send the number that it fills in where a feature is missing"
      )
    )
    try define(node, .activation(input))
  }

  /// Some of the features, in any order.
  mutating func importFeatureExtractor(_ node: OperatorNode) throws {
    try checkInputs(node, atMost: 2)
    let input = try activation(node, 0)
    let indices = try constant(node, 1, "list of features").integers ?? []
    guard input.shape.count == 1, let count = input.shape.first else {
      throw node.error(
        "shape-mismatch",
        "'\(node.label)' (ArrayFeatureExtractor) reads a tensor of shape \(input.shape) per event",
        hint: "select features of a vector"
      )
    }
    guard !indices.isEmpty, let last = indices.max(), let first = indices.min(), first >= 0, last < count else {
      throw node.error(
        "bad-parameters",
        "'\(node.label)' (ArrayFeatureExtractor) selects features that are not among the \(count) of its input"
      )
    }
    let tensor = append(
      .gather(sources: indices),
      named: naming.next(node.proto),
      inputs: [input.tensor],
      shape: [indices.count],
      node.origin
    )
    try define(node, .activation(ActivationValue(tensor: tensor, shape: [indices.count])))
  }

  /// `x > threshold` as a number: one small tree per feature.
  mutating func importBinarizer(_ node: OperatorNode) throws {
    let input = try activation(node, 0)
    let threshold = try node.float("threshold", default: 0)
    let count = graph[input.tensor].count
    let trees = (0..<count).map { feature in
      let split = TreeSplit(feature: feature, threshold: threshold, comparison: .lessOrEqual, left: 1, right: 2)
      return DecisionTree(nodes: [.split(split), .leaf(0), .leaf(1)], outputs: [feature], leafValues: [0, 1])
    }
    let ensemble = TreeEnsemble(
      featureCount: count,
      trees: trees,
      base: [Double](repeating: 0, count: count),
      featurePrecision: .float32
    )
    let name = naming.next(node.proto)
    let tensor = append(.treeEnsemble(ensemble), named: name, inputs: [input.tensor], shape: [count], node.origin)
    try define(node, .activation(ActivationValue(tensor: tensor, shape: input.shape, viewName: "\(name)_reshape")))
  }
}
