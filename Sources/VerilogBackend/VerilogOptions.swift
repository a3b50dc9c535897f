import Devices
import NetlistIR

/// What a Verilog project is made for.
package struct VerilogOptions: Sendable {
  /// The wished name of the top module; the project uses a legal one like it.
  package var top: String
  /// What the README calls the project.
  package var project: String
  package var part: Part
  /// Events for the shipped testbench.
  package var vectors: TestVectors

  package init(top: String, project: String? = nil, part: Part, vectors: TestVectors = TestVectors()) {
    self.top = top
    self.project = project ?? top
    self.part = part
    self.vectors = vectors
  }
}

/// Raw values of events: the flat input vector of each and the flat output vector that the firmware must answer.
package struct TestVectors: Sendable {
  package var inputs: [[Int128]]
  package var outputs: [[Int128]]

  package init(inputs: [[Int128]] = [], outputs: [[Int128]] = []) {
    precondition(inputs.count == outputs.count, "an answer for every event")
    self.inputs = inputs
    self.outputs = outputs
  }
}
