/// What outputs depend on, and which bits must be there as signals.
struct NeededLogic {
  /// By node.
  private(set) var isNeeded: [Bool]
  /// By node: whether it is read by something that is no look-up table, as it is and inverted.
  private(set) var isRead: [Bool]
  private(set) var isReadInverted: [Bool]
  private let isGate: [Bool]
  /// By carry chain: how many bits from the lowest up are needed.
  private(set) var lengths: [Int]

  /// By node: whether it must be a signal.
  var isRoot: [Bool] { zip(isRead, isReadInverted).map { $0 || $1 } }

  /// - Parameter sinks: what outputs and registers outside take.
  init(_ network: BitNetwork, sinks: [BitLiteral]) {
    isNeeded = [Bool](repeating: false, count: network.nodes.count)
    (isRead, isReadInverted) = (isNeeded, isNeeded)
    isGate = network.nodes.map { if case .gate = $0.kind { true } else { false } }
    lengths = [Int](repeating: 0, count: network.chains.count)
    for sink in sinks { read(sink) }
    for index in network.nodes.indices.reversed() where isNeeded[index] && index > 0 {
      let node = network.nodes[index]
      switch node.kind {
      case .source: break
      case .gate: for operand in node.operands { isNeeded[Int(operand)] = true }
      case .pair, .majority: for operand in node.operands { read(BitLiteral(node: Int(operand)), inverted: false) }
      case .register, .multiplexer, .control, .memory, .block: for input in node.inputs { read(input) }
      case .chain(let chain, let bit), .carry(let chain, let bit):
        // Bits below carry into this one.
        guard bit >= lengths[chain] else { continue }
        for place in lengths[chain]...bit {
          let propagate = network.chains[chain].propagate[place]
          // What is no table passes one on its way into the chain, which inverts it.
          read(propagate, inverted: propagate.isInverted && isGate[propagate.node])
          read(network.chains[chain].generate[place])
        }
        lengths[chain] = bit + 1
      }
    }
  }

  /// Whether the bit comes from a table, which gives it as readers want it.
  func isTable(_ node: Int) -> Bool { isGate[node] }

  private mutating func read(_ bit: BitLiteral, inverted: Bool? = nil) {
    isNeeded[bit.node] = true
    if inverted ?? bit.isInverted { isReadInverted[bit.node] = true } else { isRead[bit.node] = true }
  }
}
