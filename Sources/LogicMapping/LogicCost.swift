import DesignIR
import Devices
import NetlistIR

/// What the logic and the registers of a netlist take, bit by bit, as synthesis maps them: six-input look-up tables for
/// gates, carry chains for sums, and nothing for bits that nobody needs or that are others already.
package struct LogicCost: Sendable {
  /// By value: look-up tables, carry chains, flip-flops.
  package private(set) var resources: [ResourceCount]

  /// - Parameter style: how the logic is written.
  package init(_ builder: BitBuilder, style: LogicStyle) {
    let network = builder.network
    resources = [ResourceCount](repeating: ResourceCount(), count: builder.values)
    switch style {
    case .expressions:
      let needed = NeededLogic(network, sinks: builder.sinks)
      let cover = LookupCover(network, isNeeded: needed.isNeeded, roots: needed.isRoot, prices: .byInputs)
      for (index, node) in network.nodes.enumerated() where needed.isNeeded[index] {
        if case .pair = node.kind {} else if !cover.isTable[index] { continue }
        resources[Int(node.owner)] += ResourceCount(lut: 1)
      }
      add(network.chains, lengths: needed.lengths)
      add(builder.registers, isNeeded: needed.isNeeded)
    case .primitives:
      let mapped = MappedLogic(builder)
      for cell in mapped.cells { resources[Int(cell.first.owner)] += ResourceCount(lut: 1) }
      add(network.chains, lengths: mapped.chainLengths)
      add(builder.registers, isNeeded: mapped.isNeeded)
    }
  }

  private mutating func add(_ chains: [BitNetwork.Chain], lengths: [Int]) {
    for (chain, length) in zip(chains, lengths) where length > 0 {
      resources[Int(chain.owner)] += ResourceCount(carry8: (length + 7) / 8, carry4: (length + 3) / 4)
    }
  }

  private mutating func add(_ registers: BitRegisters, isNeeded: [Bool]) {
    registers.forEachCost(isNeeded: isNeeded) { owner, flipFlops, shiftLUTs in
      resources[Int(owner)] += ResourceCount(lut: shiftLUTs, ff: flipFlops)
    }
  }
}

/// How logic is written.
package enum LogicStyle: Sendable, Hashable {
  /// As expressions, which synthesis maps.
  case expressions
  /// As the part's own look-up tables, carry blocks and multiplexers.
  case primitives
}
