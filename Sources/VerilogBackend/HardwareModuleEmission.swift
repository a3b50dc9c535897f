import DesignIR
import FixedPoint
import NetlistIR

/// What a module needs to know of those that it instantiates.
struct ModuleContext {
  /// Verilog's names of the modules so far.
  var names: [String]
  var ports: [PortNames]
  var signatures: [ModuleSignature]
  var needsClock: [Bool]
  var needsReset: [Bool]
}

/// Writes one hardware module: its logic as wires, then its instances, registers and memories.
struct HardwareModuleEmission {
  let module: HardwareModule
  /// Verilog's name.
  let name: String
  let design: String
  let context: ModuleContext
  let romModules: [RomModule]
  let names: HardwareModuleNames
  private let widths: [Int]
  private let isMeltable: [Bool]
  private let taken: [LogicSink: ValueID]
  private let needsClock: Bool
  private let needsReset: Bool

  init(
    _ module: HardwareModule,
    id: ModuleID,
    name: String,
    design: String,
    _ context: ModuleContext,
    roms: [RomModule]
  ) {
    self.module = module
    self.name = name
    self.design = design
    self.context = context
    romModules = roms
    names = HardwareModuleNames(
      module,
      name: name,
      module.instances.map { context.ports[$0.module.index] },
      module.instances.map { context.signatures[$0.module.index] }
    )
    widths = module.logic.demandedWidths
    var isRegistered = [Bool](repeating: false, count: widths.count)
    for output in module.logic.outputs { isRegistered[output.value.index] = true }
    isMeltable = AdderChains.meltable(module.logic, widths: widths, isRegistered: isRegistered)
    taken = module.sinkValues
    needsClock = context.needsClock[id.index]
    needsReset = context.needsReset[id.index]
  }

  func emit() -> VerilogModule {
    var result = VerilogModule(name: name, header: header, ports: ports)
    result.items += elementItems + stateDeclarations + resultDeclarations
    result.items += valueItems + instanceItems + stateItems + outputItems
    result.declareUnused()
    return result
  }

  private var header: [String] {
    var lines = ["Module '\(module.name.singleLine)' of '\(design.singleLine)'.", ""]
    for (port, name) in zip(module.inputs + module.outputs, names.ports.inputs + names.ports.outputs) {
      lines.append("Bus '\(name)', \(port.width) bits, '\(port.name.singleLine)': element at bits, type")
      for (element, type) in port.elements.enumerated() where type.width > 0 {
        let low = port.offsets[element]
        lines.append("  \(element) at [\(low + type.width - 1):\(low)], \(type.shortDescription)")
      }
    }
    return lines
  }

  private var ports: [VerilogModule.Port] {
    let control = (needsClock ? ["clk"] : []) + (needsReset ? ["rst"] : [])
    let inputs = control.map { Net(name: $0, width: 1) } + nets(module.inputs, names.ports.inputs)
    return inputs.map { .init(direction: .input, net: $0) }
      + nets(module.outputs, names.ports.outputs).map { .init(direction: .output, net: $0) }
  }

  private func nets(_ ports: [DesignPort], _ names: [String]) -> [Net] {
    zip(ports, names).filter { $0.0.width > 0 }.map { Net(name: $1, width: $0.width) }
  }

  // MARK: - Sources

  /// The word of a source, and whether it is read as two's complement.
  private func source(_ source: LogicSource) -> (net: Net, type: FixedPointType) {
    switch source {
    case .port(let port, let element):
      let type = module.inputs[port].elements[element]
      return (Net(name: names.elements[port][element], width: type.width), type)
    case .register(let id):
      let type = module.registers[id.index].type
      return (Net(name: names.registers[id.index], width: type.width), type)
    case .read(let id, let port):
      let type = module.memories[id.index].type
      return (Net(name: names.reads[id.index][port], width: type.width), type)
    case .instance(let id, let port, let element):
      let type = signature(id).outputs[port].elements[element]
      return (Net(name: names.resultElements[id.index][port][element], width: type.width), type)
    }
  }

  private func signature(_ id: InstanceID) -> ModuleSignature {
    context.signatures[module.instances[id.index].module.index]
  }

  private func operand(_ id: ValueID) -> Operand {
    let value = module.logic[id]
    if value.range.isConstant { return .constant(value.range.lower) }
    if widths[id.index] == 0 { return .constant(0) }
    if case .input(let input) = value.instruction {
      let (net, type) = source(module.sources[Int(input)])
      return .net(net, isSigned: type.isSigned, isWhole: true)
    }
    let isWhole = widths[id.index] == value.width
    let net = Net(name: names.values[id.index], width: widths[id.index])
    return .net(net, isSigned: isWhole && value.isSigned, isWhole: isWhole)
  }

  /// The word that a sink takes; a sink without a value does not occur in a verified design.
  private func word(_ sink: LogicSink, width: Int) -> Expression {
    taken[sink].map { operand($0).window(width: width) } ?? .literal(0, width: width)
  }

  private func bit(_ sink: LogicSink) -> Expression? { taken[sink].map { operand($0).window(width: 1) } }

  // MARK: - Declarations

  /// Elements of ports of more than one, as far as they are read.
  private var elementItems: [VerilogModule.Item] {
    var items: [VerilogModule.Item] = []
    for (index, value) in module.logic.values.enumerated() where widths[index] > 0 {
      guard case .input(let input) = value.instruction,
        case .port(let port, let element) = module.sources[Int(input)], module.inputs[port].elements.count > 1
      else { continue }
      let bus = Net(name: names.ports.inputs[port], width: module.inputs[port].width)
      items.append(slice(source(module.sources[Int(input)]).net, of: bus, at: module.inputs[port].offsets[element]))
    }
    return items.isEmpty ? [] : [.blank, .comment("Elements of the input buses.")] + items
  }

  private func slice(_ net: Net, of bus: Net, at low: Int) -> VerilogModule.Item {
    .wire(net, .slice(bus, high: low + net.width - 1, low: low), comment: nil)
  }

  private var stateDeclarations: [VerilogModule.Item] {
    var items: [VerilogModule.Item] = []
    for (register, name) in zip(module.registers, names.registers) where register.type.width > 0 {
      if register.depth >= LayerModule.longDelay {
        items.append(.declaration(Net(name: name, width: register.type.width)))
      } else {
        items += chain(register, name).map { .register($0) }
      }
    }
    for (index, memory) in module.memories.enumerated() where !memory.readEnables.isEmpty {
      let word = Net(name: names.memories[index], width: memory.type.width)
      let contents = memory.contents ?? []
      items.append(
        .memory(
          word,
          depth: memory.depth,
          attribute: memory.attribute,
          contents: contents.map { .literal($0, width: word.width) }
        )
      )
      items += names.reads[index].map { .register(Net(name: $0, width: word.width)) }
    }
    return items.isEmpty ? [] : [.blank, .comment("State.")] + items
  }

  /// The registers of a short chain, the one that is read last.
  private func chain(_ register: Register, _ name: String) -> [Net] {
    (1..<register.depth).map { Net(name: "\(name)_d\($0)", width: register.type.width) }
      + [Net(name: name, width: register.type.width)]
  }

  private var resultDeclarations: [VerilogModule.Item] {
    var items: [VerilogModule.Item] = []
    for index in module.instances.indices {
      for (port, output) in signature(InstanceID(index)).outputs.enumerated() where output.width > 0 {
        let bus = Net(name: names.results[index][port], width: output.width)
        items.append(.declaration(bus))
        if output.elements.count == 1 { continue }
        for (element, offset) in output.offsets.enumerated() where output.elements[element].width > 0 {
          let name = names.resultElements[index][port][element]
          items.append(slice(Net(name: name, width: output.elements[element].width), of: bus, at: offset))
        }
      }
    }
    return items.isEmpty ? [] : [.blank, .comment("What the instances give.")] + items
  }

  // MARK: - Logic

  private var valueItems: [VerilogModule.Item] {
    var items: [VerilogModule.Item] = []
    for (index, value) in module.logic.values.enumerated() where widths[index] > 0 {
      let net = Net(name: names.values[index], width: widths[index])
      if case .input = value.instruction { continue }
      if case .lookup(let rom, let address) = value.instruction {
        items += lookup(net, romModules[rom.index], operand(address))
        continue
      }
      let emission = InstructionEmission(
        value: value,
        width: net.width,
        name: net.name,
        isMeltable: isMeltable[index],
        range: { module.logic[$0].range },
        operand: operand
      ).emit()
      items += emission.helpers.map { .wire($0, $1, comment: nil) }
      let isLow = net.width < value.width
      items.append(
        .wire(net, emission.value, comment: isLow ? "low \(net.width) bits of \(value.range)" : "\(value.range)")
      )
    }
    return items.isEmpty ? [] : [.blank, .comment("Logic.")] + items
  }

  private func lookup(_ net: Net, _ table: RomModule, _ address: Operand) -> [VerilogModule.Item] {
    let isWhole = table.data.width == net.width
    let data = isWhole ? net : Net(name: "\(net.name)_data", width: table.data.width)
    let connections: [VerilogModule.Connection] = [
      .init(port: "address", value: address.window(width: table.address.width)),
      .init(port: "data", value: data.whole, isOutput: true),
    ]
    let instance = VerilogModule.Item.instance(
      module: table.name,
      name: "\(net.name)_rom",
      parameters: [],
      connections: connections
    )
    let low = VerilogModule.Item.wire(net, .slice(data, high: net.width - 1, low: 0), comment: nil)
    return [.declaration(data), instance] + (isWhole ? [] : [low])
  }

  private var outputItems: [VerilogModule.Item] {
    var items: [VerilogModule.Item] = []
    for (port, output) in module.outputs.enumerated() where output.width > 0 {
      let bus = Net(name: names.ports.outputs[port], width: output.width)
      for (element, type) in output.elements.enumerated() where type.width > 0 {
        let low = output.offsets[element]
        let value = word(.port(port, element: element), width: type.width)
        items.append(.assign(bus, high: low + type.width - 1, low: low, value, comment: nil))
      }
    }
    return items.isEmpty ? [] : [.blank, .comment("Results.")] + items
  }

  // MARK: - Instances

  private var instanceItems: [VerilogModule.Item] {
    module.instances.enumerated().flatMap { index, instance -> [VerilogModule.Item] in
      let (id, child) = (InstanceID(index), instance.module.index)
      var connections: [VerilogModule.Connection] = []
      for (name, isNeeded) in [("clk", context.needsClock[child]), ("rst", context.needsReset[child])] where isNeeded {
        connections.append(.init(port: name, value: Net(name: name, width: 1).whole))
      }
      for (port, input) in signature(id).inputs.enumerated() where input.width > 0 {
        let words = input.elements.enumerated().map { element, type in
          type.width == 0
            ? .literal(0, width: 0) : word(.instance(id, port: port, element: element), width: type.width)
        }
        connections.append(.init(port: context.ports[child].inputs[port], value: .joined(words.reversed())))
      }
      for (port, output) in signature(id).outputs.enumerated() where output.width > 0 {
        let net = Net(name: names.results[index][port], width: output.width)
        connections.append(.init(port: context.ports[child].outputs[port], value: net.whole, isOutput: true))
      }
      let title = "'\(instance.name.singleLine)' of '\(signature(id).name.singleLine)'."
      let item = VerilogModule.Item.instance(
        module: context.names[child],
        name: names.instances[index],
        parameters: [],
        connections: connections
      )
      return [.blank, .comment(title), item]
    }
  }

  // MARK: - State

  private var stateItems: [VerilogModule.Item] {
    var groups: [RegisterGroup: Int] = [:]
    var registers: [(group: RegisterGroup, members: [VerilogModule.Register])] = []
    func add(_ register: VerilogModule.Register, enable: ValueID?) {
      let group = RegisterGroup(enable: enable, hasReset: register.reset != nil)
      if let index = groups[group] { return registers[index].members.append(register) }
      groups[group] = registers.count
      registers.append((group, [register]))
    }
    var delays: [VerilogModule.Item] = []
    for (index, register) in module.registers.enumerated() where register.type.width > 0 {
      let id = RegisterID(index)
      let next = word(.next(id), width: register.type.width)
      let links = chain(register, names.registers[index])
      if register.depth >= LayerModule.longDelay {
        delays.append(delay(links[links.count - 1], next, register.depth))
        continue
      }
      let reset = register.reset.map { Expression.literal($0, width: register.type.width) }
      for (position, link) in links.enumerated() {
        let value = position == 0 ? next : links[position - 1].whole
        add(VerilogModule.Register(net: link, next: value, reset: reset), enable: taken[.enable(id)])
      }
    }
    var items = delays.isEmpty ? [] : [.blank, .comment("Delays.")] + delays
    for (group, members) in registers {
      items += [.blank, .enabled(members, enable: group.enable.map { operand($0).window(width: 1) })]
    }
    for (index, memory) in module.memories.enumerated() { items += memoryItems(memory, MemoryID(index)) }
    return items
  }

  private struct RegisterGroup: Hashable {
    var enable: ValueID?
    var hasReset: Bool
  }

  private func delay(_ net: Net, _ next: Expression, _ depth: Int) -> VerilogModule.Item {
    .instance(
      module: FirmwareModules.delay,
      name: "\(net.name)_delay",
      parameters: [("WIDTH", net.width), ("DEPTH", depth)],
      connections: [
        .init(port: "clk", value: Net(name: "clk", width: 1).whole), .init(port: "in", value: next),
        .init(port: "out", value: net.whole, isOutput: true),
      ]
    )
  }

  private func memoryItems(_ memory: Memory, _ id: MemoryID) -> [VerilogModule.Item] {
    // What nobody reads need not be there.
    if memory.readEnables.isEmpty { return [] }
    let addressWidth = max(1, memory.addressType.width)
    let word = Net(name: names.memories[id.index], width: memory.type.width)
    let reads = memory.readEnables.indices.map { port in
      VerilogModule.MemoryRead(
        net: Net(name: names.reads[id.index][port], width: word.width),
        address: self.word(.readAddress(id, port: port), width: addressWidth),
        enable: bit(.readEnable(id, port: port))
      )
    }
    let write = bit(.writeEnable(id)).map { enable in
      VerilogModule.MemoryWrite(
        address: self.word(.writeAddress(id), width: addressWidth),
        data: self.word(.writeData(id), width: word.width),
        enable: enable
      )
    }
    guard var write, case .literal = write.address else {
      return [.blank, .memoryPorts(word, write: write, reads: reads)]
    }
    // yosys makes registers of a memory that is written at constant addresses only.
    let address = Net(name: "\(word.name)_address", width: addressWidth)
    let wire = VerilogModule.Item.wire(address, write.address, comment: nil)
    write.address = address.whole
    return [.blank, wire, .memoryPorts(word, write: write, reads: reads)]
  }
}

extension Memory {
  /// The hint to synthesis.
  fileprivate var attribute: String? {
    switch style {
    case .automatic: nil
    case .block: "\(isWritten ? "ram" : "rom")_style = \"block\""
    case .distributed: "\(isWritten ? "ram" : "rom")_style = \"distributed\""
    }
  }
}
