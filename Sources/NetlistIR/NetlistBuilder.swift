import FixedPoint

/// Builds a ``Netlist``: folds constants, shares equal computations, infers the interval of every value.
package struct NetlistBuilder: Sendable {
  package private(set) var netlist: Netlist
  /// The layer to which new values belong.
  package var scope = ScopeID(0)
  /// The output element for which new values are made, or -1.
  package var element: Int32 = -1
  private var known: [Instruction: ValueID] = [:]

  package init(name: String) { netlist = Netlist(name: name) }

  package subscript(_ id: ValueID) -> NetlistValue { netlist[id] }
  package func range(_ id: ValueID) -> Interval { netlist[id].range }

  /// Opens a layer: values made from now on belong to it.
  package mutating func beginScope(_ scope: NetlistScope) {
    netlist.scopes.append(scope)
    self.scope = ScopeID(netlist.scopes.count - 1)
    element = -1
  }

  /// Adds the next element of the flat input vector.
  package mutating func input(_ port: NetlistPort) -> ValueID {
    netlist.inputs.append(port)
    return add(.input(Int32(netlist.inputs.count - 1)), range: port.type.rawRange)
  }

  /// Adds the next element of the flat output vector.
  package mutating func output(_ value: ValueID, as port: NetlistPort) { netlist.outputs.append((port, value)) }

  package mutating func rom(_ rom: Rom) -> RomID {
    if let index = netlist.roms.firstIndex(where: { $0.entries == rom.entries }) { return RomID(index) }
    netlist.roms.append(rom)
    return RomID(netlist.roms.count - 1)
  }

  package mutating func constant(_ value: Int128) -> ValueID { add(.constant(value), range: Interval(value)) }

  /// The value of a constant, or nil for anything else.
  package func constantValue(_ id: ValueID) -> Int128? { range(id).isConstant ? range(id).lower : nil }

  /// `(a << aShift) + (b << bShift)`
  package mutating func sum(_ a: ValueID, shift aShift: Int = 0, _ b: ValueID, shift bShift: Int = 0) -> ValueID {
    let result = range(a).shifted(by: aShift) + range(b).shifted(by: bShift)
    if result.isConstant { return constant(result.lower) }
    if constantValue(a) == 0 { return shiftLeft(b, bShift) }
    if constantValue(b) == 0 { return shiftLeft(a, aShift) }
    let common = min(aShift, bShift)
    let (first, second) = (a, aShift) <= (b, bShift) ? ((a, aShift), (b, bShift)) : ((b, bShift), (a, aShift))
    let id = add(
      .add(first.0, aShift: UInt8(first.1 - common), second.0, bShift: UInt8(second.1 - common)),
      range: range(a).shifted(by: aShift - common) + range(b).shifted(by: bShift - common))
    return shiftLeft(id, common)
  }

  /// `(a << aShift) - (b << bShift)`
  package mutating func difference(
    _ a: ValueID, shift aShift: Int = 0, _ b: ValueID, shift bShift: Int = 0
  ) -> ValueID {
    if a == b && aShift == bShift { return constant(0) }
    let result = range(a).shifted(by: aShift) - range(b).shifted(by: bShift)
    if result.isConstant { return constant(result.lower) }
    if constantValue(b) == 0 { return shiftLeft(a, aShift) }
    let common = min(aShift, bShift)
    let id = add(
      .subtract(a, aShift: UInt8(aShift - common), b, bShift: UInt8(bShift - common)),
      range: range(a).shifted(by: aShift - common) - range(b).shifted(by: bShift - common))
    return shiftLeft(id, common)
  }

  /// `-a`
  package mutating func negate(_ a: ValueID) -> ValueID { difference(constant(0), a) }

  package mutating func product(_ a: ValueID, _ b: ValueID) -> ValueID {
    for (constantSide, other) in [(a, b), (b, a)] {
      guard let factor = constantValue(constantSide) else { continue }
      if factor == 0 { return constant(0) }
      if factor == 1 { return other }
      if factor == -1 { return negate(other) }
    }
    return add(.multiply(min(a, b), max(a, b)), range: range(a) * range(b))
  }

  package mutating func shiftLeft(_ a: ValueID, _ places: Int) -> ValueID {
    if places == 0 { return a }
    if let value = constantValue(a) { return constant(value << places) }
    if case .shiftLeft(let inner, let n) = netlist[a].instruction { return shiftLeft(inner, places + Int(n)) }
    return add(.shiftLeft(a, places: UInt8(places)), range: range(a).shifted(by: places))
  }

  /// `floor(a / 2^places)`
  package mutating func shiftRight(_ a: ValueID, _ places: Int) -> ValueID {
    if places == 0 { return a }
    let result = range(a).shifted(by: -places)
    if result.isConstant { return constant(result.lower) }
    if case .shiftLeft(let inner, let n) = netlist[a].instruction {
      return Int(n) >= places ? shiftLeft(inner, Int(n) - places) : shiftRight(inner, places - Int(n))
    }
    if case .shiftRight(let inner, let n) = netlist[a].instruction { return shiftRight(inner, places + Int(n)) }
    return add(.shiftRight(a, places: UInt8(places)), range: result)
  }

  /// Bits `low …< low + width` of the two's complement pattern, unsigned.
  package mutating func bits(_ a: ValueID, low: Int, width: Int) -> ValueID {
    if width == 0 { return constant(0) }
    let mask = (Int128(1) << width) - 1
    if let value = constantValue(a) { return constant((value >> low) & mask) }
    let shifted = range(a).shifted(by: -low)
    if shifted.lower >= 0 && shifted.upper <= mask { return shiftRight(a, low) }
    return add(.bits(a, low: UInt8(low), width: UInt8(width)), range: Interval(0, mask))
  }

  /// The low `width` bits, read as two's complement or unsigned.
  package mutating func wrap(_ a: ValueID, width: Int, signed: Bool) -> ValueID {
    let type = FixedPointType(width: width, integerBits: width, isSigned: signed)
    if type.rawRange.contains(range(a)) { return a }
    if let value = constantValue(a) { return constant(type.wrapped(value)) }
    return add(.wrap(a, width: UInt8(width), signed: signed), range: type.rawRange)
  }

  package mutating func clamp(_ a: ValueID, to bounds: Interval) -> ValueID {
    if bounds.contains(range(a)) { return a }
    let clamped = Interval(
      min(max(range(a).lower, bounds.lower), bounds.upper), min(max(range(a).upper, bounds.lower), bounds.upper))
    if clamped.isConstant { return constant(clamped.lower) }
    return add(.clamp(a, lower: clamped.lower, upper: clamped.upper), range: clamped)
  }

  /// `a < b` as 0 or 1.
  package mutating func less(_ a: ValueID, _ b: ValueID) -> ValueID {
    if a == b || range(a).lower >= range(b).upper { return constant(0) }
    if range(a).upper < range(b).lower { return constant(1) }
    return add(.less(a, b), range: .bit)
  }

  package mutating func isNegative(_ a: ValueID) -> ValueID { less(a, constant(0)) }

  package mutating func equal(_ a: ValueID, _ b: ValueID) -> ValueID {
    if a == b { return constant(1) }
    guard range(a).intersection(range(b)) != nil else { return constant(0) }
    if range(a).isConstant && range(a) == range(b) { return constant(1) }
    return add(.equal(min(a, b), max(a, b)), range: .bit)
  }

  /// `condition ? a : b`
  package mutating func select(_ condition: ValueID, _ a: ValueID, _ b: ValueID) -> ValueID {
    if let value = constantValue(condition) { return value != 0 ? a : b }
    if a == b || (range(a).isConstant && range(a) == range(b)) { return a }
    if case .not(let inner) = netlist[condition].instruction { return select(inner, b, a) }
    if constantValue(a) == 1 && constantValue(b) == 0 { return condition }
    return add(.select(condition: condition, a, b), range: range(a).union(range(b)))
  }

  package mutating func and(_ a: ValueID, _ b: ValueID) -> ValueID {
    if let value = constantValue(a) { return value != 0 ? b : a }
    if let value = constantValue(b) { return value != 0 ? a : b }
    return a == b ? a : add(.and(min(a, b), max(a, b)), range: .bit)
  }

  package mutating func or(_ a: ValueID, _ b: ValueID) -> ValueID {
    if let value = constantValue(a) { return value != 0 ? a : b }
    if let value = constantValue(b) { return value != 0 ? b : a }
    return a == b ? a : add(.or(min(a, b), max(a, b)), range: .bit)
  }

  package mutating func not(_ a: ValueID) -> ValueID {
    if let value = constantValue(a) { return constant(1 - value) }
    if case .not(let inner) = netlist[a].instruction { return inner }
    return add(.not(a), range: .bit)
  }

  /// The entry of a ROM; the address must stay inside it.
  package mutating func lookup(_ rom: RomID, address: ValueID) -> ValueID {
    let entries = netlist.roms[rom.index].entries
    precondition(range(address).lower >= 0 && range(address).upper < entries.count, "an address outside the ROM")
    if let value = constantValue(address) { return constant(Int128(entries[Int(value)])) }
    return add(.lookup(rom, address: address), range: netlist.roms[rom.index].range)
  }

  /// Narrows what is known of a value, where an argument outside the netlist proves it.
  package mutating func assume(_ id: ValueID, in range: Interval) {
    if let tighter = netlist[id].range.intersection(range) { netlist[id].range = tighter }
  }

  private mutating func add(_ instruction: Instruction, range: Interval) -> ValueID {
    if let id = known[instruction] { return id }
    let id = ValueID(netlist.values.count)
    netlist.values.append(NetlistValue(instruction: instruction, range: range, scope: scope, element: element))
    known[instruction] = id
    return id
  }
}
