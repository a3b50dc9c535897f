import Diagnostics
import ModelIR
import Quantization
import TreeFrontends

extension Compilation {
  /// Writes a model of trees in another tool's format.
  ///
  /// With a configuration the numbers are those that conifer's own converter makes of the file, so that conifer's scores are
  /// the bits of the firmware that `compile` makes with it; without one they are the model's own in full.
  ///
  /// - Parameters:
  ///   - path: The file to write.
  ///   - replacing: Whether a file that is there may be replaced.
  public func export(to path: String, replacing: Bool = false) throws -> ExportReport {
    try FileWriting.check(path, replacing: replacing)
    let loaded = try loaded
    guard loaded.document == nil else {
      throw Diagnostic.error(
        "option-without-effect",
        "an hls4ml configuration says nothing about trees",
        at: options.configuration.map { Origin(file: $0) },
        hint: "give one of conifer's, with its Precision"
      )
    }
    return try clock.measure("export", "writing \(path)") {
      let model = try loaded.graph
      let parts = try ConiferModel(model, isConverted: loaded.conifer != nil, log: log)
      let bytes = try ConiferWriter.json(
        of: parts.ensemble,
        named: model.name,
        origin: parts.trees.origin,
        configuration: loaded.conifer?.dictionary ?? [:]
      )
      try FileWriting.replace(path, with: bytes)
      let ensemble = parts.ensemble
      return ExportReport(
        file: path,
        trees: ensemble.trees.count,
        splits: ensemble.splitCount,
        features: ensemble.featureCount,
        scores: ensemble.outputCount,
        bytes: bytes.count
      )
    }
  }
}
