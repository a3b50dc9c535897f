import Diagnostics
import ModelIR
import SwiftProtobuf

/// Reads models in the ONNX format.
package enum ONNXFrontend {
  /// The oldest opset whose operators are read as they were meant then.
  static let oldestOpset = 6
  /// The newest opset whose operators are known.
  static let newestOpset = 28

  /// Reads a model and checks it.
  ///
  /// - Parameters:
  ///   - bytes: the contents of the file.
  ///   - file: its name as the user gave it, for messages and for the model's name.
  ///   - names: whose names the layers bear.
  ///   - log: takes warnings.
  /// - Throws: a `Diagnostic` that names the node and what to do, if the file is damaged or asks for what cannot be compiled.
  package static func load(
    _ bytes: [UInt8],
    file: String,
    names: ONNXLayerNames = .file,
    log: DiagnosticLog
  ) throws -> ModelGraph {
    try load(try parse(bytes, file: file), file: file, names: names, log: log)
  }

  static func load(
    _ model: ModelProto,
    file: String,
    names: ONNXLayerNames = .file,
    log: DiagnosticLog
  ) throws -> ModelGraph {
    let opset = try opset(of: model, file: file, log: log)
    reportUnread(model, file: file, log: log)
    let name = stem(of: file)
    var importer = GraphImporter(model.graph, name: name, file: file, opset: opset, names: names, log: log)
    try importer.run()
    var graph = importer.graph
    DeadNodeElimination.run(&graph)
    try ModelGraphVerifier.verify(graph)
    return graph
  }

  private static func parse(_ bytes: [UInt8], file: String) throws -> ModelProto {
    var options = BinaryDecodingOptions()
    options.discardUnknownFields = true
    let model: ModelProto
    do {
      model = try ModelProto(serializedBytes: bytes, options: options)
    } catch {
      throw Diagnostic.error(
        "bad-file",
        "this is no ONNX model, or it is damaged (\(error))",
        at: Origin(file: file),
        hint: "export the model again and compare the size of the copies"
      )
    }
    guard model.hasGraph else {
      throw Diagnostic.error(
        "bad-file",
        "the file holds no ONNX graph",
        at: Origin(file: file),
        hint: "check that this is a model, not a single tensor or an empty file"
      )
    }
    return model
  }

  private static func opset(of model: ModelProto, file: String, log: DiagnosticLog) throws -> Int {
    var versions = model.opsetImport.filter { ["", "ai.onnx"].contains($0.domain) }.map { Int(clamping: $0.version) }
    // A model of trees alone may import nothing else.
    if versions.isEmpty && model.opsetImport.contains(where: { $0.domain == "ai.onnx.ml" }) { versions = [newestOpset] }
    guard let version = versions.max(), version >= oldestOpset else {
      throw Diagnostic.error(
        "unsupported-opset",
        "the model uses opset \(versions.max().map { "\($0)" } ?? "1"), older than \(oldestOpset)",
        at: Origin(file: file),
        hint: "convert it with onnx.version_converter, or export it with opset 13"
      )
    }
    if version > newestOpset {
      log.report(
        .warning(
          "unknown-opset",
          "the model uses opset \(version); operators are read as in opset \(newestOpset)",
          at: Origin(file: file),
          hint: "compare the outputs with the original model, or export it with opset 13"
        )
      )
    }
    return version
  }

  /// Warns of what the file holds besides the graph and is not used.
  private static func reportUnread(_ model: ModelProto, file: String, log: DiagnosticLog) {
    guard !model.graph.quantizationAnnotation.isEmpty else { return }
    log.report(
      .warning(
        "unused-annotations",
        "the quantisation annotations of the file are not used",
        at: Origin(file: file),
        hint: "state the precision in the configuration"
      )
    )
  }

  /// The file's name without folders and extension.
  private static func stem(of file: String) -> String {
    let name = file.split(separator: "/").last.map(String.init) ?? file
    guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return name }
    return String(name[..<dot])
  }
}
