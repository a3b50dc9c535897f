import Devices
import NetlistIR

/// Multipliers of two values.
///
/// Sums and registers behind a DSP block are logic here, as yosys leaves them on UltraScale parts. Vendors' tools may put a sum
/// of up to 48 bits and two ranks of registers into the block; how many of them, was never measured, so nothing is promised.
package struct ProductCost: Sendable {
  private let netlist: Netlist

  package init(_ netlist: Netlist) { self.netlist = netlist }

  package func resources(of id: ValueID) -> ResourceCount {
    guard case .multiply(let a, let b) = netlist[id].instruction else { return ResourceCount() }
    return Self.product(netlist[a].width, netlist[b].width)
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
