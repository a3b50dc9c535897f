import FirmwareFiles

/// What an HLS project is made for.
package struct HLSOptions: Sendable {
  /// The wished name of the top function; the project uses a legal one like it.
  package var top: String
  /// What the README calls the project.
  package var project: String
  /// What tells two versions of a project apart: part of the namespace and of the emulator's symbols.
  package var version: String
  /// The ordering code of the FPGA.
  package var part: String
  /// In nanoseconds.
  package var clockPeriod: Double
  /// Events for the shipped test bench.
  package var vectors: TestVectors

  package init(
    top: String,
    project: String? = nil,
    version: String,
    part: String,
    clockPeriod: Double,
    vectors: TestVectors = TestVectors()
  ) {
    self.top = top
    self.project = project ?? top
    self.version = version
    self.part = part
    self.clockPeriod = clockPeriod
    self.vectors = vectors
  }
}
