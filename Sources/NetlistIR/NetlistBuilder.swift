import FixedPoint

/// Builds a ``Netlist``: folds constants, shares equal computations, infers the interval of every value.
package struct NetlistBuilder: Sendable {
  package private(set) var netlist: Netlist
  /// The layer to which new values belong.
  package var scope = ScopeID(0)
  /// The output element for which new values are made, or -1.
  package var element: Int32 = -1
  /// What is added to the numbers of elements: those of the firings before this one, where a kernel is fired many times.
  package var firstElement: Int32 = 0
  private var known: [Instruction: ValueID] = [:]
  private var knownRoms: [[Int64]: RomID] = [:]

  package init(name: String) { netlist = Netlist(name: name) }

  package subscript(_ id: ValueID) -> NetlistValue { netlist[id] }
  package func range(_ id: ValueID) -> Interval { netlist[id].range }
  package func instruction(_ id: ValueID) -> Instruction { netlist[id].instruction }

  /// Opens a layer: values made from now on belong to it.
  package mutating func beginScope(_ scope: NetlistScope) {
    netlist.scopes.append(scope)
    self.scope = ScopeID(netlist.scopes.count - 1)
    element = -1
  }

  /// Adds the next element of the flat input vector.
  package mutating func input(_ port: NetlistPort) -> ValueID {
    netlist.inputs.append(port)
    return add(.input(Int32(netlist.inputs.count - 1)))
  }

  /// Adds the next element of the flat output vector.
  package mutating func output(_ value: ValueID, as port: NetlistPort) { netlist.outputs.append((port, value)) }

  /// A ROM; the first of equal contents gives it its name.
  package mutating func rom(_ rom: Rom) -> RomID {
    if let id = knownRoms[rom.entries] { return id }
    let id = RomID(netlist.roms.count)
    netlist.roms.append(rom)
    knownRoms[rom.entries] = id
    return id
  }

  package mutating func constant(_ value: Int128) -> ValueID { add(.constant(value)) }

  /// The value of a constant, or nil for anything else.
  package func constantValue(_ id: ValueID) -> Int128? { range(id).isConstant ? range(id).lower : nil }

  /// The entry of a ROM; the address must stay inside it.
  package mutating func lookup(_ rom: RomID, address: ValueID) -> ValueID {
    let addresses = range(address)
    precondition(
      addresses.lower >= 0 && addresses.upper < netlist.roms[rom.index].entries.count,
      "an address outside the ROM"
    )
    let result = netlist.roms[rom.index].range(of: addresses)
    return result.isConstant ? constant(result.lower) : add(.lookup(rom, address: address))
  }

  /// Narrows what is known of a value by a proof that looks further than one instruction; see ``LinearForms``.
  package mutating func assume(_ id: ValueID, in range: Interval) {
    if let tighter = netlist[id].range.intersection(range) { netlist[id].range = tighter }
  }

  /// Adds an instruction as it stands, or finds the value that computes the same.
  ///
  /// An instruction whose result is known becomes a constant.
  mutating func add(_ instruction: Instruction) -> ValueID {
    if let id = known[instruction] { return id }
    let range = instruction.range(inputs: netlist.inputs, roms: netlist.roms) { netlist[$0].range }
    if range.isConstant, !range.isTooWide, !instruction.operands.isEmpty { return constant(range.lower) }
    let id = ValueID(netlist.values.count)
    netlist.values.append(
      NetlistValue(
        instruction: instruction,
        range: range,
        scope: scope,
        element: element < 0 ? -1 : firstElement + element
      )
    )
    known[instruction] = id
    return id
  }
}

extension NetlistBuilder {
  /// A builder that makes another netlist of the same model: the same ports, layers and ROMs, no values yet.
  package init(rebuilding netlist: Netlist) {
    self.init(name: netlist.name)
    self.netlist.scopes = netlist.scopes
    self.netlist.inputs = netlist.inputs
    self.netlist.roms = netlist.roms
    for (index, rom) in netlist.roms.enumerated() { knownRoms[rom.entries] = RomID(index) }
  }

  /// Adds an instruction in its simplest form.
  package mutating func simplified(_ instruction: Instruction) -> ValueID {
    switch instruction {
    case .input, .constant: add(instruction)
    case .add(let a, let s, let b, let t): sum(a, shift: Int(s), b, shift: Int(t))
    case .subtract(let a, let s, let b, let t): difference(a, shift: Int(s), b, shift: Int(t))
    case .addThree: add(instruction)
    case .multiply(let a, let b): product(a, b)
    case .accumulate(let sum, let factor, let digits, let place, let shift):
      accumulated(sum, factor, digits: digits, place: Int(place), shift: Int(shift))
    case .shiftLeft(let a, let places): shiftLeft(a, Int(places))
    case .shiftRight(let a, let places): shiftRight(a, Int(places))
    case .bits(let a, let low, let width): bits(a, low: Int(low), width: Int(width))
    case .wrap(let a, let width, let signed): wrap(a, width: Int(width), signed: signed)
    case .clamp(let a, let lower, let upper): clamp(a, to: Interval(lower, upper))
    case .less(let a, let b): less(a, b)
    case .equal(let a, let b): equal(a, b)
    case .select(let condition, let a, let b): select(condition, a, b)
    case .and(let a, let b): and(a, b)
    case .or(let a, let b): or(a, b)
    case .not(let a): not(a)
    case .lookup(let rom, let address): lookup(rom, address: address)
    }
  }
}
