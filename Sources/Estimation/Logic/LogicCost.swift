import DesignIR
import Devices
import NetlistIR

/// What the logic and the registers of a netlist take, bit by bit, as synthesis maps them: six-input look-up tables for
/// gates, carry chains for sums, and nothing for bits that nobody needs or that are others already.
struct LogicCost {
  /// By value: look-up tables, carry chains, flip-flops.
  private(set) var resources: [ResourceCount]

  init(_ builder: BitBuilder) {
    let network = builder.network
    resources = [ResourceCount](repeating: ResourceCount(), count: builder.values)
    var isNeeded = [Bool](repeating: false, count: network.nodes.count)
    var isRoot = isNeeded
    var lengths = [Int](repeating: 0, count: network.chains.count)
    func root(_ bit: BitLiteral) {
      (isNeeded[bit.node], isRoot[bit.node]) = (true, true)
    }
    for sink in builder.sinks { root(sink) }
    for index in network.nodes.indices.reversed() where isNeeded[index] && index > 0 {
      let node = network.nodes[index]
      switch node.kind {
      case .source: break
      case .gate: for operand in node.operands { isNeeded[Int(operand)] = true }
      case .pair:
        resources[Int(node.owner)] += ResourceCount(lut: 1)
        for operand in node.operands { root(BitLiteral(node: Int(operand))) }
      case .register, .block: for operand in node.operands { root(BitLiteral(node: Int(operand))) }
      case .chain(let chain, let bit):
        // Bits below carry into this one.
        guard bit >= lengths[chain] else { continue }
        for place in lengths[chain]...bit {
          root(network.chains[chain].propagate[place])
          root(network.chains[chain].generate[place])
        }
        lengths[chain] = bit + 1
      }
    }
    for (chain, length) in zip(network.chains, lengths) where length > 0 {
      resources[Int(chain.owner)] += ResourceCount(carry8: (length + 7) / 8, carry4: (length + 3) / 4)
    }
    let cover = LookupCover(network, isNeeded: isNeeded, roots: isRoot)
    for (index, node) in network.nodes.enumerated() where cover.isTable[index] {
      resources[Int(node.owner)] += ResourceCount(lut: 1)
    }
    builder.registers.forEachCost(isNeeded: isNeeded) { owner, flipFlops, shiftLUTs in
      resources[Int(owner)] += ResourceCount(lut: shiftLUTs, ff: flipFlops)
    }
  }
}
