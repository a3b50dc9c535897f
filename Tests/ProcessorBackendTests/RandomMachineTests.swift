import DesignBuilding
import DesignIR
import Devices
import Diagnostics
import FixedPointIR
import Fuzzing
import NetlistPasses
import ProcessorBackend
import TestSupport
import Testing

@Suite struct RandomMachineTests {
  @Test(arguments: [false, true])
  func `random models as machines equal the simulator`(isMultiplierless: Bool) throws {
    var machines = 0
    for seed in 0..<150 {
      var random = RandomFixedPointGraph(seed: UInt64(seed))
      random.allowsTrees = false
      random.allowsKernels = false
      random.allowsStepwise = !isMultiplierless
      let graph = random.graph(layers: random.int(1...4))
      guard (try? FixedPointGraphVerifier.verify(graph)) != nil else { continue }
      let options = ProcessorOptions(
        unroll: [.lanes(1), .lanes(2), .full][random.int(0...2)],
        isMultiplierless: isMultiplierless,
        design: designOptions(clockPeriod: [2, 5, 25][random.int(0...2)])
      )
      let machine: ProcessorMachine
      do {
        machine = try ProcessorMachine(MachinePlan(AnalysedGraph(graph.withoutDeadNeurons), options: options))
      } catch let refusal as Diagnostic {
        #expect(["too-wide", "unsupported-operator"].contains(refusal.code), "seed \(seed): \(refusal)")
        continue
      }
      machines += 1
      let samples = 6
      let inputs = (0..<samples).flatMap { _ in random.inputs(for: graph) }
      try expectSimulator(machine.design, graph, inputs: inputs, samples: samples, seed: UInt64(seed))
    }
    #expect(machines > 80)
  }
}

/// The default way of building, for a clock.
func designOptions(clockPeriod: Double = 5) -> DesignOptions {
  DesignOptions(pipeline: PipelineOptions(clockPeriod: clockPeriod), delays: DelayModel.of(.ultraScalePlus))
}
