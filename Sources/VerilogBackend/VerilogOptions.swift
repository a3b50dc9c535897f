import Devices
import FirmwareFiles
import LogicMapping

/// What a Verilog project is made for.
package struct VerilogOptions: Sendable {
  /// The wished name of the top module; the project uses a legal one like it.
  package var top: String
  /// What the README calls the project.
  package var project: String
  package var part: Part
  /// Events for the shipped testbench.
  package var vectors: TestVectors
  /// Whether sums of three terms are made of the part's primitives; else they are expressions.
  package var usesPrimitives: Bool
  /// How the logic of pipelines is written.
  package var logic: LogicStyle

  package init(
    top: String,
    project: String? = nil,
    part: Part,
    vectors: TestVectors = TestVectors(),
    usesPrimitives: Bool = false,
    logic: LogicStyle = .expressions
  ) {
    self.logic = logic
    self.usesPrimitives = usesPrimitives
    self.top = top
    self.project = project ?? top
    self.part = part
    self.vectors = vectors
  }
}
