import DataFiles
import Diagnostics
import FoundationEssentials
import ModelIR
import TestSupport
import Testing

@testable import PyTorchFrontend

/// Programs that PyTorch exported, against what PyTorch computes of them.
@Suite struct ExportedProgramTests {
  static func fixture(_ name: String) throws -> [UInt8] {
    let folder = SharedData.packageRoot.appending(path: "Tests/PyTorchFrontendTests/Fixtures")
    return [UInt8](try Data(contentsOf: folder.appending(path: name)))
  }

  @Test(arguments: ["dense", "images", "sequences", "fixed", "recurrent", "wide", "encoder"])
  func `computes what PyTorch computed`(_ name: String) throws {
    let graph = try PyTorchFrontend.load(Self.fixture("\(name).pt2"), file: "\(name).pt2", log: DiagnosticLog())
    #expect(graph.source == .pytorch)
    let inputs = try NumPyArray(npy: Self.fixture("\(name).inputs.npy"), file: name)
    let expected = try NumPyArray(npy: Self.fixture("\(name).outputs.npy"), file: name)
    let outputs = ReferenceEvaluator(graph).evaluate(inputs.values, samples: inputs.shape[0]).outputs
    try #require(outputs.count == expected.values.count)
    for (found, expected) in zip(outputs, expected.values) {
      #expect(abs(found - expected) <= 2e-5 * max(1, abs(expected)))
    }
  }

  @Test func `layers have the names of modules`() throws {
    let graph = try PyTorchFrontend.load(Self.fixture("dense.pt2"), file: "dense.pt2", log: DiagnosticLog())
    let names = graph.nodes.map(\.name)
    #expect(names.contains("layers.0") && names.contains("layers.1") && names.contains("layers.5"))
  }
}
