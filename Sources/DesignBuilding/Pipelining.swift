import DesignIR
import Diagnostics
import FixedPoint
import FixedPointIR
import Lowering
import NetlistIR
import NetlistPasses

/// Makes pipelined circuits of graphs, with ports as wide as what is proven.
package struct Pipelining {
  package var options: DesignOptions

  package init(options: DesignOptions) { self.options = options }

  /// - Parameters:
  ///   - inputs: what is proven of the graph's inputs, by input and element.
  ///   - layer: the model's layer that a part of the graph is of; nil where the graph's layers are the model's.
  package func circuit(
    of graph: FixedPointGraph,
    inputs: [[Interval]],
    layer: ((NetlistScope) -> NetlistScope)? = nil
  ) throws -> Circuit {
    var lowering = options.lowering
    lowering.narrowsPorts = true
    let graph = graph.withDistinctOutputs.withoutDeadNeurons
    let analysis = RangeAnalysis(graph, inputs: inputs)
    let plans = AdderGraphPlans(graph, analysis: analysis, options: lowering)
    var netlist = try Lowering.lower(graph, analysis: analysis, plans: plans, options: lowering)
    if let layer { netlist.rename(layer) }
    var pipeline = options.pipeline
    // A declared latency is that of the whole design.
    pipeline.latency = nil
    return PipelineScheduler.schedule(netlist, delays: options.delays, options: pipeline)
  }
}

extension FixedPointGraph {
  /// The same graph, in which no output is an input or stands twice: a module has a port for each.
  fileprivate var withDistinctOutputs: FixedPointGraph {
    var result = self
    var taken = Set(inputs)
    for (index, id) in outputs.enumerated() where !taken.insert(id).inserted {
      var name = "\(self[id].name)_\(index)"
      while result.tensors.contains(where: { $0.name == name }) { name += "_again" }
      result.outputs[index] = result.append(
        .requantize,
        named: name,
        kind: "Copy",
        inputs: [id],
        shape: self[id].shape,
        types: self[id].types,
        origin: nodes.first { $0.output == id }?.origin ?? Origin(file: self.name)
      )
    }
    return result
  }
}

extension Netlist {
  /// Gives every scope another name; scopes that come to the same one become one.
  fileprivate mutating func rename(_ layer: (NetlistScope) -> NetlistScope) {
    var kept: [NetlistScope] = []
    let names = scopes.map { scope in
      let name = layer(scope)
      if let known = kept.firstIndex(of: name) { return ScopeID(known) }
      kept.append(name)
      return ScopeID(kept.count - 1)
    }
    scopes = kept
    for index in values.indices { values[index].scope = names[values[index].scope.index] }
  }
}

/// Values of one tensor in a module, and the cycle after the event's start in which they are there.
struct TimedTensor {
  var values: [ValueID]
  var time: Int
}
