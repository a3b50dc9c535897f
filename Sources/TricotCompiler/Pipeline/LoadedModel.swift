import Diagnostics
import FixedPointIR
import ModelIR
import Quantization

/// What the user's files hold.
struct LoadedModel {
  enum Content {
    case trained(ModelGraph)
    /// A fixed-point graph in its text form: every type is settled.
    case quantized(FixedPointGraph)
  }

  var content: Content
  /// The hls4ml YAML, given as the model or as the configuration.
  var document: HLS4MLDocument?
  /// conifer's configuration, if that was given.
  var conifer: ConiferConfiguration?
  /// Every file that was read, for the manifest.
  var files: [InputFile]
}

extension LoadedModel {
  /// The model as trained.
  ///
  /// - Throws: a diagnostic where there is only what was made of one.
  var graph: ModelGraph {
    get throws {
      switch content {
      case .trained(let graph): return graph
      case .quantized(let graph):
        throw Diagnostic.error(
          "no-trained-model",
          "the file holds '\(graph.name)' as it was quantised, not as it was trained",
          at: files.first.map { Origin(file: $0.name) },
          hint: "give the trained model"
        )
      }
    }
  }
}

/// A file that took part, with its contents' hash.
struct InputFile: Codable, Sendable, Hashable {
  /// What it is for: `model`, `weights`, `configuration`, `calibration`.
  var role: String
  /// The last component of its path: where it lay is nobody's concern.
  var name: String
  var sha256: String
}
