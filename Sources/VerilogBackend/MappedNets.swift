import DesignIR
import FirmwareFiles
import LogicMapping
import NetlistIR

/// The wires between primitives, and the instances that drive them.
struct MappedNets {
  private let network: BitNetwork
  private let carryBlock: Int
  /// By carry chain: how many bits are needed.
  private let lengths: [Int]
  /// By signal of a table or a multiplexer, and by node behind a register.
  private var names: [BitLiteral: String] = [:]
  /// By carry chain: the sums and carries of its blocks.
  private var blocks: [[(sums: Net, carries: Net)]] = []
  /// By value.
  private var words: [Int32: (net: Net, address: [BitLiteral])] = [:]
  /// By value: the bits of its port.
  private var inputs: [Int32: (bus: Net, offset: Int)] = [:]
  /// Values that are read from memories, in their order.
  private(set) var memories: [ValueID] = []
  /// All but registers.
  private(set) var declared: [Net] = []
  /// What registers are called.
  private(set) var registers: [Int: String] = [:]

  init(_ mapped: MappedCircuit, top: TopModule, romModules: [RomModule], carryBlock: Int) {
    network = mapped.network
    lengths = mapped.logic.chainLengths
    self.carryBlock = carryBlock
    let netlist = top.plan.circuit.netlist
    let ports = (top.layout.inputs + top.layout.outputs).map(\.name)
    var identifiers = Identifiers(reserved: ports + BusLayout.controlPorts + ["unused", "valid", "clk", "rst"])
    func base(_ owner: Int32) -> String { top.names[ValueID(Int(owner))] }
    for cell in mapped.logic.cells {
      for table in [cell.first, cell.second].compactMap({ $0 }) {
        let name = identifiers.claim("\(base(table.owner))_t\(table.output.node)\(table.output.isInverted ? "n" : "")")
        names[table.output] = name
        declared.append(Net(name: name, width: 1))
      }
    }
    for (chain, length) in zip(mapped.network.chains, mapped.logic.chainLengths) {
      let count = (length + carryBlock - 1) / carryBlock
      blocks.append(
        (0..<count).map { _ in
          let sums = Net(name: identifiers.claim("\(base(chain.owner))_o"), width: carryBlock)
          return (sums, Net(name: identifiers.claim("\(base(chain.owner))_co"), width: carryBlock))
        }
      )
      declared += blocks[blocks.count - 1].flatMap { [$0.sums, $0.carries] }
    }
    for (index, node) in mapped.network.nodes.enumerated() where mapped.logic.isNeeded[index] && index > 0 {
      switch node.kind {
      case .multiplexer:
        let name = identifiers.claim("\(base(node.owner))_m\(index)")
        names[BitLiteral(node: index)] = name
        declared.append(Net(name: name, width: 1))
      case .memory:
        guard words[node.owner] == nil, case .lookup(let rom, _) = netlist[ValueID(Int(node.owner))].instruction else {
          continue
        }
        let net = Net(name: identifiers.claim("\(base(node.owner))_word"), width: romModules[rom.index].data.width)
        words[node.owner] = (net, node.inputs)
        memories.append(ValueID(Int(node.owner)))
        declared.append(net)
      case .register: registers[index] = identifiers.claim("\(base(node.owner))_q\(index)")
      case .source, .gate, .pair, .majority, .chain, .carry, .control, .block: break
      }
    }
    var places: [Int: (Net, Int)] = [:]
    for bus in top.layout.inputs {
      let net = Net(name: bus.name, width: max(1, bus.width))
      for element in bus.elements { places[element.flatIndex] = (net, element.offset) }
    }
    for (index, value) in netlist.values.enumerated() {
      if case .input(let number) = value.instruction { inputs[Int32(index)] = places[Int(number)] }
    }
  }

  func memory(_ id: ValueID) -> Net? { words[id.raw]?.net }
  func address(of id: ValueID) -> [BitLiteral] { words[id.raw]?.address ?? [] }

  /// A bit as an expression.
  func signal(_ bit: BitLiteral) -> Expression {
    if bit.isConstant { return .literal(bit == .one ? 1 : 0, width: 1) }
    let node = network.nodes[bit.node]
    if bit.isInverted { return wire(names[bit]) }
    switch node.kind {
    case .gate, .pair, .majority, .multiplexer: return wire(names[bit])
    case .register: return wire(registers[bit.node])
    case .source(let place):
      guard let (bus, offset) = inputs[node.owner] else { preconditionFailure("an input is on a bus") }
      return .slice(bus, high: offset + place, low: offset + place)
    case .chain(let chain, let place):
      return .slice(blocks[chain][place / carryBlock].sums, high: place % carryBlock, low: place % carryBlock)
    case .carry(let chain, let place):
      return .slice(blocks[chain][place / carryBlock].carries, high: place % carryBlock, low: place % carryBlock)
    case .memory(let place):
      guard let net = words[node.owner]?.net else { preconditionFailure("a memory has a word") }
      return .slice(net, high: place, low: place)
    case .control, .block: preconditionFailure("no signal of its own")
    }
  }

  private func wire(_ name: String?) -> Expression {
    guard let name else { preconditionFailure("a bit without a wire") }
    return Net(name: name, width: 1).whole
  }

  // MARK: Instances

  /// A table of its number of inputs, or one with two outputs.
  func instance(of cell: MappedLogic.Cell) -> VerilogModule.Item {
    let output = VerilogModule.Connection(port: "O", value: signal(cell.first.output), isOutput: true)
    guard let second = cell.second else {
      let count = cell.first.inputs.count
      return .primitive(
        module: "LUT\(count)",
        name: "\(output.value.text)_lut",
        contents: .init(bits: cell.first.function(of: cell.first.inputs), width: 1 << count),
        connections: pins(cell.first.inputs) + [output]
      )
    }
    let inputs = cell.first.inputs + second.inputs.filter { !cell.first.inputs.contains($0) }
    let low = second.function(of: inputs, width: 32)
    let spare = (inputs.count..<5).map { VerilogModule.Connection(port: "I\($0)", value: .literal(0, width: 1)) }
    return .primitive(
      module: FirmwareModules.tableOfTwo,
      name: "\(output.value.text)_lut",
      contents: .init(bits: cell.first.function(of: inputs, width: 32) << 32 | low, width: 64),
      connections: pins(inputs) + spare + [
        .init(port: "I5", value: .literal(1, width: 1)),
        .init(port: "O5", value: signal(second.output), isOutput: true),
        .init(port: "O6", value: output.value, isOutput: true),
      ]
    )
  }

  private func pins(_ inputs: [BitLiteral]) -> [VerilogModule.Connection] {
    inputs.enumerated().map { .init(port: "I\($0.offset)", value: signal($0.element)) }
  }

  /// - Parameter bits: the condition, and what it chooses where it holds and where it does not.
  func multiplexer(_ output: BitLiteral, inputs: Int, of bits: [BitLiteral]) -> VerilogModule.Item {
    let value = signal(output)
    return .primitive(
      module: "MUXF\(inputs)",
      name: "\(value.text)_mux",
      contents: nil,
      connections: [
        .init(port: "I0", value: signal(bits[2])), .init(port: "I1", value: signal(bits[1])),
        .init(port: "S", value: signal(bits[0])), .init(port: "O", value: value, isOutput: true),
      ]
    )
  }

  /// The blocks of a chain, the lowest first.
  func carryBlocks(_ index: Int, of chain: BitNetwork.Chain) -> [VerilogModule.Item] {
    blocks[index].enumerated().map { number, block in
      func signal(_ bit: BitLiteral) -> Expression {
        // An inverter stands in the table through which a bit enters the chain.
        bit.isInverted && !bit.isConstant && names[bit] == nil ? .unary(.not, self.signal(~bit)) : self.signal(bit)
      }
      func word(_ bits: [BitLiteral]) -> Expression {
        let first = number * carryBlock
        return .joined(
          (first..<first + carryBlock).reversed().map { place in
            signal(place < lengths[index] ? bits[place] : .zero)
          }
        )
      }
      let carriesIn = Expression.literal(chain.carriesIn ? 1 : 0, width: 1)
      let last = carryBlock - 1
      let entering = number == 0 ? nil : Expression.slice(blocks[index][number - 1].carries, high: last, low: last)
      let zero = Expression.literal(0, width: 1)
      let carry: [VerilogModule.Connection] =
        carryBlock == 4
        ? [
          .init(port: "CI", value: entering ?? zero), .init(port: "CYINIT", value: entering == nil ? carriesIn : zero),
        ]
        : [.init(port: "CI", value: entering ?? carriesIn), .init(port: "CI_TOP", value: zero)]
      return .primitive(
        module: "CARRY\(carryBlock)",
        name: "\(block.sums.name)_carry",
        contents: nil,
        connections: carry + [
          .init(port: "DI", value: word(chain.generate)), .init(port: "S", value: word(chain.propagate)),
          .init(port: "CO", value: block.carries.whole, isOutput: true),
          .init(port: "O", value: block.sums.whole, isOutput: true),
        ]
      )
    }
  }
}

extension MappedLogic.Table {
  /// The function as one of other inputs, which hold its own.
  fileprivate func function(of others: [BitLiteral], width: Int? = nil) -> UInt64 {
    let positions = inputs.map { others.firstIndex(of: $0) ?? 0 }
    var result: UInt64 = 0
    for place in 0..<(width ?? 1 << others.count) {
      var own = 0
      for (position, other) in positions.enumerated() where place >> other & 1 == 1 { own |= 1 << position }
      result |= (function >> own & 1) << place
    }
    return result
  }
}
