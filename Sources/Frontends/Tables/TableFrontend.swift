import DataFiles
import Diagnostics
import ModelIR

/// Reads networks of look-up tables in JSON: KANELÉ's truth tables, DWN, and truth tables in a neutral form.
package enum TableFrontend {
  /// Whether a JSON document is one of them.
  package static func recognises(_ document: DocumentValue) -> Bool {
    KANTables.recognises(document) || kind(of: document) != nil
  }

  /// Whether the network's shape stands in a configuration beside the document.
  package static func needsConfiguration(_ document: DocumentValue) -> Bool { KANTables.recognises(document) }

  /// Reads a network and checks it.
  ///
  /// - Parameter configuration: KANELÉ's `config.json`.
  package static func model(_ document: DocumentValue, configuration: DocumentValue?) throws -> ModelGraph {
    let graph: ModelGraph
    if KANTables.recognises(document) {
      guard let configuration else {
        throw Diagnostic.error(
          "no-configuration",
          "the shape of a network of KANELÉ's stands in its config.json, which is not beside its tables",
          at: document.origin,
          hint: "put config.json, or NAME.config.json, into the folder of NAME.json"
        )
      }
      graph = try KANTables(document, configuration: configuration).graph()
    } else if kind(of: document) == DWNTables.kind {
      graph = try DWNTables(document).graph()
    } else {
      graph = try TruthTables(document).graph()
    }
    try ModelGraphVerifier.verify(graph)
    return graph
  }

  private static func kind(of document: DocumentValue) -> String? {
    guard case .string(let text)? = document["kind"]?.content, [DWNTables.kind, TruthTables.kind].contains(text) else {
      return nil
    }
    return text
  }

  /// The file's name without its folder and its ending, after which the model is called.
  static func stem(of file: String) -> String {
    let name = file.split(separator: "/").last.map(String.init) ?? file
    return name.split(separator: ".").first.map(String.init) ?? name
  }
}

extension DocumentValue {
  /// An integer of a range.
  func integer(in range: ClosedRange<Int>, _ what: String) throws -> Int {
    let value = try integer()
    guard range.contains(value) else {
      throw error("\(what) is \(value), and not from \(range.lowerBound) to \(range.upperBound)")
    }
    return value
  }
}
