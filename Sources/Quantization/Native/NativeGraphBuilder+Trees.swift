import FixedPoint
import FixedPointIR
import ModelIR

extension NativeGraphBuilder {
  mutating func addTreeEnsemble(_ node: ModelNode, _ ensemble: TreeEnsemble) throws {
    let input = quantized(node.inputs[0])
    let types = graph[input].types
    let leaves = LeafQuantization(ensemble, bits: options.layers[node.name]?.weightBits ?? options.weightBits)
    let operation = TreeEnsembleOperation(
      trees: ensemble.fixedTrees(
        features: { types[$0] },
        threshold: { $0.threshold(fractionBits: $1.fractionBits, limits: $1.thresholdLimits) },
        leaf: { leaves.raw($2, tree: $0, position: $1) }
      ),
      leafFractionBits: leaves.fractionBits,
      bias: leaves.bias
    )
    let this = self
    append(.treeEnsemble(operation), for: node, inputs: [input]) { this.scoreTypes(of: node, $0) }
  }

  /// Scores stay exact unless they have more bits than the user, or a reader, wants.
  private func scoreTypes(of node: ModelNode, _ exact: [ExactRange]) -> ElementTypes {
    let holding = Self.exactTypes(exact)
    let widest = holding.all.map(\.width).max() ?? 0
    let budget = isReturned[node.output.index] ? options.outputBits : Self.widestExact
    if options.precision == nil && widest <= budget && holding.all.allSatisfy({ $0.width > 0 }) { return holding }
    return resultTypes(of: node, exact)
  }
}
