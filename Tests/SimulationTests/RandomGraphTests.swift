import FixedPoint
import FixedPointIR
import Fuzzing
import Testing

@testable import Simulation

/// The simulator against the evaluator that follows the definitions one event at a time.
@Suite struct RandomGraphTests {
  @Test(arguments: 0..<40)
  func `every tensor and every overflow count equals the definition`(block: Int) throws {
    for seed in UInt64(block * 25)..<UInt64(block * 25 + 25) {
      try compare(seed: seed)
    }
  }

  private func compare(seed: UInt64) throws {
    var random = RandomFixedPointGraph(seed: seed)
    let graph = random.graph(layers: 6)
    guard (try? FixedPointGraphVerifier.verify(graph)) != nil else { return }
    let samples = 1 + Int(seed % 9)
    let inputs = (0..<samples).flatMap { _ in random.inputs(for: graph) }
    let simulator = try Simulator(graph)
    let plain = try simulator.run(inputs, samples: samples, options: SimulationOptions(threads: 1))
    let traced = try simulator.run(
      inputs,
      samples: samples,
      options: SimulationOptions(threads: 1, trace: true, countOverflows: true)
    )
    let evaluator = FixedPointEvaluator(graph)
    var overflows = [Int](repeating: 0, count: graph.nodes.count)
    for sample in 0..<samples {
      let event = Array(inputs[sample * graph.inputCount..<(sample + 1) * graph.inputCount])
      let expected = evaluator.evaluate(event)
      for (index, count) in expected.overflows.enumerated() { overflows[index] += count }
      for (index, node) in graph.nodes.enumerated() {
        let values = traced.trace[index].values
        let raw = (0..<values.elements).map { values.raw(sample: sample, element: $0) }
        try #require(
          raw == expected.raw[node.output.index],
          "seed \(seed), layer \(node.name): \(node.operation)"
        )
      }
      let outputs = graph.outputs.flatMap { expected.raw[$0.index] }
      let raw = (0..<outputs.count).map { plain.outputValues.raw(sample: sample, element: $0) }
      try #require(raw == outputs, "seed \(seed), outputs without trace")
    }
    #expect(plain.outputs == traced.outputs, "seed \(seed)")
    let counted = traced.overflows.map {
      $0.result.wraps + $0.result.saturations + $0.inside.wraps + $0.inside.saturations
    }
    #expect(counted == overflows, "seed \(seed), overflow counts of \(graph.nodes.map(\.name))")
  }
}
