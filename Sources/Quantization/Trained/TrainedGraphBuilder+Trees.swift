import Diagnostics
import FixedPoint
import FixedPointIR
import ModelIR

extension TrainedGraphBuilder {
  /// Comparisons of exact numbers, thresholds moved up to their grids, and exact sums of leaves.
  mutating func trees(_ node: ModelNode, _ ensemble: TreeEnsemble) throws -> FixedTensorID {
    let input = try exact(node.inputs[0], readBy: node)
    let types = graph[input].types
    let leaves = try ExactConstants(ensemble.trees.flatMap(\.leafValues), of: "leaves", node)
    guard ensemble.scale == 1, ensemble.base.allSatisfy({ $0 == 0 }) else {
      throw Diagnostic.error(
        "unsupported-operator",
        "'\(node.name)' is a tree ensemble with a scale or base values among layers whose types are trained",
        at: node.origin,
        hint: "compile the trees as a model of their own"
      )
    }
    var next = 0
    let trees = ensemble.trees.map { tree in
      defer { next += tree.leafValues.count }
      return FixedTree(
        nodes: tree.nodes.map { inner in
          switch inner {
          case .leaf(let leaf): return .leaf(leaf)
          case .split(let split):
            let scaled = ConstantQuantization.scaled(split.threshold, by: types[split.feature].fractionBits)
            let limit = split.comparison == .less ? scaled.rounded(.up) : scaled.rounded(.down) + 1
            let raw = Int64(min(max(limit, -ConstantQuantization.limit), ConstantQuantization.limit))
            return .split(feature: split.feature, threshold: raw, left: split.left, right: split.right)
          }
        },
        outputs: tree.outputs,
        leaves: Array(leaves.raw[next..<next + tree.leafValues.count])
      )
    }
    let operation = TreeEnsembleOperation(
      trees: trees,
      leafFractionBits: leaves.fractionBits,
      bias: ConstantVector(0)
    )
    return append(.treeEnsemble(operation), for: node, inputs: [input])
  }
}
