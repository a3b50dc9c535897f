import CircuitIR
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
    let model = FormedGraph(graph.withoutDeadNeurons, options: options)
    if model.forms.allSatisfy({ $0 == .flat }) { return Design(try circuit(of: graph, options: options)) }
    var composer = DesignComposer(model, options: options)
    return try composer.design()
  }

  /// The model as one pipeline.
  package static func circuit(of graph: FixedPointGraph, options: DesignOptions) throws -> Circuit {
    let netlist = try Lowering.lower(graph, options: options.lowering)
    return PipelineScheduler.schedule(netlist, delays: options.delays, options: options.pipeline)
  }

  /// By layer of the model, the form in which it is built.
  package static func forms(of graph: FixedPointGraph, options: DesignOptions) -> [(layer: String, form: LayerForm)] {
    graph.nodes.map { ($0.name, LayerForm($0, of: graph, options: options)) }
  }
}
