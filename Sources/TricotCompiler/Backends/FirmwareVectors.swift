import FirmwareFiles
import FixedPointIR
import Simulation
import VerilogBackend

extension Compilation {
  /// Events for the testbench that a project ships.
  private static let shippedEvents = 64

  /// Random events with the answers that the firmware must give.
  func makeTestVectors() throws -> TestVectors {
    let graph = try fixedPointGraph
    let batch = EventBatch(random: Self.shippedEvents, for: graph, seed: options.seed)
    let result = try simulator.run(
      batch.values,
      samples: batch.count,
      options: SimulationOptions(threads: 1)
    )
    let outputs = (0..<batch.count).map { sample in
      (0..<graph.outputCount).map { result.outputValues.raw(sample: sample, element: $0) }
    }
    return TestVectors(inputs: result.rawInputs, outputs: outputs)
  }
}
