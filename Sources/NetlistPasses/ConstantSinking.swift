import FixedPoint
import NetlistIR
import TextForm

/// Moves the constant that is added to a finished sum down to a term that waits for others: the bias then costs no adder
/// level, and a narrower adder.
///
/// `(a + b) + c` becomes `a + (b + c)` where `b` is there before `a` and nobody else reads `a + b`, or where `b` is a product whose
/// DSP block adds the constant.
package enum ConstantSinking {
  package static func run(_ netlist: Netlist) -> Netlist {
    var plan = SinkingPlan(netlist)
    for index in netlist.values.indices.reversed() { plan.consider(ValueID(index)) }
    let result = rebuilt(netlist, plan)
    PassTrace.record(.constantSinking, result)
    return result
  }

  private static func rebuilt(_ netlist: Netlist, _ plan: SinkingPlan) -> Netlist {
    netlist.rebuilt { id, names, builder in
      if let source = plan.aliases[id] { return names[source.index] }
      guard let change = plan.changes[id] else { return nil }
      let sum = builder.changed(netlist[id].instruction, change) { names[$0.index] }
      let range = change.isNegated ? -netlist[id].range : netlist[id].range
      builder.assume(sum, in: range + Interval(change.constant))
      return sum
    }
  }
}

/// What a sum of two terms becomes: itself, perhaps negated, plus a constant that one of the terms takes.
private struct SumChange {
  var isNegated: Bool
  var constant: Int128
  /// Whether the left term takes the constant.
  var isLeft: Bool
  /// Whether that term is a sum that changes itself; else the constant is added to it.
  var isDeeper = false
  /// Whether that term is a table that nobody else reads: the constant goes into its entries.
  var isTable = false

  /// What the term becomes, before it is shifted: `±term + constant`.
  func term(isSubtraction: Bool, shift: Int) -> (isNegated: Bool, constant: Int128) {
    // The sign with which the term, changed, still enters the sum.
    let isFlipped = isSubtraction && isLeft == isNegated
    return (isNegated && !isSubtraction, (isFlipped ? -constant : constant) >> shift)
  }
}

/// Which sums take which constants.
private struct SinkingPlan {
  let netlist: Netlist
  private var uses: [Int]
  private var levels: [Int]
  /// Sums that become something else; nobody reads what they were.
  private(set) var changes: [ValueID: SumChange] = [:]
  /// Values that a changed sum now computes.
  private(set) var aliases: [ValueID: ValueID] = [:]

  init(_ netlist: Netlist) {
    self.netlist = netlist
    uses = [Int](repeating: 0, count: netlist.values.count)
    levels = []
    levels.reserveCapacity(netlist.values.count)
    for (index, value) in netlist.values.enumerated() {
      var level = 0
      value.instruction.forEachOperand {
        uses[$0.index] += 1
        level = max(level, levels[$0.index])
      }
      // A sum of terms without a common place is wires, as where bits are joined to an address.
      let isWiring = value.instruction.isWiring || netlist.adderSpan(of: ValueID(index))?.carryBits == 0
      levels.append(isWiring ? level : level + 1)
    }
    for output in netlist.outputs { uses[output.value.index] += 1 }
  }

  /// Sinks the constant of a sum of a sum and a constant, where that helps.
  mutating func consider(_ id: ValueID) {
    guard changes[id] == nil, let (sum, isNegated, constant) = constantSum(id), uses[sum.index] == 1 else { return }
    guard let path = path(from: sum, isNegated: isNegated, constant: constant) else { return }
    for (value, change) in path { changes[value] = change }
    aliases[id] = sum
  }

  /// The parts of `±v + c`.
  private func constantSum(_ id: ValueID) -> (sum: ValueID, isNegated: Bool, constant: Int128)? {
    switch netlist[id].instruction {
    case .add(let a, 0, let b, 0):
      if let constant = constant(b) { return (a, false, constant) }
      return constant(a).map { (b, false, $0) }
    case .subtract(let a, 0, let b, 0):
      if let constant = constant(b) { return (a, false, -constant) }
      return constant(a).map { (b, true, $0) }
    case .input, .constant, .add, .subtract, .addThree, .multiply, .accumulate, .shiftLeft, .shiftRight, .bits, .wrap,
      .clamp, .less,
      .equal,
      .select, .and, .or, .not, .lookup:
      return nil
    }
  }

  private func constant(_ id: ValueID) -> Int128? {
    if case .constant(let value) = netlist[id].instruction { value } else { nil }
  }

  /// The sums that change until a term is found that can take the constant without being late.
  private func path(from sum: ValueID, isNegated: Bool, constant: Int128) -> [(ValueID, SumChange)]? {
    guard let terms = terms(of: sum), changes[sum] == nil else { return nil }
    let sides = [true, false].filter { isLeft in
      let shift = isLeft ? terms.a.shift : terms.b.shift
      return constant & ((Int128(1) << shift) - 1) == 0
    }
    let (left, right) = (levels[terms.a.id.index], levels[terms.b.id.index])
    for isLeft in sides {
      let side = isLeft ? terms.a : terms.b
      let isTable = uses[side.id.index] == 1
      let change = SumChange(isNegated: isNegated, constant: constant, isLeft: isLeft, isTable: isTable)
      let term = change.term(isSubtraction: terms.isSubtraction, shift: side.shift)
      let isEarly = isLeft ? left < right : right < left
      if isEarly || !term.isNegated && isInBlock(side.id, term.constant) { return [(sum, change)] }
    }
    for isLeft in sides {
      let side = isLeft ? terms.a : terms.b
      guard uses[side.id.index] == 1 else { continue }
      let change = SumChange(isNegated: isNegated, constant: constant, isLeft: isLeft, isDeeper: true)
      let next = change.term(isSubtraction: terms.isSubtraction, shift: side.shift)
      if let deeper = path(from: side.id, isNegated: next.isNegated, constant: next.constant) {
        return [(sum, change)] + deeper
      }
    }
    return nil
  }

  /// Whether a product's block, which nobody else reads, may add a constant.
  private func isInBlock(_ id: ValueID, _ constant: Int128) -> Bool {
    uses[id.index] == 1 && netlist.isProductOfOneBlock(id)
      && (netlist[id].range + Interval(constant)).bitWidth <= Netlist.widestBlockSum
  }

  private func terms(
    of id: ValueID
  ) -> (a: (id: ValueID, shift: Int), b: (id: ValueID, shift: Int), isSubtraction: Bool)? {
    switch netlist[id].instruction {
    case .add(let a, let s, let b, let t): ((a, Int(s)), (b, Int(t)), false)
    case .subtract(let a, let s, let b, let t): ((a, Int(s)), (b, Int(t)), true)
    case .input, .constant, .addThree, .multiply, .accumulate, .shiftLeft, .shiftRight, .bits, .wrap, .clamp, .less,
      .equal, .select,
      .and, .or,
      .not, .lookup:
      nil
    }
  }
}

extension NetlistBuilder {
  /// A sum with a constant in one of its terms.
  fileprivate mutating func changed(
    _ instruction: Instruction,
    _ change: SumChange,
    rename: (ValueID) -> ValueID
  ) -> ValueID {
    let isSubtraction: Bool
    var (a, b): (ValueID, ValueID)
    let (s, t): (Int, Int)
    switch instruction {
    case .add(let left, let leftShift, let right, let rightShift):
      (isSubtraction, a, s, b, t) = (false, rename(left), Int(leftShift), rename(right), Int(rightShift))
    case .subtract(let left, let leftShift, let right, let rightShift):
      (isSubtraction, a, s, b, t) = (true, rename(left), Int(leftShift), rename(right), Int(rightShift))
    case .input, .constant, .addThree, .multiply, .accumulate, .shiftLeft, .shiftRight, .bits, .wrap, .clamp, .less,
      .equal, .select,
      .and, .or,
      .not, .lookup:
      preconditionFailure("only sums take constants")
    }
    if !change.isDeeper {
      let term = change.term(isSubtraction: isSubtraction, shift: change.isLeft ? s : t)
      let addend = constant(term.constant)
      let side = change.isLeft ? a : b
      let table = change.isTable && !term.isNegated ? tableSum(side, term.constant) : nil
      let taken = table ?? (term.isNegated ? difference(addend, side) : sum(side, addend))
      if change.isLeft { a = taken } else { b = taken }
    }
    if !isSubtraction && !change.isNegated { return sum(a, shift: s, b, shift: t) }
    // `c - (a + b)` is `(c - a) - b`; `c - (a - b)` is `(b + c) - a`.
    let leftFirst = isSubtraction ? !change.isNegated : change.isLeft
    return leftFirst ? difference(a, shift: s, b, shift: t) : difference(b, shift: t, a, shift: s)
  }

  /// A table plus a constant as another table; nil for anything else.
  private mutating func tableSum(_ side: ValueID, _ constant: Int128) -> ValueID? {
    guard case .lookup(let rom, let address) = instruction(side), abs(constant) < 1 << 60 else { return nil }
    let table = netlist.roms[rom.index]
    guard table.range.upper < 1 << 60, table.range.lower > -(1 << 60) else { return nil }
    let id = self.rom(Rom(name: table.name, entries: table.entries.map { $0 + Int64(constant) }))
    return lookup(id, address: address)
  }
}
