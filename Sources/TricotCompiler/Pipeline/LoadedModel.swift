import Diagnostics
import ModelIR
import Quantization

/// What the user's files hold.
struct LoadedModel {
  var graph: ModelGraph
  /// The hls4ml YAML, given as the model or as the configuration.
  var document: HLS4MLDocument?
  /// conifer's configuration, if that was given.
  var conifer: ConiferConfiguration?
  /// Every file that was read, for the manifest.
  var files: [InputFile]
}

/// A file that took part, with its contents' hash.
struct InputFile: Codable, Sendable, Hashable {
  /// What it is for: `model`, `weights`, `configuration`, `calibration`.
  var role: String
  /// The last component of its path: where it lay is nobody's concern.
  var name: String
  var sha256: String
}
