import Basics
import FixedPointIR

/// The float model with the same bits everywhere, quantised without a search: what a search is compared with.
package struct UniformPoint: Sendable {
  package var weightBits: Int
  package var activationBits: Int
  package var point: CurvePoint
}

/// Looks for the best choices of one number of bits for all weights and one for all else.
struct UniformBits {
  let evaluation: HeldOutEvaluation
  let threads: Int
  let hooks: SearchHooks

  private static let weightBits = 3...8
  private static let activationBits = 4...10
  /// Beyond this distance nobody wants a network.
  private static let hopeless = 0.5

  /// All combinations are judged by what they lose; hardware is made of those that no choice of fewer bits betters.
  ///
  /// - Parameter quantize: The graph for bits of weights, and of activations and inputs.
  func points(_ quantize: @Sendable (Int, Int) throws -> FixedPointGraph) throws -> [UniformPoint] {
    let choices = Self.weightBits.flatMap { weights in Self.activationBits.map { (weights, $0) } }
    typealias Judged = (graph: FixedPointGraph, score: HeldOutScore)
    let judged = try parallelMap(count: choices.count, threads: threads) { k -> Result<Judged?, any Error> in
      guard hooks.goesOn() else { return .success(nil) }
      return Result {
        let graph = try quantize(choices[k].0, choices[k].1)
        return (graph, try evaluation.score(graph))
      }
    }
    .map { try $0.get() }
    let best = choices.indices.filter { k in
      guard let own = judged[k]?.score.kl.value, own < Self.hopeless else { return false }
      return !choices.indices.contains { other in
        guard other != k, let value = judged[other]?.score.kl.value else { return false }
        return choices[other].0 <= choices[k].0 && choices[other].1 <= choices[k].1 && value <= own
      }
    }
    let made = parallelMap(count: best.count, threads: threads) { k -> Result<UniformPoint?, any Error> in
      guard hooks.goesOn(), let (graph, score) = judged[best[k]] else { return .success(nil) }
      return Result {
        UniformPoint(
          weightBits: choices[best[k]].0,
          activationBits: choices[best[k]].1,
          point: CurvePoint(lambda: 0, graph: graph, score: score, estimate: try hooks.estimate(graph))
        )
      }
    }
    return try made.compactMap { try $0.get() }
  }
}
