import DesignBuilding
import Devices
import Diagnostics
import FixedPointIR
import Fuzzing
import NetlistPasses
import ProcessorBackend

/// Random models as machines.
enum RandomMachine {
  static func graph(seed: UInt64, isMultiplierless: Bool = false) -> FixedPointGraph? {
    var random = RandomFixedPointGraph(seed: seed)
    random.allowsTrees = false
    random.allowsKernels = false
    random.allowsStepwise = !isMultiplierless
    let graph = random.graph(layers: random.int(1...4))
    return (try? FixedPointGraphVerifier.verify(graph)) == nil ? nil : graph
  }

  /// Nil where the graph, or its machine, is refused.
  static func plan(seed: UInt64, isMultiplierless: Bool = false, isReloadable: Bool = false) throws -> MachinePlan? {
    guard let graph = graph(seed: seed, isMultiplierless: isMultiplierless) else { return nil }
    var generator = SeededGenerator(seed: seed &+ 1)
    let options = ProcessorOptions(
      unroll: [.lanes(1), .lanes(2), .lanes(3), .full].randomElement(using: &generator) ?? .lanes(1),
      isMultiplierless: isMultiplierless,
      isReloadable: isReloadable,
      design: designOptions(clockPeriod: [2, 5, 25].randomElement(using: &generator) ?? 5)
    )
    do {
      return try MachinePlan(AnalysedGraph(graph.withoutDeadNeurons), options: options)
    } catch let refusal as Diagnostic
      where ["too-wide", "unsupported-operator", "nothing-to-reload"].contains(refusal.code)
    {
      return nil
    }
  }
}

/// The default way of building, for a clock.
func designOptions(clockPeriod: Double = 5) -> DesignOptions {
  DesignOptions(pipeline: PipelineOptions(clockPeriod: clockPeriod), delays: DelayModel.of(.ultraScalePlus))
}
