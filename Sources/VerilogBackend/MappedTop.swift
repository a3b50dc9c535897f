import DesignIR
import FixedPoint
import LogicMapping
import NetlistIR

/// Writes a pipeline as one module of the part's primitives: look-up tables, carry blocks, multiplexers, and registers.
struct MappedTop {
  let mapped: MappedCircuit
  let top: TopModule
  let romModules: [RomModule]
  /// Bits of a carry block.
  let carryBlock: Int
  private let nets: MappedNets
  private let registers: MappedRegisters

  private var network: BitNetwork { mapped.network }
  private var netlist: Netlist { top.plan.circuit.netlist }

  init(_ mapped: MappedCircuit, top: TopModule, romModules: [RomModule], carryBlock: Int) {
    self.mapped = mapped
    self.top = top
    self.romModules = romModules
    self.carryBlock = carryBlock
    nets = MappedNets(mapped, top: top, romModules: romModules, carryBlock: carryBlock)
    registers = MappedRegisters(mapped, circuit: top.plan.circuit, nets: nets)
  }

  /// The tables that are memories.
  var memories: [RomModule] {
    var used = [Bool](repeating: false, count: romModules.count)
    for owner in nets.memories {
      if case .lookup(let rom, _) = netlist[owner].instruction { used[rom.index] = true }
    }
    return romModules.indices.filter { used[$0] }.map { romModules[$0] }
  }

  func emit() -> VerilogModule {
    var module = VerilogModule(name: top.layout.top, header: top.header, ports: top.ports)
    module.items += [.blank, .comment("Results of look-up tables, carry blocks and memories.")]
    module.items += nets.declared.map { .declaration($0) } + registers.declarations
    var pieces = [[VerilogModule.Item]](repeating: [], count: (top.plan.circuit.latency + 1) * netlist.scopes.count)
    func place(_ owner: Int32, _ item: VerilogModule.Item) {
      let id = ValueID(Int(owner))
      pieces[netlist[id].scope.index * (top.plan.circuit.latency + 1) + top.plan.circuit.stage(of: id)].append(item)
    }
    for cell in mapped.logic.cells { place(cell.first.owner, nets.instance(of: cell)) }
    for (index, node) in network.nodes.enumerated() where mapped.logic.isNeeded[index] && index > 0 {
      if case .multiplexer(let inputs) = node.kind {
        place(node.owner, nets.multiplexer(BitLiteral(node: index), inputs: inputs, of: node.inputs))
      }
    }
    for (index, chain) in network.chains.enumerated() {
      for item in nets.carryBlocks(index, of: chain) { place(chain.owner, item) }
    }
    for id in nets.memories { place(id.raw, memory(id)) }
    for (index, items) in pieces.enumerated() where !items.isEmpty {
      let (scope, stage) = index.quotientAndRemainder(dividingBy: top.plan.circuit.latency + 1)
      let info = netlist.scopes[scope]
      module.items += [.blank, .comment("Layer '\(info.name.singleLine)' (\(info.kind.singleLine)), stage \(stage).")]
      module.items += items
    }
    module.items += registers.items
    module.items += top.outputItems { index, width in
      .joined(mapped.output(index).prefix(width).reversed().map { nets.signal($0) })
    }
    module.items += top.hasValid ? top.validItems : []
    module.declareUnused()
    return module
  }

  private func memory(_ id: ValueID) -> VerilogModule.Item {
    guard case .lookup(let rom, _) = netlist[id].instruction, let net = nets.memory(id) else {
      preconditionFailure("a memory is a table")
    }
    let table = romModules[rom.index]
    let address = nets.address(of: id).prefix(table.address.width)
    let missing = Expression.literal(0, width: table.address.width - address.count)
    return .instance(
      module: table.name,
      name: "\(net.name)_rom",
      parameters: [],
      connections: [
        .init(port: "address", value: .joined([missing] + address.reversed().map { nets.signal($0) })),
        .init(port: "data", value: net.whole, isOutput: true),
      ]
    )
  }
}
