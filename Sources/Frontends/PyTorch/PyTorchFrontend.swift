import Diagnostics
import ModelIR
import ONNXFrontend

/// Reads programs that PyTorch exported (`.pt2`, of `torch.export.save`).
///
/// A program is translated to ONNX's terms, node by node (``ProgramTranslator``), and read on as an ONNX model.
package enum PyTorchFrontend {
  /// Reads a model and checks it.
  ///
  /// - Parameters:
  ///   - bytes: the contents of the file.
  ///   - file: its name as the user gave it, for messages and for the model's name.
  ///   - log: takes warnings.
  /// - Throws: a `Diagnostic` that names the node and what to do, if the file is damaged or asks for what cannot be compiled.
  package static func load(_ bytes: [UInt8], file: String, log: DiagnosticLog) throws -> ModelGraph {
    let archive = try ExportArchive(bytes, file: file)
    var translator = try ProgramTranslator(archive)
    return try ONNXFrontend.load(try translator.run(), file: file, source: .pytorch, log: log)
  }
}
