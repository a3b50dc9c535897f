import FixedPoint
import NetlistIR

/// Runs a design clock by clock: what its Verilog does, on every port of every cycle.
///
/// A cycle: all combinational values settle, the outputs are read, then every register and memory steps at once. At
/// power-up all state is 0, but for the contents of memories. Reset is synchronous and reaches only registers that have a
/// reset value.
///
/// A pipeline leaf whose registered values exclude 0 starts outside its own intervals: what it gives in its first
/// `latency` cycles is unspecified (though of its type), and no design may depend on it.
package struct DesignEvaluator: Sendable {
  private let flat: FlatDesign
  private var values: [Int128]
  private var memories: [[Int128]]
  private var nextRegisters: [Int128]

  /// - Throws: ``DesignDefect`` when the design is not well formed.
  package init(_ design: Design) throws {
    try DesignVerifier.verify(design)
    flat = try FlatDesign(design)
    values = Array(repeating: 0, count: flat.definitions.count)
    memories = flat.memories.map(\.words)
    nextRegisters = Array(repeating: 0, count: flat.registers.count)
  }

  /// Elements of all input ports of the top.
  package var inputCount: Int { flat.inputs.count }
  /// Elements of all output ports of the top.
  package var outputCount: Int { flat.outputs.count }

  /// One clock cycle.
  ///
  /// - Parameter inputs: raw values of the elements of all input ports of the top, in their order.
  /// - Returns: the elements of all output ports, before the clock edge.
  package mutating func step(_ inputs: [Int128], reset: Bool = false) -> [Int128] {
    for (slot, value) in zip(flat.inputs, inputs) { values[slot] = value }
    settle()
    let outputs = flat.outputs.map { values[$0] }
    clock(reset: reset)
    return outputs
  }

  private mutating func settle() {
    for slot in flat.order {
      switch flat.definitions[slot] {
      case .given: break
      case .copy(let source): values[slot] = values[source]
      case .word(let source, let type): values[slot] = type.wrapped(values[source])
      case .compute(.lookup(let rom, let address)):
        // Only a pipeline that fills may look outside; its Verilog then reads 0 or junk.
        let (entries, index) = (flat.roms[rom.index].entries, values[address.index])
        values[slot] = index >= 0 && index < entries.count ? Int128(entries[Int(index)]) : 0
      case .compute(let instruction):
        values[slot] = NetlistInterpreter.result(of: instruction, inputs: [], roms: []) { values[$0.index] }
      }
    }
  }

  private mutating func clock(reset: Bool) {
    for (index, register) in flat.registers.enumerated() {
      if reset, let value = register.reset {
        nextRegisters[index] = value
      } else if let enable = register.enable, values[enable] == 0 {
        nextRegisters[index] = values[register.slot]
      } else {
        let next = values[register.next]
        nextRegisters[index] = register.word.map { $0.wrapped(next) } ?? next
      }
    }
    var reads: [(slot: Int, word: Int128)] = []
    for index in memories.indices { clock(memory: index, &reads) }
    for (index, register) in flat.registers.enumerated() { values[register.slot] = nextRegisters[index] }
    for read in reads { values[read.slot] = read.word }
  }

  /// Reads before it writes; all addresses are those of this cycle.
  private mutating func clock(memory: Int, _ reads: inout [(slot: Int, word: Int128)]) {
    let ports = flat.memories[memory]
    for read in ports.reads where read.enable.map({ values[$0] != 0 }) ?? true {
      reads.append((read.slot, memories[memory][Int(values[read.address])]))
    }
    if let write = ports.write, values[write.enable] != 0 {
      memories[memory][Int(values[write.address])] = values[write.data]
    }
  }
}
