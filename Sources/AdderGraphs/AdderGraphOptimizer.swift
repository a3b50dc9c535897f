import Dispatch
import FixedPoint
import Synchronization

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
    guard options.effort != .fast, digitCount > 0 else { return greedy }
    let plan = SearchPlan(effort: options.effort, digitCount: digitCount)
    let found = FoundGraphs(count: plan.starts)
    let work: @Sendable (Int) -> Void = { start in
      let graph = improve(shared, plan, seed: options.seed &+ UInt64(start) &* 0x9E37)
      found.store(graph, at: start)
    }
    if options.threads > 1 {
      DispatchQueue.concurrentPerform(iterations: plan.starts, execute: work)
    } else {
      for start in 0..<plan.starts { work(start) }
    }
    // The first of several equally good graphs, whatever thread was faster.
    return found.all.reduce(greedy) { best, graph in
      graph.metrics(for: problem).bits < best.metrics(for: problem).bits ? graph : best
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

  init(effort: Effort, digitCount: Int) {
    // Small sums are exhausted early; a step on large ones takes longer.
    let steps = min(max(10_000_000 / digitCount, 20), 30 * digitCount, 15000)
    switch effort {
    case .fast: (starts, self.steps) = (0, 0)
    case .normal: (starts, self.steps) = (2, steps)
    case .high: (starts, self.steps) = (4, steps * 16)
    }
  }
}

/// Results of parallel searches, by start.
private final class FoundGraphs: Sendable {
  private let graphs: Mutex<[AdderGraph?]>

  init(count: Int) { graphs = Mutex(Array(repeating: nil, count: count)) }

  func store(_ graph: AdderGraph?, at start: Int) { graphs.withLock { $0[start] = graph } }

  var all: [AdderGraph] { graphs.withLock { $0 }.compactMap { $0 } }
}
