import DesignIR
import FixedPoint
import NetlistIR

/// Writes the module of one layer: its values stage by stage, and the registers that carry them on.
struct LayerModule {
  let plan: FirmwarePlan
  let names: ValueNames
  let scope: ScopeID
  let layout: BusLayout
  let romModules: [RomModule]
  /// Bits of a carry block where sums of three terms are made of primitives.
  let carryBlock: Int?

  /// The chain length from which registers are an instance of `tricot_delay`.
  static let longDelay = 3

  private var netlist: Netlist { plan.circuit.netlist }
  private var members: [ValueID] { plan.members[scope.index] }
  private var exports: [Tap] { plan.exports[scope.index] }
  var name: String { "\(layout.top)_\(names.scopes[scope.index])" }

  /// Whether there is anything to compute or to delay for others.
  var isNeeded: Bool { !exports.isEmpty }

  func emit() -> VerilogModule {
    var module = VerilogModule(name: name)
    let exported = Set(exports)
    module.items = items(exported)
    module.ports = ports(registers: registers(in: module.items))
    module.header = header
    module.declareUnused()
    return module
  }

  private var header: [String] {
    let info = netlist.scopes[scope.index]
    let stages = members.map { plan.circuit.stage(of: $0) }
    let sums = members.count { netlist[$0].instruction.isSum }
    return [
      "Layer '\(info.name.singleLine)' (\(info.kind.singleLine)) of '\(netlist.name.singleLine)'.", "",
      "Stages \(stages.min() ?? 0) to \(stages.max() ?? 0) of \(plan.circuit.latency); sums: \(sums), values: \(members.count).",
      "A wire 'x_s4' is 'x' behind register rank 4.",
    ]
  }

  private func ports(registers: Set<String>) -> [VerilogModule.Port] {
    var ports: [VerilogModule.Port] = []
    if !registers.isEmpty { ports.append(.init(direction: .input, net: Net(name: "clk", width: 1))) }
    var group: ScopeID?
    for tap in plan.imports[scope.index] {
      let owner = netlist[tap.value].scope
      let title = owner == group ? nil : "from '\(netlist.scopes[owner.index].name.singleLine)'"
      group = owner
      ports.append(.init(direction: .input, net: plan.net(tap, names), group: title))
    }
    for (index, tap) in exports.enumerated() {
      let net = plan.net(tap, names)
      ports.append(
        .init(
          direction: registers.contains(net.name) ? .outputRegister : .output,
          net: net,
          group: index == 0 ? "results" : nil,
          comment: comment(tap.value)
        )
      )
    }
    return ports
  }

  /// Names of nets that clocked items or delay instances drive; both need the clock.
  private func registers(in items: [VerilogModule.Item]) -> Set<String> {
    var registers: Set<String> = []
    for case .clocked(let assignments) in items { for (net, _) in assignments { registers.insert(net.name) } }
    for case .instance(FirmwareModules.delay, _, _, _) in items { registers.insert("clk") }
    return registers
  }

  // MARK: - Stages

  private func items(_ exported: Set<Tap>) -> [VerilogModule.Item] {
    var byStage = [[ValueID]](repeating: [], count: plan.circuit.latency)
    var clocked = [[(Net, Expression)]](repeating: [], count: plan.circuit.latency + 1)
    var delays = [[VerilogModule.Item]](repeating: [], count: plan.circuit.latency + 1)
    for id in members {
      byStage[plan.circuit.stage(of: id)].append(id)
      for (from, to) in registerSteps(id) {
        let (source, target) = (plan.net(from, names), plan.net(to, names))
        if to.rank - from.rank == 1 {
          clocked[to.rank].append((target, source.whole))
        } else {
          delays[from.rank] += delay(source, target, ranks: to.rank - from.rank, isPort: exported.contains(to))
        }
      }
    }
    var items: [VerilogModule.Item] = []
    for stage in 0...plan.circuit.latency {
      items += registerItems(clocked[stage], exported, rank: stage)
      items += stage < byStage.count ? stageItems(byStage[stage], stage: stage, exported) : []
      items += delays[stage].isEmpty ? [] : [.blank, .comment("Delays from rank \(stage).")] + delays[stage]
    }
    return items
  }

  /// The steps of a value's delay chain: from each rank that is read to the next, one rank at a time where they are near.
  private func registerSteps(_ id: ValueID) -> [(Tap, Tap)] {
    var steps: [(Tap, Tap)] = []
    var from = plan.circuit.stage(of: id)
    for rank in plan.ranksRead[id.index] {
      let stride = rank - from >= Self.longDelay ? rank - from : 1
      while from < rank {
        steps.append((Tap(value: id, rank: from), Tap(value: id, rank: from + stride)))
        from += stride
      }
    }
    return steps
  }

  private func delay(_ source: Net, _ target: Net, ranks: Int, isPort: Bool) -> [VerilogModule.Item] {
    let instance = VerilogModule.Item.instance(
      module: FirmwareModules.delay,
      name: "\(target.name)_delay",
      parameters: [("WIDTH", source.width), ("DEPTH", ranks)],
      connections: [
        .init(port: "clk", value: Net(name: "clk", width: 1).whole), .init(port: "in", value: source.whole),
        .init(port: "out", value: target.whole, isOutput: true),
      ]
    )
    return isPort ? [instance] : [.declaration(target), instance]
  }

  private func registerItems(
    _ registers: [(Net, Expression)],
    _ exported: Set<Tap>,
    rank: Int
  ) -> [VerilogModule.Item] {
    if registers.isEmpty { return [] }
    let ports = Set(exported.map { plan.net($0, names).name })
    var items: [VerilogModule.Item] = [.blank, .comment("Register rank \(rank).")]
    items += registers.filter { !ports.contains($0.0.name) }.map { .register($0.0) }
    return items + [.clocked(registers)]
  }

  private func stageItems(_ ids: [ValueID], stage: Int, _ exported: Set<Tap>) -> [VerilogModule.Item] {
    let computed = ids.filter { !netlist[$0].isInput }
    if computed.isEmpty { return [] }
    var items: [VerilogModule.Item] = [.blank, .comment("Stage \(stage).")]
    var element: Int32 = -1
    for id in computed {
      let value = netlist[id]
      if value.element != element && value.element >= 0 { items.append(.comment("element \(value.element)")) }
      element = value.element
      items += valueItems(id, value, isPort: exported.contains(Tap(value: id, rank: stage)))
    }
    return items
  }

  // MARK: - Values

  private func valueItems(_ id: ValueID, _ value: NetlistValue, isPort: Bool) -> [VerilogModule.Item] {
    let stage = plan.circuit.stage(of: id)
    let net = plan.net(Tap(value: id, rank: stage), names)
    if case .lookup(let rom, let address) = value.instruction {
      return lookup(net, rom, address: plan.operand(address, at: stage, names), isPort: isPort)
    }
    if let carryBlock, case .addThree = value.instruction, let terms = value.instruction.terms {
      let operands = terms.map { (plan.operand($0.value, at: stage, names), Int($0.shift), $0.isNegative) }
      let sum = TernaryEmission(operands, width: net.width, name: net.name).instance(carryBlock: carryBlock)
      return sum.items + [define(net, sum.value, isPort: isPort, comment: comment(id))]
    }
    let emission = InstructionEmission(
      value: value,
      width: net.width,
      name: net.name,
      isMeltable: plan.isMeltable[id.index],
      isTableFirst: isTableFirst(value, stage: stage),
      range: { plan.circuit.netlist[$0].range }
    ) { plan.operand($0, at: stage, names) }.emit()
    let helpers = emission.helpers.map { VerilogModule.Item.wire($0, $1, comment: nil) }
    return helpers + [define(net, emission.value, isPort: isPort, comment: comment(id))]
  }

  /// Whether a small table stands first in a sum as it would be written, and could stand second.
  private func isTableFirst(_ value: NetlistValue, stage: Int) -> Bool {
    guard case .add(let a, let s, let b, _) = value.instruction else { return false }
    func isSmallTable(_ id: ValueID) -> Bool {
      guard case .lookup(_, let address) = netlist[id].instruction, plan.circuit.stage(of: id) == stage else {
        return false
      }
      return netlist[address].width <= TableFusion.spareInputs
    }
    let (first, second) = s > 0 ? (b, a) : (a, b)
    return isSmallTable(first) && !isSmallTable(second)
  }

  private func lookup(_ net: Net, _ rom: RomID, address: Operand, isPort: Bool) -> [VerilogModule.Item] {
    let table = romModules[rom.index]
    let isWhole = table.data.width == net.width
    let data = isWhole ? net : Net(name: "\(net.name)_data", width: table.data.width)
    let instance = VerilogModule.Item.instance(
      module: table.name,
      name: "\(net.name)_rom",
      parameters: [],
      connections: [
        .init(port: "address", value: address.window(width: table.address.width)),
        .init(port: "data", value: data.whole, isOutput: true),
      ]
    )
    if isWhole { return isPort ? [instance] : [.declaration(net), instance] }
    let low = Expression.slice(data, high: net.width - 1, low: 0)
    return [.declaration(data), instance, define(net, low, isPort: isPort, comment: nil)]
  }

  private func define(_ net: Net, _ value: Expression, isPort: Bool, comment: String?) -> VerilogModule.Item {
    isPort
      ? .assign(net, high: net.width - 1, low: 0, value, comment: comment) : .wire(net, value, comment: comment)
  }

  /// The value's range, of which the wire may carry only low bits.
  private func comment(_ id: ValueID) -> String {
    let (value, width) = (netlist[id], plan.widths[id.index])
    return width < value.width ? "low \(width) bits of \(value.range)" : value.range.description
  }
}

extension Instruction {
  fileprivate var isSum: Bool {
    switch self {
    case .add, .subtract, .addThree, .accumulate: true
    case .input, .constant, .multiply, .shiftLeft, .shiftRight, .bits, .wrap, .clamp, .less, .equal, .select, .and, .or,
      .not, .lookup:
      false
    }
  }
}

extension String {
  /// For a comment: no line ends or other control characters.
  var singleLine: String { String(unicodeScalars.map { $0.value < 32 || $0.value == 127 ? " " : Character($0) }) }
}
