import Devices
import FirmwareFiles
import Lowering

/// What an HLS project is made for.
package struct HLSOptions: Sendable {
  /// The wished name of the top function; the project uses a legal one like it.
  package var top: String
  /// What the README calls the project.
  package var project: String
  /// What tells two versions of a project apart: part of the namespace and of the emulator's symbols.
  package var version: String
  /// The compiler's own version.
  package var tricot: String
  /// The ordering code of the FPGA.
  package var part: String
  /// In nanoseconds.
  package var clockPeriod: Double
  /// For the tools; nil: what they take by themselves.
  package var clockUncertainty: ClockUncertainty?
  package var interface: HLSInterface
  package var pipeline = HLSPipeline()
  /// Whether events come position by position, to a function for each stage with streams between them.
  package var isStreamed = false
  /// How adder graphs are sought for the kernels of stages.
  package var lowering = LoweringOptions()
  /// Events for the shipped test bench.
  package var vectors: TestVectors

  package init(
    top: String,
    project: String? = nil,
    version: String,
    tricot: String = "",
    part: String,
    clockPeriod: Double,
    interface: HLSInterface = .valid,
    vectors: TestVectors = TestVectors()
  ) {
    self.top = top
    self.project = project ?? top
    self.version = version
    self.tricot = tricot
    self.part = part
    self.clockPeriod = clockPeriod
    self.interface = interface
    self.vectors = vectors
  }
}

/// How events follow each other.
package struct HLSPipeline: Sendable, Hashable {
  package enum Style: Sendable, Hashable {
    /// Whichever suits the layers' strategies.
    case automatic
    /// The whole network in one pipeline.
    case pipeline
    /// Layers side by side, each on an event of its own.
    case dataflow
  }

  package var style: Style
  /// Cycles between events, or nil for what the reuse factors make of it.
  package var interval: Int?

  package init(style: Style = .automatic, interval: Int? = nil) {
    self.style = style
    self.interval = interval
  }
}

/// How data enter and leave the top function.
package enum HLSInterface: String, Sendable, CaseIterable {
  /// Wires without a handshake.
  case none = "ap_none"
  /// Wires, each port with a valid bit.
  case valid = "ap_vld"
  /// AXI4-Stream: an event is one word, the first element in the lowest bits.
  case stream = "axis"
}
