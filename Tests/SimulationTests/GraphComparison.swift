import FixedPoint
import FixedPointIR
import Testing

@testable import Simulation

/// Runs a batch through the simulator and event by event through the definition, and expects the same everywhere: every
/// tensor, the outputs with and without a trace, and every overflow count.
func expectDefinition(_ graph: FixedPointGraph, inputs: [Double], samples: Int, _ name: Comment) throws {
  #expect(throws: Never.self, "\(name)\n\(graph.nodes.map(\.operation))") { try Simulator(graph) }
  let simulator = try Simulator(graph)
  let plain = try simulator.run(inputs, samples: samples, options: SimulationOptions(threads: 1))
  let traced = try simulator.run(
    inputs,
    samples: samples,
    options: SimulationOptions(threads: 2, trace: true, countOverflows: true)
  )
  let evaluator = FixedPointEvaluator(graph)
  var overflows = [Int](repeating: 0, count: graph.nodes.count)
  for sample in 0..<samples {
    let expected = evaluator.evaluate(Array(inputs[sample * graph.inputCount..<(sample + 1) * graph.inputCount]))
    for (index, count) in expected.overflows.enumerated() { overflows[index] += count }
    for (index, node) in graph.nodes.enumerated() {
      let values = traced.trace[index].values
      let raw = (0..<values.elements).map { values.raw(sample: sample, element: $0) }
      try #require(raw == expected.raw[node.output.index], "\(name), layer \(node.name): \(node.operation)")
    }
    let outputs = graph.outputs.flatMap { expected.raw[$0.index] }
    let raw = (0..<outputs.count).map { plain.outputValues.raw(sample: sample, element: $0) }
    try #require(raw == outputs, "\(name), outputs without a trace")
  }
  #expect(plain.outputs == traced.outputs, name)
  let counted = traced.overflows.map {
    $0.result.wraps + $0.result.saturations + $0.inside.wraps + $0.inside.saturations
  }
  #expect(counted == overflows, name)
}
