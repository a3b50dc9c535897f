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
    #expect(forms == Set(LayerForm.Name.allCases))
  }
}
