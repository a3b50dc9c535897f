import Diagnostics
import ModelIR
import ONNXFrontend
import SwiftProtobuf

/// Reads frozen graphs of TensorFlow (`.pb`): networks whose variables have become constants.
///
/// A graph is translated to ONNX's terms, node by node (``GraphTranslator``), and read on as an ONNX model.
package enum TensorFlowFrontend {
  /// Reads a model and checks it.
  ///
  /// - Parameters:
  ///   - bytes: the contents of the file.
  ///   - file: its name as the user gave it, for messages and for the model's name.
  ///   - log: takes warnings.
  /// - Throws: a `Diagnostic` that names the node and what to do, if the file is damaged or asks for what cannot be compiled.
  package static func load(_ bytes: [UInt8], file: String, log: DiagnosticLog) throws -> ModelGraph {
    let graph = try parse(bytes, file: file)
    var translator = try GraphTranslator(graph, file: file, log: log)
    return try ONNXFrontend.load(try translator.run(), file: file, source: .tensorflow, log: log)
  }

  private static func parse(_ bytes: [UInt8], file: String) throws -> TFGraphDef {
    var options = BinaryDecodingOptions()
    options.discardUnknownFields = true
    if let graph = try? TFGraphDef(serializedBytes: bytes, options: options), !graph.node.isEmpty { return graph }
    if let saved = try? TFSavedModel(serializedBytes: bytes, options: options),
      saved.metaGraphs.contains(where: { !$0.graphDef.node.isEmpty })
    {
      throw Diagnostic.error(
        "unsupported-format",
        "this is a SavedModel, whose weights lie in other files",
        at: Origin(file: file),
        hint:
          "save the model as .keras or .h5, or freeze it: convert_variables_to_constants_v2 of the function that calls it"
      )
    }
    throw Diagnostic.error(
      "bad-file",
      "this is no graph of TensorFlow, or it is damaged",
      at: Origin(file: file),
      hint: "freeze the graph again, as binary (as_text=False), and compare the size of the copies"
    )
  }
}
