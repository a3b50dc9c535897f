import NetlistIR

extension Netlist {
  /// The netlist with other instructions where a pass wants them, without what nobody reads any more.
  ///
  /// - Parameter replace: appends what a value becomes, given the new names of all values before it, and returns its
  ///   name; nil keeps the value's instruction and its proven range.
  func rebuilt(replacing replace: (ValueID, [ValueID], inout NetlistBuilder) -> ValueID?) -> Netlist {
    var builder = NetlistBuilder(rebuilding: self)
    var names: [ValueID] = []
    names.reserveCapacity(values.count)
    for (index, value) in values.enumerated() {
      builder.scope = value.scope
      builder.element = value.element
      if let replacement = replace(ValueID(index), names, &builder) {
        names.append(replacement)
      } else {
        let kept = builder.simplified(value.instruction.mapOperands { names[$0.index] })
        builder.assume(kept, in: value.range)
        names.append(kept)
      }
    }
    for (port, value) in outputs { builder.output(names[value.index], as: port) }
    return DeadValueElimination.run(builder.netlist)
  }
}
