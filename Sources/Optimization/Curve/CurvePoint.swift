import FixedPointIR

/// One network of the curve.
package struct CurvePoint: Sendable {
  /// The price of bits that it was made for, in nats per adder bit.
  package var lambda: Double
  package var graph: FixedPointGraph
  package var score: HeldOutScore
  package var estimate: PointEstimate

  package init(lambda: Double, graph: FixedPointGraph, score: HeldOutScore, estimate: PointEstimate) {
    self.lambda = lambda
    self.graph = graph
    self.score = score
    self.estimate = estimate
  }
}

extension OptimizationGoal {
  /// The best of some points: of those that meet the goal the most faithful where resources are limited, else the smallest;
  /// the nearest where none meets it.
  package func choice(_ points: [(estimate: PointEstimate, score: HeldOutScore)]) -> (index: Int, isMet: Bool)? {
    let misses = points.map { miss($0.estimate, $0.score) }
    guard let least = misses.min() else { return nil }
    if least > 0 { return misses.firstIndex(of: least).map { ($0, false) } }
    let meeting = points.indices.filter { misses[$0] == 0 }
    let best = meeting.min { a, b in
      let (p, q) = (points[a], points[b])
      if isBudget { return (p.score.kl.value, p.estimate.lut, a) < (q.score.kl.value, q.estimate.lut, b) }
      return (p.estimate.lut, p.score.kl.value, a) < (q.estimate.lut, q.score.kl.value, b)
    }
    return best.map { ($0, true) }
  }
}
