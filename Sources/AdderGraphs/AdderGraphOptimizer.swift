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
    let mostPairs = BlockwiseSharing.mostPairs(digits, effort: options.effort)
    let shared = BlockwiseSharing.share(digits, SharingTactics(seed: options.seed), mostPairs: mostPairs)
    let greedy =
      options.effort == .fast
      ? SumForest.finish(shared, variants: 1, reach: SumForest.reachInHaste(digits))
      : SumForest.finish(shared, variants: 4)
    let digitCount = digits.columns.reduce(0) { $0 + $1.count }
    guard digitCount > 0 else { return greedy }
    // With more effort no sum gets worse than without.
    let efforts: [Effort] = options.effort == .fast ? [.fast] : [.fast, options.effort]
    let found = efforts.flatMap { walk(from: shared, SearchPlan(effort: $0, digitCount: digitCount), options) }
    guard !found.isEmpty else { return greedy }
    // Who is in a hurry gets no deeper graph than without the search.
    let deepest = options.effort == .fast ? greedy.metrics(for: problem).depth : .max
    // The first of several equally good graphs, whatever thread was faster.
    return found.reduce(greedy) { best, graph in
      let metrics = graph.metrics(for: problem)
      return metrics.depth <= deepest && metrics.bits < best.metrics(for: problem).bits ? graph : best
    }
  }

  /// Several searches side by side.
  ///
  /// After every round all go on from where the best of them is: going with the winners (Aldous and Vazirani 1994).
  private static func walk(from state: SharingState, _ plan: SearchPlan, _ options: AdderGraphOptions) -> [AdderGraph] {
    var walkers = (0..<plan.walkers).map {
      NeighbourhoodSearch(
        state,
        steps: plan.steps,
        warmth: plan.warmth,
        isLong: plan.isLong,
        seed: options.seed &+ UInt64($0) &* 0x9E37
      )
    }
    for _ in 0..<plan.rounds {
      let from = walkers
      walkers = parallelMap(count: plan.walkers, threads: options.threads) { k in
        var walker = from[k]
        walker.run(steps: plan.steps / plan.rounds)
        return walker
      }
      // The first of several equally good ones, whatever thread was faster.
      let winner = walkers.indices.reduce(0) { walkers[$1].cost < walkers[$0].cost ? $1 : $0 }
      for k in walkers.indices where k != winner { walkers[k].goOn(from: walkers[winner]) }
    }
    let ends = walkers
    return parallelMap(count: plan.walkers, threads: options.threads) {
      SumForest.finish(ends[$0].best, variants: 4, steps: plan.treeSteps)
    }
  }
}

/// How long an improvement goes on.
private struct SearchPlan {
  /// Searches side by side.
  var walkers: Int
  /// Steps of each: about the same time for any size.
  var steps: Int
  /// How often the searches meet.
  var rounds: Int
  /// Steps of the search for the tree of each sum, for every term.
  let treeSteps: Int
  /// The temperature at the beginning, in adder bits: the longer the search, the hotter it may start.
  let warmth: Double

  /// Whether it is worth the time to prepare for many steps.
  let isLong: Bool

  private static let fewDigits = 128

  init(effort: Effort, digitCount: Int) {
    // Small sums are exhausted early; a step on large ones takes longer.
    let steps = min(max(1_100_000_000 / digitCount, 640), 200 * digitCount, 120_000)
    switch effort {
    // The kernel of a convolution is small, and there are many of it: some twenty milliseconds are well spent.
    case .fast: (walkers, self.steps, rounds) = digitCount <= Self.fewDigits ? (1, 12 * digitCount, 1) : (0, 0, 1)
    // One long walk finds more than two of half the length: 1 % in the time of the same processors.
    case .normal: (walkers, self.steps, rounds) = (1, steps, 1)
    // Two processors' worth of a walk three times as long.
    case .high: (walkers, self.steps, rounds) = (2, steps * 3, 16)
    }
    isLong = effort != .fast
    treeSteps = effort == .fast ? 0 : 2000
    warmth = effort == .fast ? 4 : min(3 + 0.2 * Double(self.steps) / Double(digitCount), 18)
  }
}
