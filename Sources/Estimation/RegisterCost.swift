import DesignIR
import Devices
import FixedPoint
import NetlistIR

/// Registers of delay chains: flip-flops, or shift registers in LUTs where a chain is long enough and read only at its end.
struct RegisterCost {
  private let circuit: Circuit
  private let lastRanks: [Int32]
  private let hasTaps: [Bool]
  /// Bits of every value that the firmware carries.
  private let widths: [Int]

  /// Chains of this many registers or more are extracted as shift registers of 16 stages a LUT.
  static let shiftRegisterDepth = 3

  init(_ circuit: Circuit) {
    self.circuit = circuit
    lastRanks = circuit.lastRanks
    widths = circuit.netlist.demandedWidths
    var hasTaps = [Bool](repeating: false, count: circuit.netlist.values.count)
    for (index, value) in circuit.netlist.values.enumerated() {
      for operand in value.instruction.operands {
        let rank = circuit.stages[index]
        // A reader between the chain's ends needs the value of an inner register.
        if rank > circuit.stages[operand.index] && rank < lastRanks[operand.index] { hasTaps[operand.index] = true }
      }
    }
    self.hasTaps = hasTaps
  }

  /// - Parameter ownRegisters: how many of the chain's first registers are part of what computes the value.
  func resources(of id: ValueID, ownRegisters: Int = 0) -> ResourceCount {
    let width = widths[id.index]
    let depth = Int(lastRanks[id.index] - circuit.stages[id.index]) - ownRegisters
    if depth >= Self.shiftRegisterDepth && !hasTaps[id.index] {
      return ResourceCount(lut: width * ((depth + 15) / 16))
    }
    return ResourceCount(ff: width * depth)
  }
}
