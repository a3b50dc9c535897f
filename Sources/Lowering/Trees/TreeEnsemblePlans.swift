import AdderGraphs
import Basics
import Diagnostics
import FixedPoint
import FixedPointIR

/// What is decided about one tree ensemble before it is built.
struct TreeEnsemblePlan: Sendable {
  var trees: [TreePlan]
  /// All scores over all words; nil where trees are added step by step.
  var sums: AdderGraph?
  /// By output: what is added to the sum of words.
  var bias: [ExactValue]
}

/// The plans of all ensembles of a model, by node.
struct TreeEnsemblePlans: Sendable {
  private(set) var ensembles: [TreeEnsemblePlan?]
  /// The plans of the nodes' kernels; nil for nodes without one.
  private(set) var kernels: [TreeEnsemblePlans?]

  /// - Throws: a `Diagnostic` for trees that are too deep.
  init(_ graph: FixedPointGraph, analysis: RangeAnalysis, options: LoweringOptions) throws {
    kernels = try graph.nodes.indices.map { index in
      guard let kernel = analysis.kernels[index], let body = graph.nodes[index].operation.facts.bodies.first else {
        return nil
      }
      return try TreeEnsemblePlans(body, analysis: kernel, options: options)
    }
    ensembles = try graph.nodes.map { node in
      guard case .treeEnsemble(let ensemble) = node.operation else { return nil }
      if ensemble.trees.contains(where: { $0.depth > TreeShape.deepest }) {
        throw Diagnostic.error(
          "tree-too-deep",
          "'\(node.name)' has a tree of more than \(TreeShape.deepest) levels",
          at: node.origin,
          hint: "train with a smaller max_depth"
        )
      }
      let ranges = analysis[node.inputs[0]]
      let trees = parallelMap(count: ensemble.trees.count, threads: options.threads) {
        TreePlan(ensemble.trees[$0], ranges: ranges)
      }
      guard case .exact = ensemble.accumulation else { return TreeEnsemblePlan(trees: trees, sums: nil, bias: []) }
      let outputs = graph[node.output].count
      let absorbed = BiasAbsorption(ensemble, trees, outputs: outputs)
      let problem = ensemble.sumProblem(absorbed.trees, outputs: outputs)
      let settings = AdderGraphOptions(
        effort: .fast,
        seed: options.seed,
        threads: options.threads,
        maximumDepth: options.maximumDepth[node.name],
        extraDepth: options.extraDepth
      )
      let sums = AdderGraphOptimizer.optimize(problem, settings)
      return TreeEnsemblePlan(trees: absorbed.trees, sums: sums, bias: absorbed.bias)
    }
  }
}

extension FixedTree {
  /// Comparisons on the longest way to a leaf.
  fileprivate var depth: Int {
    var depths = [Int](repeating: 0, count: nodes.count)
    for (index, node) in nodes.enumerated() {
      guard case .split(_, _, let left, let right) = node else { continue }
      depths[left] = depths[index] + 1
      depths[right] = depths[index] + 1
    }
    return depths.max() ?? 0
  }
}
