import Diagnostics
import ModelIR

/// The ensemble of a model that conifer could have: an input and trees, whatever is applied to the margins afterwards.
package struct ConiferModel {
  package var input: ModelNode
  package var trees: ModelNode
  package var ensemble: TreeEnsemble

  /// - Parameter isConverted: whether thresholds and leaves are those that conifer's own converter makes of the file, where
  ///   that rounds.
  /// - Throws: a ``Diagnostic`` that names the first layer that conifer does not have.
  package init(_ model: ModelGraph, isConverted: Bool = true, log: DiagnosticLog) throws {
    var input: ModelNode?
    var found: (ModelNode, TreeEnsemble)?
    for node in model.nodes {
      switch node.operation {
      case .input where input == nil: input = node
      case .treeEnsemble(let ensemble) where found == nil && node.inputs == input.map { [$0.output] }:
        found = (node, ensemble)
      case .activation, .affine, .reshape, .dense:
        guard found != nil else { throw Self.refusal(node) }
        log.report(
          .note("margins-only", "conifer returns margins: '\(node.name)' is left out", at: node.origin)
        )
      case .input, .treeEnsemble, .tableSum, .batchNormalization, .concatenate, .merge, .quantize, .gather, .normalize,
        .convolution,
        .pool, .reduce, .pad, .recurrence, .product, .embedding:
        throw Self.refusal(node)
      }
    }
    guard let input, let found else {
      throw Diagnostic.error(
        "no-trees",
        "'\(model.name)' holds no tree ensemble",
        at: model.nodes.first?.origin,
        hint: "use \(option: .arithmetic, "native") for networks"
      )
    }
    self.input = input
    (trees, ensemble) = found
    if ensemble.outputCount == 2 {
      log.report(
        .note("first-class-only", "conifer computes the first of two classes only", at: trees.origin)
      )
      ensemble = ensemble.firstOutput
    }
    if isConverted && model.source == .xgboost { ensemble = ensemble.asXGBoostPrints }
  }

  private static func refusal(_ node: ModelNode) -> Diagnostic {
    Diagnostic.error(
      "unsupported-operator",
      "conifer's arithmetic is one of trees alone; '\(node.name)' (\(node.operation.kindName)) is not among it",
      at: node.origin,
      hint: "use \(option: .arithmetic, "native")"
    )
  }
}

extension TreeEnsemble {
  /// The ensemble without all outputs but the first.
  fileprivate var firstOutput: TreeEnsemble {
    var result = self
    result.base = [base[0]]
    result.trees = trees.compactMap { tree in
      guard let position = tree.outputs.firstIndex(of: 0) else { return nil }
      let values = stride(from: position, to: tree.leafValues.count, by: tree.outputs.count).map { tree.leafValues[$0] }
      return DecisionTree(nodes: tree.nodes, outputs: [0], leafValues: values)
    }
    return result
  }

  /// conifer reads the numbers of XGBoost's models as text of nine digits.
  fileprivate var asXGBoostPrints: TreeEnsemble {
    var result = self
    for index in result.trees.indices {
      result.trees[index].leafValues = result.trees[index].leafValues.map { DecimalText.significant($0, digits: 9) }
      result.trees[index].nodes = result.trees[index].nodes.map { node in
        guard case .split(var split) = node else { return node }
        split.threshold = DecimalText.significant(split.threshold, digits: 9)
        return .split(split)
      }
    }
    return result
  }
}
