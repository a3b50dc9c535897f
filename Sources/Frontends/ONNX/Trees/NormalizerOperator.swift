import Diagnostics
import ModelIR

extension GraphImporter {
  /// A division by a norm of the event; nothing, or a constant factor, where the norm is provably the same for all events.
  mutating func importNormalizer(_ node: OperatorNode) throws {
    try checkInputs(node, atMost: 1)
    let input = try activation(node, 0)
    let name = try node.string("norm") ?? VectorNorm.maximum.rawValue
    guard let norm = VectorNorm(rawValue: name) else {
      throw node.error("bad-attribute", "'\(node.label)' (Normalizer) has the unknown norm '\(name)'")
    }
    guard input.shape.count == 1 else {
      throw node.error(
        "shape-mismatch",
        "'\(node.label)' (Normalizer) reads a tensor of shape \(input.shape) per event",
        hint: "normalise a vector of features or scores"
      )
    }
    if norm == .sum, let total = ConstantSum(graph).sum(of: input.tensor) {
      return try foldNormalizer(node, input, total: total)
    }
    let tensor = try materialised(input, origin: node.origin)
    let layer = naming.next(node.proto)
    let result = append(.normalize(norm), named: layer, inputs: [tensor], shape: input.shape, node.origin)
    try define(node, .activation(ActivationValue(tensor: result, shape: input.shape)))
  }

  private mutating func foldNormalizer(_ node: OperatorNode, _ input: ActivationValue, total: Double) throws {
    let isOne = abs(total - 1) <= ConstantSum.tolerance
    log.report(
      .note(
        "constant-norm",
        "the scores that '\(node.label)' (Normalizer) reads always sum to \(Float(total)): "
          + (isOne ? "it is left out" : "it becomes a constant factor"),
        at: node.origin
      )
    )
    if isOne { return try define(node, .activation(input)) }
    let layer = AffineLayer(scale: ParameterTensor(shape: [1], values: [1 / total], precision: .float64), bias: nil)
    try defineElementwise(node, .affine(layer), of: input, named: naming.next(node.proto))
  }
}

/// Proves that the elements of a tensor are never negative and sum to the same number for all events.
private struct ConstantSum {
  /// How far, relatively, sums may lie apart: leaves of single precision do not sum to 1 exactly.
  static let tolerance = 1e-6
  private let graph: ModelGraph

  init(_ graph: ModelGraph) { self.graph = graph }

  /// The sum, or nil where none is proven.
  func sum(of tensor: TensorID) -> Double? {
    var tensor = tensor
    var factor = 1.0
    while let maker = maker(of: tensor) {
      switch maker.operation {
      case .reshape, .activation(.linear): tensor = maker.inputs[0]
      case .affine(let layer):
        guard layer.bias == nil, let scale = layer.scale, scale.count == 1, scale.values[0] > 0 else { return nil }
        factor *= scale.values[0]
        tensor = maker.inputs[0]
      case .activation(.softmax(let axis)):
        return graph[tensor].shape[axis] == graph[tensor].count ? factor : nil
      case .activation(.sigmoid): return isPair(maker.inputs[0], bias: nil) == nil ? nil : factor
      case .dense:
        guard let score = isPair(tensor, bias: [1, 0]),
          case .treeEnsemble(let trees)? = self.maker(of: score)?.operation,
          trees.isProbability
        else { return nil }
        return factor
      case .treeEnsemble(let trees): return trees.constantSum.map { $0 * factor }
      case .input, .batchNormalization, .activation, .concatenate, .merge, .quantize, .gather, .normalize, .tableSum,
        .convolution, .pool, .reduce, .pad, .recurrence, .product, .embedding:
        return nil
      }
    }
    return nil
  }

  private func maker(of tensor: TensorID) -> ModelNode? { graph.nodes.last { $0.output == tensor } }

  /// The one score from which a layer makes those of two classes, `-s` and `s` or `1 - s` and `s`.
  private func isPair(_ tensor: TensorID, bias: [Double]?) -> TensorID? {
    guard let node = maker(of: tensor), case .dense(let layer) = node.operation, layer.kernel.shape == [1, 2],
      layer.kernel.values == [-1, 1], layer.bias?.values == bias
    else { return nil }
    return node.inputs[0]
  }
}

extension TreeEnsemble {
  /// The sum of all outputs, if it is the same for every event and no leaf is negative.
  fileprivate var constantSum: Double? {
    guard scale > 0, base.allSatisfy({ $0 >= 0 }) else { return nil }
    var (least, most) = (base.reduce(0, +), base.reduce(0, +))
    for tree in trees {
      guard !tree.outputs.isEmpty, tree.leafValues.allSatisfy({ $0 >= 0 }) else { return nil }
      let sums = stride(from: 0, to: tree.leafValues.count, by: tree.outputs.count).map { start in
        tree.leafValues[start..<start + tree.outputs.count].reduce(0, +)
      }
      least += sums.min() ?? 0
      most += sums.max() ?? 0
    }
    guard least > 0, most.isFinite, most - least <= ConstantSum.tolerance * least else { return nil }
    return (least + most) / 2 * scale
  }

  /// Whether the only output never leaves [0, 1], but for the rounding of the leaves.
  fileprivate var isProbability: Bool {
    guard outputCount == 1, scale > 0 else { return false }
    let least = trees.reduce(base[0]) { $0 + ($1.leafValues.min() ?? 0) } * scale
    let most = trees.reduce(base[0]) { $0 + ($1.leafValues.max() ?? 0) } * scale
    return least >= -ConstantSum.tolerance && most <= 1 + ConstantSum.tolerance
  }
}
