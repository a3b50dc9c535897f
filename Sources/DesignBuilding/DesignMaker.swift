import DesignIR
import FixedPoint
import FixedPointIR
import Lowering
import NetlistIR
import NetlistPasses

/// Turns a model into hardware: one pipeline where that suffices, else modules of several forms that are started one
/// after the other, each a fixed time after the event came in.
package enum DesignMaker {
  /// - Precondition: the graph passed ``FixedPointGraphVerifier``.
  /// - Throws: a `Diagnostic` where a value would be wider than the firmware can be.
  package static func design(of graph: FixedPointGraph, options: DesignOptions) throws -> Design {
    isOnePipeline(graph, options: options)
      ? Design(try circuit(of: graph, options: options)) : try composed(graph.withoutDeadNeurons, options: options)
  }

  /// Whether all layers are built in one pipeline.
  package static func isOnePipeline(_ graph: FixedPointGraph, options: DesignOptions) -> Bool {
    graph.nodes.allSatisfy { LayerForm($0, of: graph, options: options) == .flat }
  }

  /// A model with layers of other forms, as modules.
  ///
  /// - Parameter graph: a graph without dead neurons.
  package static func composed(_ graph: FixedPointGraph, options: DesignOptions) throws -> Design {
    var composer = DesignComposer(FormedGraph(graph, options: options), options: options)
    return try composer.design()
  }

  /// A model as stages through which an event streams position by position, and the queues between them.
  ///
  /// - Parameters:
  ///   - graph: a graph without dead neurons.
  ///   - depths: of the queues; nil: the least that keep the full rate.
  /// - Throws: a `Diagnostic` where a layer cannot be streamed.
  package static func streamed(
    _ graph: FixedPointGraph,
    options: DesignOptions,
    depths: [Int]? = nil
  ) throws -> StreamedDesign {
    var composer = try StreamComposer(graph, options: options)
    return try composer.compose(depths: depths)
  }

  /// The model as one pipeline.
  package static func circuit(of graph: FixedPointGraph, options: DesignOptions) throws -> Circuit {
    let netlist = try Lowering.lower(graph, options: options.lowering)
    return PipelineScheduler.schedule(netlist, delays: options.delays, options: options.pipeline)
  }

  /// By layer of the model, the cycles that it takes for an event where a whole event comes at once: the least between two.
  package static func paces(of graph: FixedPointGraph, options: DesignOptions) -> [String: Int] {
    let layers = graph.nodes.map { node in
      switch LayerForm(node, of: graph, options: options) {
      case .flat, .instances, .sequential: (node.name, 1)
      case .timeMultiplexed(let reuseFactor): (node.name, reuseFactor)
      case .rounds(let parallel):
        if case .map(let map) = node.operation {
          (node.name, RoundEngine.rounds(of: map, parallel: parallel))
        } else {
          (node.name, 1)
        }
      }
    }
    return Dictionary(layers, uniquingKeysWith: max)
  }

  /// By layer of the model, the form in which it is built.
  package static func forms(of graph: FixedPointGraph, options: DesignOptions) -> [(layer: String, form: LayerForm)] {
    graph.nodes.map { ($0.name, LayerForm($0, of: graph, options: options)) }
  }
}
