import DesignIR
import Devices
import Diagnostics
import FixedPointIR
import ModelIR
import NetlistIR
import NetlistPasses
import Quantization
import Synchronization
import TextForm

/// How a pass runs on a representation that is all there is: as tests and tools run it, with usual settings.
package enum PassRun: Sendable {
  case model(@Sendable (ModelGraph) throws -> ModelGraph)
  case fixedPoint(@Sendable (FixedPointGraph) throws -> FixedPointGraph)
  case netlist(@Sendable (Netlist) throws -> Netlist)
  case scheduling(@Sendable (Netlist) throws -> Circuit)
}

extension PassName {
  private static var delays: DelayModel { DelayModel.of(PartCatalogue.all[0].family) }
  private static var pipeline: PipelineOptions { PipelineOptions(clockPeriod: 5) }

  /// The pass itself.
  package var run: PassRun {
    switch self {
    case .magnitudePruning: .model { try MagnitudePruning(sparsity: 0.5).run($0, log: DiagnosticLog()) }
    case .deadNeurons: .model { try DeadNeuronElimination().run($0, log: DiagnosticLog()) }
    case .deadLayers:
      .model { graph in
        var graph = graph
        DeadNodeElimination.run(&graph)
        return graph
      }
    case .affineFolding: .model { try AffineFolding().run($0, log: DiagnosticLog()) }
    case .accumulatorSimplification:
      .fixedPoint { graph in
        var graph = graph
        AccumulatorSimplification.run(&graph, analysis: RangeAnalysis(graph))
        return graph
      }
    case .deadWeights: .fixedPoint { $0.withoutDeadNeurons }
    case .deadValues: .netlist { DeadValueElimination.run($0) }
    case .constantSinking: .netlist { ConstantSinking.run($0) }
    case .ternarySums:
      .netlist {
        TernarySums.run(
          $0,
          delays: Self.delays,
          options: Self.pipeline
        )
      }
    case .pipelining:
      .scheduling {
        PipelineScheduler.schedule(
          $0,
          delays: Self.delays,
          options: Self.pipeline
        )
      }
    }
  }
}

/// Checks what every pass made, by its own verifier: prints it, reads the text and looks for the same text.
package enum PassVerification {
  /// Does some work with the verifier after every pass in it; throws the first thing that it finds.
  package static func watching<Result>(_ work: () throws -> Result) throws -> Result {
    let failure = Mutex<(any Error)?>(nil)
    let result = try PassTrace.observing({ pass, text in
      do {
        try verify(pass, text())
      } catch {
        failure.withLock { $0 = $0 ?? error }
      }
    }) { try work() }
    if let error = failure.withLock({ $0 }) { throw error }
    return result
  }

  /// Throws what is wrong with the result of a pass.
  package static func verify(_ pass: PassName, _ text: String) throws {
    let file = "after \(pass.rawValue)"
    let again =
      switch pass.run {
      case .model: try ModelGraph(parsing: text, file: file).description
      case .fixedPoint: try FixedPointGraph(parsing: text, file: file).description
      case .netlist: try Netlist(parsing: text, file: file).description
      case .scheduling: try Circuit(parsing: text, file: file).description
      }
    guard again == text else {
      throw Diagnostic.error("text-differs", "the text of what \(pass.rawValue) made reads as something else")
    }
  }
}
