import DesignBuilding
import DesignIR
import FixedPoint
import FixedPointIR
import NetlistIR

/// A finish chain as hardware: logic inside the processor, or a pipeline behind its accumulator where that is too slow.
struct FinishUnit {
  let circuit: Circuit
  /// The pipeline; nil for logic.
  let module: ModuleID?

  /// Cycles between the sum and the register that takes the result.
  var latency: Int { module == nil ? 0 : circuit.latency }

  /// - Parameter name: of a pipeline.
  init(_ chain: FinishChain, name: String, layer: NetlistScope, options: DesignOptions, in design: inout DesignBuilder)
    throws
  {
    let sum = chain.graph[chain.graph.inputs[0]].types[0]
    circuit = try Pipelining(options: options)
      .circuit(of: chain.graph, inputs: [[sum.rawRange]], layer: { _ in layer })
    module = circuit.latency > 1 ? design.add(circuit, name: name) : nil
  }

  /// The finished sum.
  func result(of sum: ValueID, _ builder: inout ModuleBuilder, in design: DesignBuilder) -> ValueID {
    guard let module else { return builder.logic.inline(circuit.netlist, inputs: [sum])[0] }
    return builder.instance("finish", of: module, in: design, inputs: [[sum]])[0][0]
  }
}

extension NetlistBuilder {
  /// The values of a netlist, computed here.
  ///
  /// - Parameter inputs: inside the ranges of the netlist's inputs.
  mutating func inline(_ netlist: Netlist, inputs: [ValueID]) -> [ValueID] {
    var names: [ValueID] = []
    for value in netlist.values {
      let id: ValueID
      if case .input(let input) = value.instruction {
        id = inputs[Int(input)]
      } else if case .lookup(let table, let address) = value.instruction {
        id = lookup(rom(netlist.roms[table.index]), address: names[address.index])
      } else {
        id = simplified(value.instruction.mapOperands { names[$0.index] })
      }
      // What was proven where the netlist was made holds here.
      if !value.range.contains(range(id)) { assume(id, in: value.range) }
      names.append(id)
    }
    return netlist.outputs.map { names[$0.value.index] }
  }
}
