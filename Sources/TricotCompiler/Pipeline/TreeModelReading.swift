import DataFiles
import Diagnostics
import ModelIR
import TableFrontends
import TreeFrontends

/// Reads models of trees and of look-up tables by their contents, since several tools call theirs `.json`.
struct TreeModelReading {
  let file: String
  let output: TreeOutput
  /// Reads a file that may stand beside the model.
  var neighbour: (String) -> [UInt8]? = { _ in nil }

  private var modelOutput: TreeModelOutput {
    switch output {
    case .margin: .margin
    case .probability: .transformed
    }
  }

  func graph(_ bytes: [UInt8]) throws -> ModelGraph {
    try refuseDumps(bytes)
    if LightGBMFrontend.recognises(bytes) {
      guard let text = String(validating: bytes, as: UTF8.self) else { throw unknown("the file is no text in UTF-8") }
      return try LightGBMFrontend.load(text, file: file, output: modelOutput)
    }
    if XGBoostFrontend.isUBJSON(bytes) { return try XGBoostFrontend.load(bytes, file: file, output: modelOutput) }
    if TMVAFrontend.recognises(bytes) { return try TMVAFrontend.load(bytes, file: file, output: modelOutput) }
    guard let first = bytes.first(where: { !" \t\r\n".utf8.contains($0) }), first == UInt8(ascii: "{") else {
      throw unknown("the file is no model of trees")
    }
    let document = try DocumentValue(json: bytes, file: file)
    if XGBoostFrontend.recognises(document) {
      return try XGBoostFrontend.model(document).graph(file: file, output: modelOutput)
    }
    if ConiferFrontend.recognises(document) {
      return try ConiferFrontend.model(document).graph(file: file, output: modelOutput)
    }
    if LightGBMDump.recognises(document) {
      return try LightGBMDump.model(document).graph(file: file, output: modelOutput)
    }
    if TableFrontend.recognises(document) { return try tables(document) }
    if document["class_name"] != nil || document["config"] != nil {
      throw Diagnostic.error(
        "missing-weights",
        "a Keras .json holds the architecture only",
        at: Origin(file: file),
        hint: "name its weights with \(option: .weights, "FILE.h5")"
      )
    }
    throw unknown("the JSON is neither a model of XGBoost's nor one of conifer's, nor a network of tables")
  }

  private func tables(_ document: DocumentValue) throws -> ModelGraph {
    guard TableFrontend.needsConfiguration(document) else {
      return try TableFrontend.model(document, configuration: nil)
    }
    let stem = file.hasSuffix(".json") ? String(file.dropLast(5)) : file
    for candidate in ["\(stem).config.json", PathNames.resolve("config.json", besides: file)] {
      if let bytes = neighbour(candidate) {
        return try TableFrontend.model(
          document,
          configuration: try DocumentValue(json: bytes, file: candidate)
        )
      }
    }
    return try TableFrontend.model(document, configuration: nil)
  }

  /// Whether a file without a telling name holds trees.
  ///
  /// - Throws: a ``Diagnostic`` for files of the training tools that only these tools can read.
  func recognises(_ bytes: [UInt8]) throws -> Bool {
    try refuseDumps(bytes)
    if bytes.starts(with: "binf".utf8) {
      throw unreadable("this is XGBoost's old binary format", hint: "load it with XGBoost and save_model('model.json')")
    }
    // The mark of pickles and of joblib's files, which are programs.
    if bytes.starts(with: [0x80]), let version = bytes.dropFirst().first, (2...5).contains(version) {
      throw unreadable(
        "a Python pickle holds code, which is not run here",
        hint: "load it in Python and save the model in a format of its own, or convert it with skl2onnx"
      )
    }
    return LightGBMFrontend.recognises(bytes) || XGBoostFrontend.isUBJSON(bytes) || TMVAFrontend.recognises(bytes)
  }

  /// XGBoost's dumps for people lack what a model needs: its base score, its objective, the digits of its thresholds.
  private func refuseDumps(_ bytes: [UInt8]) throws {
    let contents = bytes.drop { " \t\r\n".utf8.contains($0) }
    // As text, or as JSON: a list of trees.
    let isList =
      contents.first == UInt8(ascii: "[") && contents.prefix(4096).firstRange(of: Array("\"nodeid\"".utf8)) != nil
    guard contents.starts(with: "booster[".utf8) || isList else { return }
    throw unreadable(
      "this is a dump of XGBoost's for people, without base score and objective",
      hint: "write the model in Python: booster.save_model('model.json')"
    )
  }

  private func unreadable(_ message: String, hint: String) -> Diagnostic {
    Diagnostic.error("unknown-model-format", message, at: Origin(file: file), hint: hint)
  }

  private func unknown(_ message: DiagnosticText) -> Diagnostic {
    Diagnostic.error(
      "unknown-model-format",
      message,
      at: Origin(file: file),
      hint: """
        give a Keras .json with \(option: .weights), or trees of XGBoost (.json, .ubj), LightGBM (.txt), conifer (.json) or \
        TMVA (.xml)
        """
    )
  }
}
