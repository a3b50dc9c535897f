import DataFiles
import Diagnostics
import ModelIR

/// Reads models that Keras 2 or Keras 3 saved.
///
/// Layers get the names that hls4ml gives them. What a model sets and Tricot does not compute is refused by name.
package enum KerasFrontend {
  /// Reads an architecture from `model.to_json()` and weights from `model.save_weights(…)`, in any layout.
  package static func load(
    architectureJSON: [UInt8],
    jsonFile: String,
    weightsH5: [UInt8],
    weightsFile: String,
    log: DiagnosticLog
  ) throws -> ModelGraph {
    let architecture = try Architecture(json: architectureJSON, origin: Origin(file: jsonFile))
    return try HDF5File.withImage(weightsH5, file: weightsFile) { file in
      try architecture.graph(weights: file.kerasWeights(), log: log)
    }
  }

  /// Reads a whole-model `.h5` file.
  package static func load(h5 bytes: [UInt8], file name: String, log: DiagnosticLog) throws -> ModelGraph {
    try HDF5File.withImage(bytes, file: name) { file in
      guard let text = try file.string(attribute: "model_config", of: []) else {
        throw Diagnostic.error(
          "no-architecture",
          "the file has no architecture",
          at: Origin(file: name),
          hint: "save the whole model with model.save('model.h5'), or pass the architecture's JSON with these weights"
        )
      }
      let version = try file.string(attribute: "keras_version", of: [])
      let architecture = try Architecture(
        json: Array(text.utf8),
        origin: Origin(file: name),
        version: version
      )
      return try architecture.graph(weights: file.kerasWeights(), log: log)
    }
  }

  /// Reads a `.keras` archive.
  package static func load(kerasArchive bytes: [UInt8], file name: String, log: DiagnosticLog) throws -> ModelGraph {
    let archive = try ZipArchive(bytes: bytes, file: name)
    let configuration = "config.json"
    guard archive.contains(configuration) else {
      throw Diagnostic.error(
        "no-architecture",
        "the archive has no '\(configuration)'",
        at: Origin(file: name),
        hint: "write it with model.save('model.keras')"
      )
    }
    let metadata =
      archive.contains("metadata.json")
      ? try JSONValue(
        parsing: archive.contents(of: "metadata.json"),
        origin: Origin(file: name, place: "metadata.json")
      )
      : nil
    let architecture = try Architecture(
      json: archive.contents(of: configuration),
      origin: Origin(file: name),
      version: metadata?["keras_version"]?.string
    )
    let weights = "model.weights.h5"
    guard archive.contains(weights) else {
      throw Diagnostic.error(
        "no-weights",
        "the archive has no '\(weights)'",
        at: Origin(file: name),
        notes: archive.entries.prefix(8).map { "it has '\($0.name)'" },
        hint: "save the model again with model.save('model.keras'), weights in one HDF5 file"
      )
    }
    return try HDF5File.withImage(archive.contents(of: weights), file: "\(name)/\(weights)") { file in
      try architecture.graph(weights: file.kerasWeights(), log: log)
    }
  }
}

/// A model without weights, all of whose layers are supported.
private struct Architecture {
  let model: KerasModel
  let generation: KerasGeneration

  init(json: [UInt8], origin: Origin, version: String? = nil) throws {
    let document = try JSONValue(parsing: json, origin: origin)
    model = try KerasModelParser(origin: origin).parse(document)
    try model.checkSupport()
    let major = (version ?? document["keras_version"]?.string)?.prefix { $0 != "." }
    generation = major.flatMap { Int($0) }.map { $0 >= 3 ? .three : .two } ?? model.generation
  }

  func graph(weights: any KerasWeights, log: DiagnosticLog) throws -> ModelGraph {
    var builder = ModelGraphBuilder(model, generation: generation, weights: weights, log: log)
    return try builder.build(model)
  }
}
