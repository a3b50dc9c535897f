import FixedPoint
import NetlistIR

/// Runs a circuit cycle by cycle with its registers, one new event a cycle: what the Verilog does.
package struct CircuitEvaluator {
  private let circuit: Circuit
  private let lastRanks: [Int32]
  /// `chains[v][k]` is value `v` after `k + 1` registers.
  private var chains: [[Int128]]

  package init(_ circuit: Circuit) {
    self.circuit = circuit
    lastRanks = circuit.lastRanks
    chains = circuit.netlist.values.indices.map { [lastRanks] index in
      [Int128](repeating: 0, count: Int(lastRanks[index] - circuit.stages[index]))
    }
  }

  /// One clock cycle: reads the outputs that are registered now, then computes and clocks all registers.
  package mutating func step(_ inputs: [Int128]) -> [Int128] {
    let outputs = circuit.netlist.outputs.map { output in
      read(output.value, at: Int32(circuit.latency), current: nil)
    }
    var current: [Int128] = []
    current.reserveCapacity(circuit.netlist.values.count)
    for (index, value) in circuit.netlist.values.enumerated() {
      let result = NetlistInterpreter.result(of: value.instruction, inputs: inputs, roms: circuit.netlist.roms) {
        read($0, at: circuit.stages[index], current: current[$0.index])
      }
      current.append(result)
    }
    for index in chains.indices where !chains[index].isEmpty {
      chains[index].removeLast()
      chains[index].insert(current[index], at: 0)
    }
    return outputs
  }

  private func read(_ id: ValueID, at rank: Int32, current: Int128?) -> Int128 {
    if case .constant(let value) = circuit.netlist[id].instruction { return value }
    let delay = Int(rank - circuit.stages[id.index])
    return delay == 0 ? current ?? 0 : chains[id.index][delay - 1]
  }
}
