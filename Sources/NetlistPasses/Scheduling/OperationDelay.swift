import Devices
import FixedPoint
import NetlistIR

extension DelayModel {
  /// The combinational delay of one value in picoseconds, its input nets included.
  package func delay(of id: ValueID, in netlist: Netlist) -> Int {
    let value = netlist[id]
    switch value.instruction {
    case .input, .constant, .shiftLeft, .shiftRight, .bits, .wrap, .not: return 0
    case .add, .subtract: return adder(bits: netlist.adderSpan(of: id)?.carryBits ?? value.width)
    case .addThree(let a, let b, let c):
      let bits = netlist.adderSpan(of: id)?.carryBits ?? value.width
      return sumOfThree([a, b, c], bits: bits, in: netlist)
    case .accumulate: return adder(bits: (netlist.adderSpan(of: id)?.carryBits ?? value.width) + 1)
    case .multiply: return netlist.isProductOfBlocks(id) ? multiplier : adder(bits: value.width)
    case .clamp(let a, _, _): return logic(inputs: max(netlist[a].width - value.width, 1) + 2) + lut / 2
    case .less(let a, let b):
      if case .constant(0) = netlist[b].instruction { return 0 }
      let bits = max(netlist[a].width, netlist[b].width)
      // A few bits against a constant are one look-up table.
      return netlist[b].range.isConstant && bits <= 6 ? lut : adder(bits: bits)
    case .equal(let a, let b): return logic(inputs: netlist[a].width + netlist[b].width)
    case .select, .and, .or: return lut
    case .lookup(let rom, _): return self.rom(entries: netlist.roms[rom.index].entries.count)
    }
  }

  /// A sum of three terms whose carry chain has `bits` bits; a constant among them takes no time of its own.
  func sumOfThree(_ terms: [SumTerm], bits: Int, in netlist: Netlist) -> Int {
    terms.contains { netlist[$0.value].range.isConstant } ? adder(bits: bits) : ternaryAdder(bits: bits)
  }
}
