import DataFiles
import Diagnostics
import TestSupport
import Testing

@testable import KerasFrontend

/// `docs/layers.md` names exactly what this frontend reads.
@Suite struct LayerTableTests {
  private let layers: MarkdownTable
  private let activations: MarkdownTable

  init() throws {
    layers = try MarkdownTable(page: "layers.md", heading: "Layers")
    activations = try MarkdownTable(page: "layers.md", heading: "Activations")
  }

  @Test func layersOfKeras() throws {
    let named = try layers.words("Keras") + activations.words("Keras layer")
    #expect(named.sorted() == KerasLayerClass.allCases.map(\.rawValue).sorted())
  }

  @Test func layersOfQKeras() throws {
    #expect(try layers.words("QKeras").sorted() == QKerasLayerClass.allCases.map(\.rawValue).sorted())
  }

  @Test func layersOfHGQ() throws {
    let named = try layers.words("HGQ2") + activations.words("HGQ2")
    #expect(named.sorted() == HGQLayerClass.allCases.map(\.rawValue).sorted())
  }

  /// Every name is read, and the hint beside a wrong one names the same.
  @Test func namesOfActivations() throws {
    let named = try activations.words("Keras option")
    let reader = ActivationReader(generation: .three, rank: 1)
    let layer = KerasLayer(
      name: "act",
      className: "Activation",
      options: [:],
      calls: [],
      origin: Origin(file: "m.json")
    )
    for name in named { #expect(try reader.embedded(.string(name), in: layer).name == name) }
    let refusal = try #require(throws: Diagnostic.self) { try reader.embedded(.string("mish"), in: layer) }
    let hint = try #require(refusal.hint.map { "\($0)" })
    let words = hint.split { !($0.isLetter || $0.isNumber || $0 == "_") }.map(String.init)
    #expect(words.filter { !["supported", "are", "and"].contains($0) }.sorted() == named.sorted())
  }
}
