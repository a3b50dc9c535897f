import FixedPoint
import NetlistIR

/// Infers all intervals again, from the inputs to the outputs, and simplifies what they now show to be simpler.
///
/// Sums get the intervals of their linear forms. Values only ever become narrower.
package enum RangeNarrowing {
  package static func run(_ netlist: Netlist) -> Netlist {
    let forms = LinearForms(netlist)
    var builder = NetlistBuilder(rebuilding: netlist)
    var names: [ValueID] = []
    names.reserveCapacity(netlist.values.count)
    for (index, value) in netlist.values.enumerated() {
      builder.scope = value.scope
      builder.element = value.element
      let id = builder.simplified(value.instruction.mapOperands { names[$0.index] })
      builder.assume(id, in: value.range)
      builder.assume(id, in: forms.range(of: ValueID(index), in: netlist))
      names.append(id)
    }
    for (port, value) in netlist.outputs { builder.output(names[value.index], as: port) }
    return DeadValueElimination.run(builder.netlist)
  }
}
