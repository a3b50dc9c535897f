import Basics
import Diagnostics
import ModelIR
import Quantization
import Synchronization
import Testing

@testable import Optimization

/// Networks whose outputs matter only for the anomaly score that is made of them.
@Suite struct AnomalyScoreTests {
  @Test func `scores are what triggers cut on`() {
    let error = AnomalyScore(outputs: 2, inputs: 2)
    #expect(error == .reconstructionError)
    #expect(error.scores([1, 2, 3, -1], [0, 2, 1, 1], events: 2) == [0.5, 4])
    let length = AnomalyScore(outputs: 3, inputs: 5)
    #expect(length == .squaredLength)
    #expect(length.scores([1, -2, 2, 0, 3, 0], [Double](repeating: 9, count: 10), events: 2) == [9, 9])
  }

  @Test(arguments: [TestNetworks.Output.autoencoder, .regression])
  func `the tape scores what the model says`(_ kind: TestNetworks.Output) throws {
    var network = try TestNetworks.with(kind)
    let data = network.events(30)
    let tape = try TapeBuilding.tape(of: network.model, meaning: .anomaly)
    #expect(tape.score == (kind == .autoencoder ? .reconstructionError : .squaredLength))
    let batch = TapeBatch(inputs: data.inputs.map { Float($0) }, events: 30)
    let found = TapeRunner(tape, threads: 1).targets(NetworkParameters(tape, of: network.model), batch)
    let outputs = ReferenceEvaluator(network.model).evaluate(data.inputs, samples: 30).outputs
    let score = try #require(tape.score)
    let expected = score.scores(outputs, data.inputs, events: 30)
    #expect(found.count == 30)
    for (a, b) in zip(found, expected) { #expect(abs(Double(a) - b) < 1e-5 * max(1, b)) }
  }

  @Test func `a curve keeps the score, not the reconstruction`() throws {
    var network = try TestNetworks.with(.autoencoder)
    let data = network.events(500)
    func last(_ meaning: OutputMeaning) throws -> (kl: Double, optimizer: BudgetOptimizer, point: CurvePoint) {
      var options = OptimizerOptions()
      options.meaning = meaning
      options.plan = AnnealingPlan(stages: 3, ratio: 5, steps: 20, statistics: 400)
      let optimizer = try BudgetOptimizer(network.model, calibration: data, options: options, log: DiagnosticLog())
      let points = Mutex<[CurvePoint]>([])
      let hooks = SearchHooks(
        estimate: { _ in
          PointEstimate(adderBits: 1, lut: 1, ff: 0, dsp: 0, latencyCycles: 1, latencyNanoseconds: 5)
        },
        found: { point, _ in points.withLock { $0.append(point) } },
        goesOn: { true }
      )
      try optimizer.run(hooks, from: nil)
      let point = try #require(points.withLock { $0.first })
      return (point.score.kl.value, optimizer, point)
    }
    let scored = try last(.anomaly)
    let rebuilt = try last(.numbers)
    #expect(scored.kl < 0.1)
    #expect(scored.optimizer.evaluation.floatScore.kl.value == 0)
    // What was fitted to scores is judged by scores: the same network has another distance as a reconstruction.
    #expect(try rebuilt.optimizer.evaluation.score(scored.point.graph).kl.value != scored.kl)
  }
}
