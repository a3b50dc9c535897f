import FixedPoint
import NetlistIR

/// Why a circuit is not well formed: a defect of Tricot, not of the user's model.
package struct CircuitDefect: Error, CustomStringConvertible {
  package var description: String
}

/// Checks that every value is computed after its operands and inside the pipeline, inputs first, and that outputs hold
/// what can arrive.
package enum CircuitVerifier {
  package static func verify(_ circuit: Circuit) throws {
    guard circuit.latency >= 1, circuit.stages.count == circuit.netlist.values.count else {
      throw CircuitDefect(description: "a circuit needs a latency of at least 1 and a stage for every value")
    }
    for (index, value) in circuit.netlist.values.enumerated() {
      let stage = circuit.stages[index]
      guard stage >= 0 && stage < circuit.latency else {
        throw CircuitDefect(description: "value \(index) stands in stage \(stage) of \(circuit.latency)")
      }
      if case .input = value.instruction, stage != 0 {
        throw CircuitDefect(description: "input value \(index) stands in stage \(stage)")
      }
      for operand in value.instruction.operands where circuit.stages[operand.index] > stage {
        throw CircuitDefect(description: "value \(index) of stage \(stage) reads value \(operand.raw) of a later stage")
      }
    }
    for (port, value) in circuit.netlist.outputs {
      let range = circuit.netlist[value].range
      guard Interval(port.type.minimumRaw, port.type.maximumRaw).contains(range) else {
        throw CircuitDefect(
          description: "element \(port.element) of '\(port.tensor)' takes \(range), type \(port.type)"
        )
      }
    }
  }
}
