import Diagnostics
import FixedPoint
import FixedPointIR
import NetlistIR
import NetlistPasses

/// Turns what is computed into how: a ``FixedPointGraph`` into one combinational ``Netlist``.
package enum Lowering {
  /// The netlist of a whole model: a scope per layer, the flat inputs and outputs as ports.
  ///
  /// The result is the same for any number of threads.
  ///
  /// - Parameters:
  ///   - progress: receives the name of each layer as its turn comes, on the calling thread.
  /// - Precondition: the graph passed ``FixedPointGraphVerifier``.
  /// - Throws: a `Diagnostic` where a value would be wider than the firmware can be.
  package static func lower(
    _ graph: FixedPointGraph,
    options: LoweringOptions = LoweringOptions(),
    progress: (_ layer: String) -> Void = { _ in }
  ) throws -> Netlist {
    let graph = graph.withoutDeadNeurons
    let analysis = RangeAnalysis(graph)
    let plans = AdderGraphPlans(graph, analysis: analysis, options: options)
    return try lower(graph, analysis: analysis, plans: plans, options: options, progress: progress)
  }

  /// The same from what is known already.
  ///
  /// - Parameters:
  ///   - graph: a graph without dead neurons.
  ///   - analysis: what is proven about this graph.
  ///   - plans: the adder graphs of all its dense layers that want some.
  package static func lower(
    _ graph: FixedPointGraph,
    analysis: RangeAnalysis,
    plans: AdderGraphPlans,
    options: LoweringOptions,
    progress: (_ layer: String) -> Void = { _ in }
  ) throws -> Netlist {
    let trees = try TreeEnsemblePlans(graph, analysis: analysis, options: options)
    var lowering = GraphLowering(graph: graph, analysis: analysis, plans: plans, trees: trees)
    lowering.narrowsPorts = options.narrowsPorts
    lowering.extraDepth = options.extraDepth
    for index in graph.nodes.indices {
      progress(graph.nodes[index].name)
      try lowering.lowerNode(index)
    }
    lowering.connectOutputs()
    let live = DeadValueElimination.run(lowering.builder.netlist)
    try refuseWideValues(live, of: graph)
    let netlist = ConstantSinking.run(live)
    try refuseWideValues(netlist, of: graph)
    return netlist
  }

  /// Intermediates may be a little wider than those that the graph's verifier sees: a rounding constant adds a bit.
  private static func refuseWideValues(_ netlist: Netlist, of graph: FixedPointGraph) throws {
    let wide = netlist.values.first { $0.range.isTooWide || $0.width > FixedPointType.maximumWidth }
    guard let wide else { return }
    let layer = netlist.scopes[wide.scope.index].name
    throw Diagnostic.error(
      "too-wide",
      "layer '\(layer)' needs more than \(FixedPointType.maximumWidth) bits for an intermediate result",
      at: graph.nodes.first { $0.name == layer }?.origin,
      hint: "narrow the types of its inputs, weights or accumulator"
    )
  }
}
