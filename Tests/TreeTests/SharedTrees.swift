import DataFiles
import Diagnostics
import FixedPointIR
import ModelIR
import ONNXFrontend
import Quantization
import TestSupport
import TreeFrontends

/// Models and other tools' outputs of `vectors/trees`.
enum SharedTrees {
  static func bytes(_ path: String) throws -> [UInt8] { try SharedData.bytes("vectors/trees/" + path) }

  static func array(_ path: String) throws -> NumPyArray { try NumPyArray(npy: bytes(path), file: path) }

  static func document(_ path: String) throws -> DocumentValue {
    try DocumentValue(json: bytes(path), file: path)
  }

  static func exists(_ path: String) -> Bool { (try? bytes(path)) != nil }

  /// Reads a model by the format that its name tells.
  static func model(_ path: String, output: TreeModelOutput = .margin) throws -> ModelGraph {
    let bytes = try bytes(path)
    if path.hasSuffix(".onnx") { return try ONNXFrontend.load(bytes, file: path, log: DiagnosticLog()) }
    if path.hasSuffix(".txt") {
      return try LightGBMFrontend.load(String(decoding: bytes, as: UTF8.self), file: path, output: output)
    }
    if path.hasSuffix("ensemble.json") { return try ConiferFrontend.load(bytes, file: path) }
    return try XGBoostFrontend.load(bytes, file: path, output: output)
  }

  /// The configurations of conifer's runs, by name.
  static func coniferRuns(_ folder: String) throws -> [(name: String, configuration: ConiferConfiguration)] {
    let document = try DocumentValue(json: bytes(folder + "/conifer.json"), file: "conifer.json")
    let runs = try document.member("runs")
    return try runs.keys.map { name in
      let config = try runs.member(name).member("config")
      let text = try config.keys.map { "\($0): \"\(try config.member($0).string())\"" }.joined(separator: "\n")
      return (name, try ConiferConfiguration(parsing: text, file: name, log: DiagnosticLog()))
    }
  }
}
