import FixedPoint

/// Finds small adder graphs for constant matrices.
package enum AdderGraphOptimizer {
  /// A graph that computes the problem's sums exactly.
  package static func optimize(_ problem: ConstantMatrixProblem, _ options: AdderGraphOptions) -> AdderGraph {
    GreedySharing.run(problem, SharingTactics(seed: options.seed), maximumDepth: options.maximumDepth)
  }
}
