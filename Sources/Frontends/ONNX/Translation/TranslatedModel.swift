import Diagnostics
import ModelIR
import SwiftProtobuf

extension ONNXFrontend {
  /// Makes a model of a network that another frontend has translated, and checks it.
  ///
  /// - Throws: a `Diagnostic` that names the node and what to do.
  package static func load(
    _ translated: TranslatedGraph,
    file: String,
    source: ModelSource,
    log: DiagnosticLog
  ) throws -> ModelGraph {
    var model = ModelProto()
    model.graph = translated.proto
    model.opsetImport = [.with { $0.version = Int64(TranslatedGraph.opset) }]
    var graph = try load(model, file: file, log: log)
    graph.source = source
    return graph
  }
}
