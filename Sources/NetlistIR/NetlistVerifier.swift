import FixedPoint

/// Why a netlist is not well formed: a defect of Tricot, or a value that is too wide.
package struct NetlistDefect: Error, CustomStringConvertible, Sendable {
  /// The value at fault, or nil where it is none.
  package var value: ValueID?
  package var description: String
}

/// Checks what every reader of a netlist relies on.
///
/// Operands stand before their users; every interval contains what its instruction can give; no value is wider than
/// ``FixedPointType/maximumWidth`` bits; ROM addresses lie inside; adders shift at most one operand; outputs fit their ports.
package enum NetlistVerifier {
  /// - Throws: the first ``NetlistDefect``.
  package static func verify(_ netlist: Netlist) throws {
    var forms: LinearForms?
    for index in netlist.values.indices { try verify(ValueID(index), of: netlist, forms: &forms) }
    for (port, value) in netlist.outputs {
      guard netlist.values.indices.contains(value.index) else {
        throw NetlistDefect(description: "output '\(port.tensor)' [\(port.element)] reads no value")
      }
      guard Interval(port.type.minimumRaw, port.type.maximumRaw).contains(netlist[value].range) else {
        throw NetlistDefect(
          value: value,
          description: "output '\(port.tensor)' [\(port.element)] of type \(port.type) takes \(netlist[value].range)"
        )
      }
    }
  }

  private static func verify(_ id: ValueID, of netlist: Netlist, forms: inout LinearForms?) throws {
    let value = netlist[id]
    func require(_ condition: Bool, _ message: @autoclosure () -> String) throws {
      guard condition else {
        throw NetlistDefect(value: id, description: "value \(id.raw), '\(value.instruction)': \(message())")
      }
    }
    try require(value.instruction.operands.allSatisfy { (0..<id.raw).contains($0.raw) }, "reads a later value")
    try require(netlist.scopes.indices.contains(value.scope.index), "belongs to no layer")
    try verifyOperands(of: id, in: netlist, require)
    let result = value.instruction.range(inputs: netlist.inputs, roms: netlist.roms) { netlist[$0].range }
    if !value.range.contains(result) {
      // Sums of sums may have been bounded together, which one instruction does not show.
      let known = forms ?? LinearForms(netlist)
      forms = known
      let range = known.range(of: id, in: netlist)
      try require(value.range.contains(range), "states \(value.range) and can give \(range)")
    }
    try require(
      value.width <= FixedPointType.maximumWidth,
      "is \(value.width) bits wide; the limit is \(FixedPointType.maximumWidth)"
    )
  }

  private static func verifyOperands(
    of id: ValueID,
    in netlist: Netlist,
    _ require: (Bool, @autoclosure () -> String) throws -> Void
  ) throws {
    let value = netlist[id]
    switch value.instruction {
    case .input(let port): try require(netlist.inputs.indices.contains(Int(port)), "reads no input")
    case .add(_, let s, _, let t), .subtract(_, let s, _, let t): try require(s == 0 || t == 0, "shifts both operands")
    case .addThree(let a, let b, let c):
      try require(!a.isNegative, "begins with a negative term")
      try require(min(a.shift, b.shift, c.shift) == 0, "shifts all terms")
    case .clamp(_, let lower, let upper): try require(lower <= upper, "has no bounds")
    case .bits(_, let low, let width): try require(low < 128 && width <= 120, "reads bits that do not exist")
    case .select(let condition, _, _): try require(Interval.bit.contains(netlist[condition].range), "has no condition")
    case .and(let a, let b), .or(let a, let b):
      try require(Interval.bit.contains(netlist[a].range.union(netlist[b].range)), "combines no conditions")
    case .not(let a): try require(Interval.bit.contains(netlist[a].range), "inverts no condition")
    case .lookup(let rom, let address):
      try require(netlist.roms.indices.contains(rom.index), "reads no ROM")
      let addresses = netlist[address].range
      let count = netlist.roms[rom.index].entries.count
      try require(addresses.lower >= 0 && addresses.upper < count, "reads \(addresses) of \(count) entries")
    case .constant, .multiply, .accumulate, .shiftLeft, .shiftRight, .wrap, .less, .equal: break
    }
  }
}
