import ConiferFrontend
import Diagnostics
import LightGBMFrontend
import ModelIR
import TMVAFrontend
import TreeFiles
import XGBoostFrontend

/// Reads models of trees by their contents, since several tools call theirs `.json`.
struct TreeModelReading {
  let file: String
  let output: TreeOutput

  private var modelOutput: TreeModelOutput {
    switch output {
    case .margin: .margin
    case .probability: .transformed
    }
  }

  func graph(_ bytes: [UInt8]) throws -> ModelGraph {
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
    if document["class_name"] != nil || document["config"] != nil {
      throw Diagnostic.error(
        "missing-weights",
        "a Keras .json holds the architecture only",
        at: Origin(file: file),
        hint: "name its weights with --weights FILE.h5"
      )
    }
    throw unknown("the JSON is neither a model of XGBoost's nor one of conifer's")
  }

  private func unknown(_ message: String) -> Diagnostic {
    Diagnostic.error(
      "unknown-model-format",
      message,
      at: Origin(file: file),
      hint: """
        give a Keras .json with --weights, or trees of XGBoost (.json, .ubj), LightGBM (.txt), conifer (.json) or \
        TMVA (.xml)
        """
    )
  }
}
