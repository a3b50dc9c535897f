import FixedPoint
import FixedPointIR
import Fuzzing
import Testing

@testable import Simulation

/// Sizes of batches and numbers of threads change nothing.
@Suite struct BatchTests {
  @Test(arguments: [3, 11, 26] as [UInt64])
  func `every batch size and number of threads gives the same`(seed: UInt64) throws {
    var random = RandomFixedPointGraph(seed: seed)
    let graph = random.graph(layers: 5)
    let simulator = try Simulator(graph)
    let most = 2 * Tile.mostLanes + 1
    let inputs = (0..<most).flatMap { _ in random.inputs(for: graph) }
    let whole = try simulator.run(
      inputs,
      samples: most,
      options: SimulationOptions(threads: 1, trace: true, countOverflows: true)
    )
    let tile = Tile.mostLanes
    for samples in [0, 1, 15, 16, 17, tile - 1, tile, tile + 1, most] {
      for threads in [1, 2, 5] {
        let part = try simulator.run(
          Array(inputs[..<(samples * graph.inputCount)]),
          samples: samples,
          options: SimulationOptions(threads: threads)
        )
        #expect(part.outputs == Array(whole.outputs[..<(samples * graph.outputCount)]))
        #expect(part.trace.isEmpty && part.overflows.isEmpty)
      }
    }
    let parallel = try simulator.run(
      inputs,
      samples: most,
      options: SimulationOptions(threads: 2, trace: true, countOverflows: true)
    )
    #expect(parallel.overflows == whole.overflows)
    #expect(parallel.trace.map(\.values.doubles) == whole.trace.map(\.values.doubles))
    #expect(parallel.trace(of: graph.nodes[0].name)?.doubles == whole.trace[0].values.doubles)
    #expect(whole.outputValues.raw?.count == most * graph.outputCount)
  }
}
