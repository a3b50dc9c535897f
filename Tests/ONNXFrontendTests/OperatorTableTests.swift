import TestSupport
import Testing

@testable import ONNXFrontend

/// `docs/layers.md` names exactly what this frontend reads.
@Suite struct OperatorTableTests {
  @Test(arguments: [
    (
      ["Layers", "Activations"],
      UnsupportedOperator.supported + UnsupportedOperator.onConstants + Array(GraphImporter.quantizerOperators)
    ), (["Trees"], GraphImporter.treeOperators),
  ])
  func operators(headings: [String], known: [String]) throws {
    let named = try headings.flatMap { try MarkdownTable(page: "layers.md", heading: $0).words("ONNX") }
    #expect(named.sorted() == known.sorted())
  }
}
