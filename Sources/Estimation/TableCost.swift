import DesignIR
import Devices
import NetlistIR

/// Tables: block memories where the address comes from a register or every reader takes the registered output, otherwise
/// look-up tables.
///
/// That is when synthesis can use a memory's own register. Tables of less than `leastBits` are kept in LUTs, as yosys
/// and Vivado do, since a block of 18 kbit would be almost empty.
struct TableCost {
  private let circuit: Circuit
  /// Whether some reader takes the value in the stage that computes it.
  private let isReadAtOnce: [Bool]
  private let widths: [Int]
  private let fusion: TableFusion

  /// A twentieth of a block of 18 kbit.
  static let leastBits = 922

  init(_ circuit: Circuit, fusion: TableFusion) {
    self.circuit = circuit
    self.fusion = fusion
    widths = circuit.netlist.demandedWidths
    var isReadAtOnce = [Bool](repeating: false, count: circuit.netlist.values.count)
    for (index, value) in circuit.netlist.values.enumerated() {
      for operand in value.instruction.operands where circuit.stages[index] == circuit.stages[operand.index] {
        isReadAtOnce[operand.index] = true
      }
    }
    for output in circuit.netlist.outputs where circuit.stages[output.value.index] == Int32(circuit.latency) {
      isReadAtOnce[output.value.index] = true
    }
    self.isReadAtOnce = isReadAtOnce
  }

  /// Whether the value is the output of a block memory, and its first register is the memory's own.
  func hasOwnRegister(_ id: ValueID) -> Bool { isBlockMemory(id) && !isReadAtOnce[id.index] }

  private func isBlockMemory(_ id: ValueID) -> Bool {
    guard case .lookup(let rom, let address) = circuit.netlist[id].instruction,
      circuit.netlist.roms[rom.index].entries.count * widths[id.index] >= Self.leastBits
    else { return false }
    return !isReadAtOnce[id.index] || isRegistered(address, at: circuit.stage(of: id))
  }

  /// Whether a value reaches the stage through registers and wires alone.
  private func isRegistered(_ id: ValueID, at stage: Int) -> Bool {
    if circuit.stage(of: id) < stage { return true }
    switch circuit.netlist[id].instruction {
    case .shiftLeft(let a, _), .shiftRight(let a, _), .bits(let a, _, _), .wrap(let a, _, _):
      return isRegistered(a, at: stage)
    case .input, .constant, .add, .subtract, .multiply, .clamp, .less, .equal, .select, .and, .or, .not, .lookup:
      return false
    }
  }

  func resources(of id: ValueID) -> ResourceCount {
    guard case .lookup(let rom, let address) = circuit.netlist[id].instruction else { return ResourceCount() }
    // An adder takes the table into its own look-up tables.
    if fusion.root[id.index] != id.raw { return ResourceCount() }
    let width = widths[id.index]
    if isBlockMemory(id) {
      return ResourceCount(bram18: blocks(entries: circuit.netlist.roms[rom.index].entries.count, width: width))
    }
    // 2^(n-6) LUTs per bit; the multiplexers of pairs are the slices' own MUXF7 and MUXF8.
    let addressBits = circuit.netlist[address].width
    return ResourceCount(lut: addressBits <= 5 ? (width + 1) / 2 : width << (addressBits - 6))
  }

  /// Blocks of 18 kbit: 512 words of 36 bits, or twice the words at half the width.
  private func blocks(entries: Int, width: Int) -> Int {
    var (depth, wordBits) = (512, 36)
    while depth < entries && wordBits > 1 { (depth, wordBits) = (depth * 2, wordBits / 2) }
    return (width + wordBits - 1) / wordBits * ((entries + depth - 1) / depth)
  }
}
