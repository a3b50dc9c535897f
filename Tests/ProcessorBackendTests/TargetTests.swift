import DesignIR
import Devices
import Diagnostics
import FixedPointIR
import Fuzzing
import ProcessorBackend
import TestSupport
import Testing
import Verification
import VerilogBackend

/// What the 2-3-1 network of 16 bits may take: bounds that are kept, not measurements.
@Suite struct TargetTests {
  static let network = """
    graph 'two_three_one'
      'x' Input [2] fixed<16,8> = input
      'hidden' Dense [3] fixed<16,8> = dense('x')
        kernel [2, 3] grid 8
          141 -87 52
          -203 118 230
        bias [26, -13, 77]/2^8
      'relu' ReLU [3] fixed<16,8> = relu('hidden')
      'y' Dense [1] fixed<16,8> = dense('relu')
        kernel [3, 1] grid 8
          179
          -96
          217
        bias [-45]/2^8
      return 'y'

    """

  struct Target: Sendable, CustomTestStringConvertible {
    var unroll = ProcessorOptions.Unroll.lanes(1)
    var isMultiplierless = false
    var latency: Int
    var interval: Int
    var lut: Int
    var dsp: Int

    var testDescription: String { "\(unroll)\(isMultiplierless ? " without multipliers" : "")" }
  }

  @Test(
    .enabled(if: ExternalTool.yosys.isAvailable, "yosys is not installed"),
    arguments: [
      Target(latency: 12, interval: 5, lut: 200, dsp: 4),
      Target(isMultiplierless: true, latency: 52, interval: 18, lut: 350, dsp: 0),
      Target(unroll: .full, latency: 12, interval: 1, lut: 500, dsp: 9),
    ]
  )
  func `the 2-3-1 network is small and fast`(target: Target) async throws {
    let graph = try FixedPointGraph(parsing: Self.network, file: "network")
    let options = ProcessorOptions(
      unroll: target.unroll,
      isMultiplierless: target.isMultiplierless,
      design: designOptions()
    )
    let machine = try ProcessorMachine(MachinePlan(AnalysedGraph(graph), options: options))
    #expect(machine.plan.processorCount == 4)
    #expect(machine.design.interface.latency <= target.latency)
    #expect(machine.design.interface.interval <= target.interval)
    try expectSimulator(machine.design, graph, inputs: [0.5, -1.25, 3, 2, -100, 127, 0, 0], samples: 4)

    let part = PartCatalogue.all[0]
    let files = try VerilogBackend.emit(machine.design, options: VerilogOptions(top: "net", part: part))
    let counts = try await YosysRun.synthesize(
      files,
      top: "net",
      family: .ultraScalePlus,
      usesMultipliers: !target.isMultiplierless
    )
    #expect(counts.resources.lut <= target.lut)
    #expect(counts.resources.dsp <= target.dsp)
  }

  @Test func `what has no processor is refused by name`() throws {
    var random = RandomFixedPointGraph(seed: 1)
    var refused: Set<String> = []
    for _ in 0..<200 {
      let graph = random.graph(layers: 3)
      guard (try? FixedPointGraphVerifier.verify(graph)) != nil else { continue }
      let live = AnalysedGraph(graph.withoutDeadNeurons)
      do { _ = try MachinePlan(live, options: ProcessorOptions(design: designOptions())) } catch let error as Diagnostic
      {
        #expect(error.code == "unsupported-operator" && error.hint != nil)
        let layer = try #require(graph.nodes.first { "\(error.message)".contains("'\($0.name)'") })
        refused.insert(layer.operation.kind.rawValue)
      }
    }
    #expect(refused == ["map", "scan", "tableSum", "treeEnsemble"])
  }
}
