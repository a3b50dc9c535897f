import Diagnostics
import FixedPointIR
import Fuzzing
import Lowering
import NetlistIR
import Simulation
import TestSupport
import Testing

@Suite struct RandomGraphTests {
  @Test(arguments: 0..<300 as Range<UInt64>)
  func `random graphs give the evaluator's bits`(seed: UInt64) throws {
    var random = RandomFixedPointGraph(seed: seed)
    let graph = random.graph(layers: 1 + Int(seed % 6))
    let events = (0..<30).map { _ in random.inputs(for: graph) }
    try expectSameBits(graph, events: events, "seed \(seed)")
  }

  @Test(arguments: [(30, 5, 36), (60, 2, 20), (100, 2, 5)])
  func `graphs of wide types give the evaluator's bits`(width: Int, layers: Int, atLeast count: Int) throws {
    var compared = 0
    for seed in 5000..<5040 as Range<UInt64> {
      var random = RandomFixedPointGraph(seed: seed)
      random.maximumWidth = width
      let graph = random.graph(layers: layers)
      guard (try? FixedPointGraphVerifier.verify(graph)) != nil else { continue }
      let events = (0..<20).map { _ in random.inputs(for: graph) }
      do {
        try expectSameBits(graph, events: events, "seed \(seed), width \(width)")
        compared += 1
      } catch let diagnostic as Diagnostic {
        // A rounding constant may need one bit more than the verifier of the graph sees.
        #expect(diagnostic.code == "too-wide")
      }
    }
    #expect(compared >= count, "only \(compared) graphs were compared")
  }

  @Test(arguments: 0..<60 as Range<UInt64>)
  func `netlist and simulator agree`(seed: UInt64) throws {
    var random = RandomFixedPointGraph(seed: 9000 + seed)
    let graph = random.graph(layers: 4)
    let events = (0..<20).map { _ in random.inputs(for: graph) }
    let result = try Simulator(graph).run(events.flatMap { $0 }, samples: events.count)
    let interpreter = NetlistInterpreter(try Lowering.lower(graph))
    let inputs = result.quantizedInputs
    for sample in events.indices {
      let event = (0..<inputs.elements).map { inputs.raw(sample: sample, element: $0) }
      let expected = (0..<graph.outputCount).map { result.outputValues.raw(sample: sample, element: $0) }
      #expect(interpreter.outputs(for: event) == expected, "seed \(9000 + seed)")
    }
  }
}
