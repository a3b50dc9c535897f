import FixedPoint
import NetlistIR

/// A pipelined circuit as a leaf of a design: no enable, no stall, a result of every cycle's inputs.
///
/// Its registers are 0 when power comes. Until `latency` cycles later its outputs may therefore be words that the
/// intervals of its values exclude; so they are known no better than by their types.
package struct PipelineModule: Sendable {
  package var name: String
  package var circuit: Circuit
  /// Whether a valid bit travels beside the data: ports `in_valid` and `out_valid`, cleared by reset.
  package var hasValid: Bool

  package init(name: String, circuit: Circuit, hasValid: Bool) {
    self.name = name
    self.circuit = circuit
    self.hasValid = hasValid
  }

  package static let inValid = "in_valid"
  package static let outValid = "out_valid"

  /// One port per tensor, in the order of their first elements, behind the valid bit.
  package var signature: ModuleSignature {
    ModuleSignature(
      name: name,
      inputs: (hasValid ? [.bit(Self.inValid)] : []) + inputTensors.map(\.port),
      outputs: (hasValid ? [.bit(Self.outValid)] : []) + outputTensors.map(\.port)
    )
  }

  /// A tensor's port and where its elements stand in the netlist's flat vector.
  package struct Tensor: Sendable {
    package var port: DesignPort
    package var flatIndices: [Int]
  }

  /// Inputs are what their types hold: also the evaluator's first cycles stay inside.
  package var inputTensors: [Tensor] {
    Self.tensors(circuit.netlist.inputs) { $0.range ?? $0.type.rawRange }
  }

  package var outputTensors: [Tensor] {
    let taken = Set(inputTensors.map(\.port.name))
    return Self.tensors(circuit.netlist.outputs.map(\.port)) { $0.type.wordRange }.map { tensor in
      var tensor = tensor
      // A model may return what it was given.
      while taken.contains(tensor.port.name) { tensor.port.name += "_out" }
      return tensor
    }
  }

  private static func tensors(_ ports: [NetlistPort], range: (NetlistPort) -> Interval) -> [Tensor] {
    var positions: [String: Int] = [:]
    var tensors: [Tensor] = []
    for (index, port) in ports.enumerated() {
      let position = positions[port.tensor] ?? tensors.count
      if position == tensors.count {
        positions[port.tensor] = position
        let name = port.tensor == inValid || port.tensor == outValid ? port.tensor + "_data" : port.tensor
        tensors.append(Tensor(port: DesignPort(name: name, elements: []), flatIndices: []))
      }
      tensors[position].port.elements.append(port.type)
      tensors[position].port.ranges.append(range(port))
      tensors[position].flatIndices.append(index)
    }
    return tensors
  }
}
