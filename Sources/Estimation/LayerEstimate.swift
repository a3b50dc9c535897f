import DesignIR
import Devices
import FixedPoint
import LogicMapping
import NetlistIR

/// What one layer takes.
package struct LayerEstimate: Sendable, Hashable {
  package var name: String
  package var kind: String
  package var resources: ResourceCount
  /// First and last pipeline stage in which the layer computes.
  package var stages: ClosedRange<Int>
}

extension LayerEstimate {
  /// Counts what is emitted for a circuit, layer by layer, but the valid bit.
  ///
  /// - Parameter logic: how it is written; where a part has no primitives for all of it, as expressions.
  package static func layers(of circuit: Circuit, logic style: LogicStyle = .expressions) -> [LayerEstimate] {
    let netlist = circuit.netlist
    let products = ProductCost(netlist)
    let tables = TableCost(circuit)
    var builder = BitBuilder(circuit, tables: tables, style: style)
    let style = builder.isMappable ? style : .expressions
    if style == .expressions { builder = BitBuilder(circuit, tables: tables) }
    let logic = LogicCost(builder, style: style)
    var counts = [ResourceCount](repeating: ResourceCount(), count: netlist.scopes.count)
    for index in netlist.values.indices {
      let id = ValueID(index)
      counts[netlist[id].scope.index] +=
        logic.resources[index] + tables.resources(of: id) + products.resources(of: id)
    }
    let stages = circuit.layerStages
    return netlist.scopes.indices.map { index in
      let scope = netlist.scopes[index]
      return LayerEstimate(name: scope.name, kind: scope.kind, resources: counts[index], stages: stages[index])
    }
  }
}

extension Circuit {
  /// By scope: first and last stage in which something of it is computed.
  package var layerStages: [ClosedRange<Int>] {
    var stages = [ClosedRange<Int>?](repeating: nil, count: netlist.scopes.count)
    for index in netlist.values.indices {
      let id = ValueID(index)
      let (scope, stage) = (netlist[id].scope.index, stage(of: id))
      stages[scope] = stages[scope].map { min($0.lowerBound, stage)...max($0.upperBound, stage) } ?? stage...stage
    }
    return stages.map { $0 ?? 0...0 }
  }
}
