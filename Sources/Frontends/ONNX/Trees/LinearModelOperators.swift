import Diagnostics
import ModelIR

/// Linear models of `ai.onnx.ml`, as scikit-learn's become: a dense layer.
extension GraphImporter {
  mutating func importLinear(_ node: OperatorNode, isClassifier: Bool) throws {
    try checkInputs(node, atMost: 1)
    // How one class was trained against others says nothing about the scores.
    node.dismiss("multi_class")
    let input = try activation(node, 0)
    let coefficients = try node.floats("coefficients") ?? []
    let features = graph[input.tensor].count
    let labels = try node.integers("classlabels_ints")?.count ?? node.strings("classlabels_strings")?.count ?? 0
    let targets = isClassifier ? labels : try node.integer("targets", default: 1)
    let intercepts = try node.floats("intercepts") ?? []
    guard input.shape.count == 1, features > 0, (1...ShapeInference.elementLimit).contains(targets),
      coefficients.count / features == targets, coefficients.count % features == 0,
      intercepts.isEmpty || intercepts.count == targets
    else {
      throw node.error(
        "shape-mismatch",
        "'\(node.label)' (\(node.operatorType)) has \(coefficients.count) coefficients and \(intercepts.count) intercepts for "
          + "\(targets) scores of \(features) features",
        hint: "export it with a row of coefficients for every class or target"
      )
    }
    // The file has a row for each score, a dense layer a column.
    let kernel = (0..<features).flatMap { feature in (0..<targets).map { coefficients[$0 * features + feature] } }
    let layer = DenseLayer(
      kernel: ParameterTensor(shape: [features, targets], values: kernel),
      bias: intercepts.isEmpty ? nil : ParameterTensor(shape: [targets], values: intercepts)
    )
    let source = try materialised(input, origin: node.origin)
    let sums = append(.dense(layer), named: naming.next(node.proto), inputs: [source], shape: [targets], node.origin)
    let scores = try transformed(sums, try postTransform(node), node)
    let value = ActivationValue(tensor: scores, shape: [targets])
    guard isClassifier else { return try define(node, .activation(value)) }
    let names = node.proto.output
    if let label = names.first, !label.isEmpty { try defineLabel(label, node) }
    if names.count > 1, !names[1].isEmpty { try define(node, .activation(value), output: 1) }
  }
}
