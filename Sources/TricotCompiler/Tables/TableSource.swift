import AddressTables
import Diagnostics
import ModelIR

/// The two files that decide every word of a table.
struct TableSource {
  let specification: AddressSpecification
  private let model: ModelGraph
  private let file: String
  /// Tells runs apart: model, specification and version.
  let identity: String

  init(model path: String, specification file: String) throws {
    let text = try FileReading.text(of: file)
    specification = try AddressSpecification(parsing: text, file: file)
    var options = CompilationOptions(model: path)
    options.treeOutput = .margin
    var loading = ModelLoading(options: options, log: DiagnosticLog())
    let loaded = try loading.load()
    model = try loaded.graph
    self.file = file
    let hashes = [TricotVersion.current, contentHash(Array(text.utf8))] + loaded.files.map(\.sha256)
    identity = contentHash(Array(hashes.joined(separator: "\n").utf8))
  }

  func table() throws -> AddressTable { try AddressTable(specification, model: model, file: file) }
}
