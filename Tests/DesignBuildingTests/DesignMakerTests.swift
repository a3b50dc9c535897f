import DesignBuilding
import DesignIR
import Devices
import Diagnostics
import FixedPoint
import FixedPointIR
import Fuzzing
import Lowering
import NetlistPasses
import TestSupport
import Testing

@Suite struct DesignMakerTests {
  private func options(
    hierarchy: HierarchyChoice = .shared,
    recurrence: RecurrenceChoice = .sequential,
    clockPeriod: Double = 5
  ) -> DesignOptions {
    DesignOptions(
      pipeline: PipelineOptions(clockPeriod: clockPeriod),
      delays: DelayModel.of(.ultraScalePlus),
      hierarchy: hierarchy,
      recurrence: recurrence
    )
  }

  @Test func `random models in every form equal the simulator`() throws {
    var forms: Set<LayerForm.Name> = []
    for seed in 0..<300 {
      var random = RandomFixedPointGraph(seed: UInt64(seed))
      var graph = random.graph(layers: random.int(1...4))
      guard (try? FixedPointGraphVerifier.verify(graph)) != nil else { continue }
      for index in graph.nodes.indices where Bool.random(using: &random.generator) {
        graph.nodes[index].implementation = ImplementationChoice(strategy: .resource, reuseFactor: random.int(1...4))
      }
      let options = options(clockPeriod: [2, 5, 25].randomElement(using: &random.generator) ?? 5)
      for form in DesignMaker.forms(of: graph, options: options) { forms.insert(form.form.name) }
      let design: Design
      do { design = try DesignMaker.design(of: graph, options: options) } catch let refusal as Diagnostic {
        #expect(refusal.code == "too-wide", "seed \(seed): \(refusal)")
        continue
      }
      let samples = 7
      let inputs = (0..<samples).flatMap { _ in random.inputs(for: graph) }
      try expectSimulator(design, graph, inputs: inputs, samples: samples, seed: UInt64(seed))
    }
    #expect(forms == Set(LayerForm.Name.allCases).subtracting([.rounds]))
  }

  @Test func `random image networks whose kernels fire in rounds equal the simulator`() throws {
    var inRounds = 0
    for seed in 0..<80 {
      var random = RandomFixedPointGraph(seed: UInt64(seed))
      let graph = random.imageGraph(layers: random.int(1...4))
      guard (try? FixedPointGraphVerifier.verify(graph)) != nil else { continue }
      var options = options(clockPeriod: [2, 5, 25].randomElement(using: &random.generator) ?? 5)
      options.parallelPositions = random.int(1...4)
      let design: Design
      do { design = try DesignMaker.design(of: graph, options: options) } catch let refusal as Diagnostic {
        #expect(refusal.code == "too-wide", "seed \(seed): \(refusal)")
        continue
      }
      if DesignMaker.forms(of: graph, options: options).contains(where: { $0.form.name == .rounds }) { inRounds += 1 }
      let samples = 7
      let inputs = (0..<samples).flatMap { _ in random.inputs(for: graph) }
      try expectSimulator(design, graph, inputs: inputs, samples: samples, seed: UInt64(seed))
    }
    #expect(inRounds > 20)
  }

  /// 6 × 7 windows, of which so many fire at once.
  @Test(arguments: [(1, 42), (4, 11), (6, 7), (41, 2), (42, 1)])
  func `positions at once bound the interval`(parallel: Int, interval: Int) throws {
    let graph = SampleConvolution(height: 8, width: 9, channels: 2).graph
    var options = options()
    options.parallelPositions = parallel
    let design = try DesignMaker.design(of: graph, options: options)
    #expect(design.interface.interval == interval)
    #expect(DesignMaker.paces(of: graph, options: options)["conv"] == interval)
    let kernels = zip(design.modules, design.instanceCounts).filter { $0.0.name.contains("conv") && $0.1 > 1 }
    let instances = (42 + interval - 1) / interval
    #expect(instances == 1 ? kernels.isEmpty : kernels.map(\.1) == [instances], "\(kernels.map(\.1))")
  }
}
