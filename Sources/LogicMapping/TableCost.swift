import DesignIR
import Devices
import NetlistIR

/// Tables: block memories where the address comes from a register or every reader takes the registered output, otherwise
/// look-up tables.
///
/// That is when synthesis can use a memory's own register. Which tables are large enough is yosys' rule for UltraScale parts: a
/// block of 18 kbit costs as much as 129 look-up tables of 64 bits each, whatever the entries are, but for bits that are the
/// same in all of them.
package struct TableCost: Sendable {
  private let netlist: Netlist
  private let widths: [Int]
  /// By value: whether it is the output of a block memory.
  package let isBlock: [Bool]
  /// By value: whether its bits are a block memory's whose own register is the first behind them.
  package private(set) var hasOwnRegister: [Bool]

  /// So many bits in look-up tables cost no more than a block of 18 kbit.
  package static let bitsWorthABlock = 64 * 129

  /// Tables of a pipeline.
  package init(_ circuit: Circuit) {
    let netlist = circuit.netlist
    var isReadAtOnce = [Bool](repeating: false, count: netlist.values.count)
    for output in netlist.outputs where circuit.stages[output.value.index] == Int32(circuit.latency) {
      isReadAtOnce[output.value.index] = true
    }
    // Readers come later than what they read. One that only passes bits on reads at once if its own readers do.
    for (index, value) in netlist.values.enumerated().reversed() {
      let isReading = value.instruction.wired == nil || isReadAtOnce[index]
      value.instruction.forEachOperand {
        if isReading && circuit.stages[index] == circuit.stages[$0.index] { isReadAtOnce[$0.index] = true }
      }
    }
    /// Whether a value reaches the stage through registers and wires alone.
    func isRegistered(_ id: ValueID, at stage: Int) -> Bool {
      if circuit.stage(of: id) < stage { return true }
      return netlist[id].instruction.wired.map { isRegistered($0, at: stage) } ?? false
    }
    self.init(netlist) { index, address in
      !isReadAtOnce[index] || isRegistered(address, at: Int(circuit.stages[index]))
    }
    for (index, value) in netlist.values.enumerated() where !isReadAtOnce[index] {
      let source = value.instruction.wired
      hasOwnRegister[index] =
        isBlock[index]
        || source.map { hasOwnRegister[$0.index] && circuit.stage(of: $0) == circuit.stages[index] } ?? false
    }
  }

  /// Tables of a module with state: memories where a register holds the address.
  package init(_ module: HardwareModule) {
    self.init(module.logic) { _, address in
      guard case .input(let number) = module.logic[address].instruction,
        case .register = module.sources[Int(number)]
      else { return false }
      return true
    }
  }

  private init(_ netlist: Netlist, isSynchronous: (_ index: Int, _ address: ValueID) -> Bool) {
    self.netlist = netlist
    let widths = netlist.demandedWidths
    self.widths = widths
    isBlock = netlist.values.indices.map { index in
      guard case .lookup(let rom, let address) = netlist.values[index].instruction else { return false }
      let entries = netlist.roms[rom.index].entries
      let blocks = Self.blocks(entries: entries.count, width: widths[index])
      let bits = Self.bits(of: entries, width: widths[index])
      return bits > Self.bitsWorthABlock * blocks && isSynchronous(index, address)
    }
    hasOwnRegister = [Bool](repeating: false, count: isBlock.count)
  }

  /// Bits of a table without those that are the same in all entries.
  private static func bits(of entries: [Int64], width: Int) -> Int {
    guard let first = entries.first else { return 0 }
    let changing = entries.reduce(0) { $0 | ($1 ^ first) }
    return (width < Int64.bitWidth ? changing & ((1 << width) - 1) : changing).nonzeroBitCount * entries.count
  }

  /// The blocks of a memory; tables in look-up tables are logic.
  package func resources(of id: ValueID) -> ResourceCount {
    guard isBlock[id.index], case .lookup(let rom, _) = netlist[id].instruction else { return ResourceCount() }
    return ResourceCount(bram18: Self.blocks(entries: netlist.roms[rom.index].entries.count, width: widths[id.index]))
  }

  /// Blocks of 18 kbit: 512 words of 36 bits, or twice the words at half the width.
  private static func blocks(entries: Int, width: Int) -> Int {
    var (depth, wordBits) = (512, 36)
    while depth < entries && wordBits > 1 { (depth, wordBits) = (depth * 2, wordBits / 2) }
    return (width + wordBits - 1) / wordBits * ((entries + depth - 1) / depth)
  }
}

extension Instruction {
  /// The value of which this one is nothing but bits.
  fileprivate var wired: ValueID? { isWiring ? operands.first : nil }
}
