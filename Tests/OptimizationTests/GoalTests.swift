import Testing

@testable import Optimization

@Suite struct GoalTests {
  private func point(_ lut: Int, _ kl: Double, ns: Double = 20) -> (estimate: PointEstimate, score: HeldOutScore) {
    (
      PointEstimate(adderBits: lut, lut: lut, ff: 0, dsp: 0, latencyCycles: Int(ns / 5), latencyNanoseconds: ns),
      HeldOutScore(
        events: 100,
        kl: .init(value: kl, error: 0),
        agreement: .init(value: 1 - kl, error: 0),
        predictedLoss: .init(value: kl / 4, error: 0)
      )
    )
  }

  @Test func `a budget takes the most faithful network that fits`() throws {
    var goal = OptimizationGoal()
    goal.lut = 3000
    goal.latencyNanoseconds = 25
    let points = [point(1000, 0.1), point(2500, 0.05), point(2900, 0.02, ns: 30), point(5000, 0.01)]
    let choice = try #require(goal.choice(points))
    #expect(choice == (1, true))
  }

  @Test func `a limit of loss takes the smallest network that keeps it`() throws {
    var goal = OptimizationGoal()
    goal.loss = 0.015
    let choice = try #require(goal.choice([point(1000, 0.1), point(2500, 0.05), point(2900, 0.02)]))
    #expect(choice == (1, true))
  }

  @Test func `where nothing fits the nearest is taken, and said to miss`() throws {
    var goal = OptimizationGoal()
    goal.lut = 900
    let choice = try #require(goal.choice([point(1000, 0.1), point(2500, 0.05)]))
    #expect(choice == (0, false))
    #expect(goal.choice([]) == nil)
  }

  @Test func `a synthesis counts more than an estimate`() {
    var goal = OptimizationGoal()
    goal.lut = 1000
    var (estimate, score) = point(1100, 0.1)
    #expect(goal.miss(estimate, score) > 0)
    estimate.verifiedLUT = 990
    #expect(goal.miss(estimate, score) == 0)
    score.kl.value = 1
    #expect(goal.miss(estimate, score) == 0)
  }
}
