import Devices
import FirmwareFiles

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
