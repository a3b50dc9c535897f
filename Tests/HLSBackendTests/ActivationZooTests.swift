import DataFiles
import Diagnostics
import FixedPointIR
import Quantization
import Simulation
import TestSupport
import Testing

/// Every activation of hls4ml, as compiled C++.
@Suite struct ActivationZooTests {
  @Test(
    .enabled(if: CppTools.areAvailable, CppTools.absence),
    .enabled(if: SharedData.isAvailable, SharedData.absence)
  )
  func `all activations equal the simulator`() async throws {
    let path = "vectors/hls4ml/act_zoo__mixed"
    let log = DiagnosticLog()
    let yaml = String(decoding: try SharedData.bytes("\(path)/config.yml"), as: UTF8.self)
    let document = try HLS4MLDocument(parsing: yaml, file: "config.yml", log: log)
    var graph = try HLS4MLQuantizer.quantize(
      ActivationZoo.model(),
      configuration: document.configuration,
      log: log
    )
    try FixedPointGraphVerifier.verify(graph)
    AccumulatorSimplification.run(&graph, analysis: RangeAnalysis(graph))
    let inputs = try SharedData.array("\(path)/inputs.npy").values
    let samples = 60
    try await expectSimulator(graph, inputs: Array(inputs.prefix(samples * graph.inputCount)), samples: samples)
    let expected = try SharedData.array("\(path)/expected.npy").values
    let result = try Simulator(graph).run(Array(inputs.prefix(samples * graph.inputCount)), samples: samples)
    #expect(result.outputs == Array(expected.prefix(samples * graph.outputCount)))
  }
}
