import Basics
import FixedPoint

/// Finds small adder graphs for constant matrices.
package enum AdderGraphOptimizer {
  /// A graph that computes the problem's sums exactly.
  ///
  /// The work depends on the problem and the effort only, so that the result is the same on any machine and for any number
  /// of threads.
  package static func optimize(_ problem: ConstantMatrixProblem, _ options: AdderGraphOptions) -> AdderGraph {
    let relative = options.extraDepth.map { problem.leastDepth + $0 }
    let limit = [options.maximumDepth, relative].compactMap { $0 }.min()
    let digits = SharingState(problem, maximumDepth: limit)
    let shared = BlockwiseSharing.share(digits, SharingTactics(seed: options.seed))
    let greedy = SumForest.finish(shared, variants: options.effort == .fast ? 1 : 4)
    let digitCount = digits.columns.reduce(0) { $0 + $1.count }
    guard digitCount > 0 else { return greedy }
    let plan = SearchPlan(effort: options.effort, digitCount: digitCount)
    guard plan.starts > 0 else { return greedy }
    let found = parallelMap(count: plan.starts, threads: options.threads) { start in
      improve(shared, plan, seed: options.seed &+ UInt64(start) &* 0x9E37)
    }
    // Who is in a hurry gets no deeper graph than without the search.
    let deepest = options.effort == .fast ? greedy.metrics(for: problem).depth : .max
    // The first of several equally good graphs, whatever thread was faster.
    return found.reduce(greedy) { best, graph in
      let metrics = graph.metrics(for: problem)
      return metrics.depth <= deepest && metrics.bits < best.metrics(for: problem).bits ? graph : best
    }
  }

  private static func improve(_ state: SharingState, _ plan: SearchPlan, seed: UInt64) -> AdderGraph {
    var search = NeighbourhoodSearch(state, seed: seed)
    search.run(steps: plan.steps)
    return SumForest.finish(search.best, variants: 4)
  }
}

/// How long an improvement goes on.
private struct SearchPlan {
  /// Independent searches.
  var starts: Int
  /// Steps of each: about the same time for any size.
  var steps: Int

  private static let fewDigits = 128

  init(effort: Effort, digitCount: Int) {
    // Small sums are exhausted early; a step on large ones takes longer.
    let steps = min(max(10_000_000 / digitCount, 20), 30 * digitCount, 15000)
    switch effort {
    // The kernel of a convolution is small, and there are many of it: some twenty milliseconds are well spent.
    case .fast: (starts, self.steps) = digitCount <= Self.fewDigits ? (1, 12 * digitCount) : (0, 0)
    case .normal: (starts, self.steps) = (2, steps)
    case .high: (starts, self.steps) = (4, steps * 16)
    }
  }
}
