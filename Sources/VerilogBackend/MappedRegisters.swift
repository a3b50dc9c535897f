import DesignIR
import LogicMapping
import NetlistIR

/// The registers of a pipeline that is written bit by bit.
struct MappedRegisters {
  private(set) var declarations: [VerilogModule.Item] = []
  private(set) var items: [VerilogModule.Item] = []

  /// Bits of a value that wait for the same number of ranks.
  private struct Wait: Hashable {
    var owner: Int32
    var from: Int32
    var to: Int32
  }

  init(_ mapped: MappedCircuit, circuit: Circuit, nets: MappedNets) {
    var clocked = [[(Net, Expression)]](repeating: [], count: circuit.latency + 1)
    var waits: [Wait: [(target: Net, source: Expression)]] = [:]
    var order: [Wait] = []
    for line in mapped.registers.lines {
      let ranks = line.ranksRead(mapped.logic.isNeeded)
      guard let last = ranks.last else { continue }
      func net(_ rank: Int32) -> Net? {
        line.taps.first { $0.rank == rank }.flatMap { nets.registers[$0.node] }.map { Net(name: $0, width: 1) }
      }
      guard let end = net(last) else { continue }
      var (rank, value) = (line.stage, Expression.literal(0, width: 1))
      func step(_ next: Expression) {
        rank += 1
        // Ranks that nobody reads are called after the last one.
        let target = net(rank) ?? Net(name: "\(end.name)_s\(rank)", width: 1)
        declarations.append(.register(target))
        clocked[Int(rank)].append((target, next))
        value = target.whole
      }
      if case .control(let level) = mapped.network.nodes[line.source.node].kind {
        let inputs = mapped.network.nodes[line.source.node].inputs
        let fixed = Expression.literal(level != line.source.isInverted ? 1 : 0, width: 1)
        let data = line.source.isInverted ? ~inputs[1] : inputs[1]
        step(.conditional(nets.signal(inputs[0]), fixed, nets.signal(data)))
      } else {
        value = nets.signal(line.source)
      }
      for next in ranks {
        if Int(next - rank) >= BitRegisters.shiftRegisterDepth, let target = net(next) {
          let wait = Wait(owner: line.owner, from: rank, to: next)
          if waits[wait] == nil { order.append(wait) }
          waits[wait, default: []].append((target, value))
          declarations.append(.declaration(target))
          (rank, value) = (next, target.whole)
        }
        while rank < next { step(value) }
      }
    }
    for (rank, registers) in clocked.enumerated() where !registers.isEmpty {
      items += [.blank, .comment("Register rank \(rank)."), .clocked(registers)]
    }
    for wait in order { items.append(Self.delay(waits[wait] ?? [], ranks: Int(wait.to - wait.from))) }
  }

  private static func delay(_ bits: [(target: Net, source: Expression)], ranks: Int) -> VerilogModule.Item {
    .instance(
      module: FirmwareModules.delay,
      name: "\(bits[0].target.name)_delay",
      parameters: [("WIDTH", bits.count), ("DEPTH", ranks)],
      connections: [
        .init(port: "clk", value: Net(name: "clk", width: 1).whole),
        .init(port: "in", value: .joined(bits.reversed().map(\.source))),
        .init(port: "out", value: .joined(bits.reversed().map { $0.target.whole }), isOutput: true),
      ]
    )
  }
}
