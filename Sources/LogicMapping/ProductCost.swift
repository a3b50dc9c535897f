import DesignIR
import Devices
import NetlistIR

/// Multipliers, and the sums inside their DSP blocks.
package struct ProductCost: Sendable {
  private let netlist: Netlist
  /// By value: whether it is a sum in the DSP block of a product that nobody else reads.
  package let isInProduct: [Bool]

  package init(_ netlist: Netlist) {
    self.netlist = netlist
    isInProduct = netlist.productsOfSums().map { $0 != nil }
  }

  package func resources(of id: ValueID) -> ResourceCount {
    guard case .multiply(let a, let b) = netlist[id].instruction else { return ResourceCount() }
    return Self.product(netlist[a].width, netlist[b].width)
  }

  /// By value: how many ranks behind a product, or behind a sum in its block, are the block's own registers.
  ///
  /// A block has one in its middle, for a product only, and one at its end; it has none for what is read before.
  func ownRegisters(in circuit: Circuit) -> [Int] {
    var firstReads = [Int32](repeating: .max, count: netlist.values.count)
    for (index, value) in netlist.values.enumerated().reversed() {
      value.instruction.forEachOperand { operand in
        // A copy is where its own readers are.
        let isCopy = value.instruction == .shiftLeft(operand, places: 0)
        let read = isCopy ? firstReads[index] : circuit.stages[index]
        firstReads[operand.index] = min(firstReads[operand.index], read)
      }
    }
    for output in netlist.outputs {
      firstReads[output.value.index] = min(firstReads[output.value.index], Int32(circuit.latency))
    }
    return netlist.values.indices.map { index in
      let ranks = Int(min(firstReads[index], Int32(circuit.latency)) - circuit.stages[index])
      if isInProduct[index] { return min(ranks, 1) }
      return resources(of: ValueID(index)).dsp == 1 ? min(ranks, 2) : 0
    }
  }

  private static func product(_ a: Int, _ b: Int) -> ResourceCount {
    let (wide, narrow) = (max(a, b), min(a, b))
    if narrow <= 1 { return ResourceCount(lut: wide) }
    if !Netlist.isForBlocks(product: a, b) {
      return ResourceCount(lut: wide * narrow, carry8: (wide + 7) / 8, carry4: (wide + 3) / 4)
    }
    return ResourceCount(dsp: Netlist.blocks(ofProduct: a, b))
  }
}
