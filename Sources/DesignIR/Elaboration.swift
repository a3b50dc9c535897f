import FixedPoint
import NetlistIR

/// A design without hierarchy: slots that hold one value each, what each is computed from, and what the clock steps.
package struct FlatDesign: Sendable {
  /// How a slot gets its value within a cycle.
  enum Definition: Sendable {
    /// State, or an input of the top.
    case given
    /// An instruction whose operands are slots.
    case compute(Instruction)
    case copy(Int)
    /// The low bits of a slot as a word of a type.
    case word(Int, FixedPointType)
  }

  struct FlatRegister: Sendable {
    var slot: Int
    var next: Int
    var enable: Int?
    var reset: Int128?
    /// The word that a pipeline's register carries.
    var word: FixedPointType?
  }

  struct FlatMemory: Sendable {
    var words: [Int128]
    var reads: [(slot: Int, address: Int, enable: Int?)] = []
    var write: (address: Int, data: Int, enable: Int)?
  }

  private(set) var definitions: [Definition] = []
  private(set) var registers: [FlatRegister] = []
  private(set) var memories: [FlatMemory] = []
  private(set) var roms: [Rom] = []
  /// Slots of the elements of the top's input and output ports.
  private(set) var inputs: [Int] = []
  private(set) var outputs: [Int] = []
  /// The computed slots, each after those that it reads.
  private(set) var order: [Int] = []

  private let design: Design
  private let signatures: [ModuleSignature]
  /// By module, where its ROMs begin.
  private var romBases: [Int] = []

  /// - Precondition: the design is well formed (``DesignVerifier``).
  package init(_ design: Design) throws {
    self.design = design
    signatures = design.modules.map(\.signature)
    for module in design.modules {
      romBases.append(roms.count)
      switch module {
      case .pipeline(let leaf): roms += leaf.circuit.netlist.roms
      case .module(let module): roms += module.logic.roms
      }
    }
    (inputs, outputs) = instantiate(design.top)
    try sort()
  }

  // MARK: - Hierarchy

  private mutating func slot(_ definition: Definition = .given) -> Int {
    definitions.append(definition)
    return definitions.count - 1
  }

  /// Lays out one instance; the slots of its ports' elements.
  private mutating func instantiate(_ id: ModuleID) -> (inputs: [Int], outputs: [Int]) {
    switch design[id] {
    case .pipeline(let leaf): instantiate(leaf, romBase: romBases[id.index])
    case .module(let module): instantiate(module, romBase: romBases[id.index])
    }
  }

  private mutating func instantiate(_ module: HardwareModule, romBase: Int) -> (inputs: [Int], outputs: [Int]) {
    let ports = (0..<module.inputs.elementCount).map { _ in slot() }
    let registers = module.registers.map { _ in slot() }
    let reads = module.memories.map { $0.readEnables.map { _ in slot() } }
    let children = module.instances.map { instantiate($0.module) }
    let portStarts = module.inputs.starts
    let childStarts = module.instances.map { signatures[$0.module.index].outputs.starts }
    let sources = module.sources.map { source in
      switch source {
      case .port(let port, let element): ports[portStarts[port] + element]
      case .register(let id): registers[id.index]
      case .read(let id, let port): reads[id.index][port]
      case .instance(let id, let port, let element):
        children[id.index].outputs[childStarts[id.index][port] + element]
      }
    }
    let values = compute(module.logic, sources: sources, romBase: romBase) { values, _, operand in values[operand.index]
    }
    let taken = Dictionary(uniqueKeysWithValues: zip(module.sinks, module.logic.outputs.map { values[$0.value.index] }))
    for (index, register) in module.registers.enumerated() {
      chain(register, RegisterID(index), slot: registers[index], taken)
    }
    for index in module.memories.indices { add(module.memories[index], MemoryID(index), reads[index], taken) }
    for (index, child) in children.enumerated() {
      var element = 0
      for (port, input) in signatures[module.instances[index].module.index].inputs.enumerated() {
        for position in input.elements.indices {
          let sink = LogicSink.instance(InstanceID(index), port: port, element: position)
          if let value = taken[sink] { definitions[child.inputs[element]] = .copy(value) }
          element += 1
        }
      }
    }
    let outputs = module.outputs.enumerated().flatMap { port, output in
      output.elements.indices.compactMap { taken[.port(port, element: $0)] }
    }
    return (ports, outputs)
  }

  /// Slots of all values of a netlist, inputs being slots already.
  private mutating func compute(
    _ netlist: Netlist,
    sources: [Int],
    romBase: Int,
    operand: (_ values: [Int], _ user: Int, _ operand: ValueID) -> Int
  ) -> [Int] {
    var values: [Int] = []
    values.reserveCapacity(netlist.values.count)
    for (index, value) in netlist.values.enumerated() {
      if case .input(let input) = value.instruction {
        values.append(sources[Int(input)])
        continue
      }
      var instruction = value.instruction.mapOperands { ValueID(operand(values, index, $0)) }
      if case .lookup(let rom, let address) = instruction {
        instruction = .lookup(RomID(romBase + rom.index), address: address)
      }
      values.append(slot(.compute(instruction)))
    }
    return values
  }

  private mutating func chain(_ register: Register, _ id: RegisterID, slot last: Int, _ taken: [LogicSink: Int]) {
    guard var next = taken[.next(id)] else { return }
    for _ in 1..<max(1, register.depth) {
      let link = slot()
      registers.append(FlatRegister(slot: link, next: next))
      next = link
    }
    registers.append(FlatRegister(slot: last, next: next, enable: taken[.enable(id)], reset: register.reset))
  }

  private mutating func add(_ memory: Memory, _ id: MemoryID, _ reads: [Int], _ taken: [LogicSink: Int]) {
    var flat = FlatMemory(words: memory.contents ?? Array(repeating: 0, count: memory.depth))
    for (port, slot) in reads.enumerated() {
      guard let address = taken[.readAddress(id, port: port)] else { continue }
      flat.reads.append((slot, address, taken[.readEnable(id, port: port)]))
    }
    if let address = taken[.writeAddress(id)], let data = taken[.writeData(id)], let enable = taken[.writeEnable(id)] {
      flat.write = (address, data, enable)
    }
    memories.append(flat)
  }

  // MARK: - Pipelines

  private mutating func instantiate(_ leaf: PipelineModule, romBase: Int) -> (inputs: [Int], outputs: [Int]) {
    let circuit = leaf.circuit
    let netlist = circuit.netlist
    let sources = netlist.inputs.map { _ in slot() }
    let lastRanks = circuit.lastRanks
    // `ranks[v][k]` is value `v` behind `k + 1` registers.
    var ranks: [[Int]] = []
    for (index, value) in netlist.values.enumerated() {
      let word = FixedPointType(
        width: value.width,
        integerBits: value.width,
        isSigned: value.isSigned
      )
      ranks.append((circuit.stages[index]..<lastRanks[index]).map { _ in slot(.given) })
      for slot in ranks[index] { registers.append(FlatRegister(slot: slot, next: -1, word: word)) }
    }
    func read(_ values: [Int], _ id: ValueID, at rank: Int) -> Int {
      if case .constant = netlist[id].instruction { return values[id.index] }
      let delay = rank - circuit.stage(of: id)
      return delay == 0 ? values[id.index] : ranks[id.index][delay - 1]
    }
    let values = compute(netlist, sources: sources, romBase: romBase) { values, user, operand in
      read(values, operand, at: Int(circuit.stages[user]))
    }
    var register = registers.count - ranks.reduce(0) { $0 + $1.count }
    for (index, chain) in ranks.enumerated() {
      for (rank, _) in chain.enumerated() {
        registers[register].next = rank == 0 ? values[index] : chain[rank - 1]
        register += 1
      }
    }
    let outputs = netlist.outputs.map { output in
      slot(.word(read(values, output.value, at: circuit.latency), output.port.type))
    }
    var inputSlots = leaf.inputTensors.flatMap { $0.flatIndices.map { sources[$0] } }
    var outputSlots = leaf.outputTensors.flatMap { $0.flatIndices.map { outputs[$0] } }
    if leaf.hasValid {
      let valid = slot()
      var next = valid
      for _ in 0..<circuit.latency {
        let link = slot()
        registers.append(FlatRegister(slot: link, next: next, reset: 0))
        next = link
      }
      inputSlots.insert(valid, at: 0)
      outputSlots.insert(next, at: 0)
    }
    return (inputSlots, outputSlots)
  }

  // MARK: - Order

  private func operands(of slot: Int) -> [Int] {
    switch definitions[slot] {
    case .given: []
    case .compute(let instruction): instruction.operands.map(\.index)
    case .copy(let source), .word(let source, _): [source]
    }
  }

  private mutating func sort() throws {
    var state = [UInt8](repeating: 0, count: definitions.count)
    var path: [(slot: Int, operands: [Int])] = []
    for root in definitions.indices where state[root] == 0 {
      path.append((root, operands(of: root)))
      state[root] = 1
      while let last = path.last {
        guard let operand = last.operands.last else {
          path.removeLast()
          state[last.slot] = 2
          if case .given = definitions[last.slot] { continue }
          order.append(last.slot)
          continue
        }
        path[path.count - 1].operands.removeLast()
        if state[operand] == 1 { throw DesignDefect("the design has a combinational loop") }
        if state[operand] == 0 {
          state[operand] = 1
          path.append((operand, operands(of: operand)))
        }
      }
    }
  }
}
