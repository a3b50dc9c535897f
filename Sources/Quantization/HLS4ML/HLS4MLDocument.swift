import Devices
import Diagnostics

/// A whole hls4ml YAML: the model that it names, the project's settings and the `HLSConfig`.
package struct HLS4MLDocument: Sendable {
  /// The model files as written, relative to the YAML; nil in a file that holds only an `HLSConfig`.
  package var model: ModelReference?
  package var backend: String?
  /// The FPGA, from `Part` or `XilinxPart`.
  package var part: String?
  /// In nanoseconds.
  package var clockPeriod: Double?
  package var clockUncertainty: ClockUncertainty?
  package var interface: IOType = .parallel
  package var projectName: String?
  package var outputDirectory: String?
  /// A file of inputs, as written.
  package var inputData: String?
  /// A file of expected outputs, as written.
  package var outputPredictions: String?
  package var stamp: String?
  package var version: String?
  package var configuration = HLS4MLConfiguration()

  package init() {}
}

/// The model files that a YAML names, as written.
package enum ModelReference: Sendable, Hashable {
  /// `KerasJson` with `KerasH5`: architecture and weights apart.
  case kerasJSON(architecture: String, weights: String)
  /// `KerasH5` alone: a whole model in HDF5.
  case kerasH5(String)
  /// `KerasModel`: a `.keras` or `.h5` file.
  case kerasModel(String)
  case onnx(String)
}
