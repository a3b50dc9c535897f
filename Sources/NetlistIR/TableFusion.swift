import FixedPoint

/// Which values synthesis puts into one look-up table.
///
/// A register rank inside such a group would cost a table for each side, and often more registers than one around it. Groups are:
/// gates on single bits that nobody outside reads, over at most six inputs together; and a table of at most five inputs
/// with the adder that alone reads it, whose own look-up tables have that many inputs to spare.
package struct TableFusion: Sendable {
  /// By value: the last value of its group, which is itself where it stands alone.
  package private(set) var root: [Int32]
  /// By value: what its group reads from outside; empty for values that are not the last of theirs.
  package private(set) var operands: [[Int32]]

  /// Inputs of a look-up table, and those that an adder leaves of them for one of its operands.
  private static let tableInputs = 6
  package static let spareInputs = 5

  package init(_ netlist: Netlist) {
    root = (0..<netlist.values.count).map(Int32.init)
    operands = netlist.values.map { value in
      var distinct: [Int32] = []
      value.instruction.forEachOperand { operand in
        let index = Int32(operand.index)
        if !distinct.contains(index) { distinct.append(index) }
      }
      return distinct
    }
    var readers = [Int32](repeating: 0, count: netlist.values.count)
    for list in operands { for operand in list { readers[Int(operand)] += 1 } }
    // Somebody outside every group.
    for output in netlist.outputs { readers[output.value.index] += Int32(netlist.values.count) }
    for index in netlist.values.indices.reversed() where root[index] == Int32(index) {
      switch netlist.values[index].instruction {
      case .select, .and, .or: fuseGates(into: index, netlist, readers)
      case .add, .subtract: fuseTable(into: index, netlist, readers)
      case .input, .constant, .addThree, .multiply, .accumulate, .shiftLeft, .shiftRight, .bits, .wrap, .clamp, .less,
        .equal, .not,
        .lookup:
        break
      }
    }
  }

  private static func isGate(_ value: NetlistValue) -> Bool {
    switch value.instruction {
    case .select: Interval(0, 1).contains(value.range)
    case .and, .or, .not: true
    case .input, .constant, .add, .subtract, .addThree, .multiply, .accumulate, .shiftLeft, .shiftRight, .bits, .wrap,
      .clamp, .less,
      .equal,
      .lookup:
      false
    }
  }

  private mutating func fuseGates(into last: Int, _ netlist: Netlist, _ readers: [Int32]) {
    guard Self.isGate(netlist.values[last]) else { return }
    var inside: [Int: Int32] = [:]
    for operand in operands[last] { inside[Int(operand), default: 0] += 1 }
    while true {
      var best: (member: Int32, inputs: [Int32], count: Int)?
      for member in operands[last] where Self.isGate(netlist.values[Int(member)]) {
        guard inside[Int(member)] == readers[Int(member)] else { continue }
        let known = operands[last]
        let inputs = known.filter { $0 != member } + operands[Int(member)].filter { !known.contains($0) }
        let count = inputs.count { !netlist.values[Int($0)].range.isConstant }
        if count <= Self.tableInputs, count < best?.count ?? .max { best = (member, inputs, count) }
      }
      guard let best else { return }
      for operand in operands[Int(best.member)] { inside[Int(operand), default: 0] += 1 }
      root[Int(best.member)] = Int32(last)
      operands[Int(best.member)] = []
      operands[last] = best.inputs
    }
  }

  private mutating func fuseTable(into adder: Int, _ netlist: Netlist, _ readers: [Int32]) {
    guard let span = netlist.adderSpan(of: ValueID(adder)), span.carryBits > 0 else { return }
    // The second operand is the one that the look-up tables of a carry chain can take in.
    for operand in operands[adder].reversed() {
      var row = TableRow()
      row.add(operand, netlist, readers)
      guard !row.members.isEmpty, !row.inputs.contains(where: { operands[adder].contains($0) }) else { continue }
      for member in row.members {
        root[Int(member)] = Int32(adder)
        operands[Int(member)] = []
      }
      operands[adder] = operands[adder].filter { $0 != operand } + row.inputs
      return
    }
  }
}

/// Small tables, alone or side by side, that nobody but an adder reads.
private struct TableRow {
  private(set) var members: [Int32] = []
  /// Addresses, each once; and of a row, what is no small table.
  private(set) var inputs: [Int32] = []

  mutating func add(_ id: Int32, _ netlist: Netlist, _ readers: [Int32]) {
    switch netlist.values[Int(id)].instruction {
    case .lookup(_, let address)
    where readers[Int(id)] == 1 && netlist[address].width <= TableFusion.spareInputs:
      members.append(id)
      insert(Int32(address.index))
    case .add(let a, _, let b, _)
    where readers[Int(id)] == 1 && netlist.adderSpan(of: ValueID(Int(id)))?.carryBits == 0:
      var whole = self
      for part in [a, b] { whole.add(Int32(part.index), netlist, readers) }
      // What holds no small table stays by itself, and its parts with it.
      guard whole.members.count > members.count else { return insert(id) }
      self = whole
      members.append(id)
    case .input, .constant, .add, .subtract, .addThree, .multiply, .accumulate, .shiftLeft, .shiftRight, .bits, .wrap,
      .clamp, .less,
      .equal,
      .select, .and, .or, .not, .lookup:
      insert(id)
    }
  }

  private mutating func insert(_ id: Int32) {
    if !inputs.contains(id) { inputs.append(id) }
  }
}
