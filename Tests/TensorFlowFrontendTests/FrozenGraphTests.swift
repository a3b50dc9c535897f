import DataFiles
import Diagnostics
import FoundationEssentials
import ModelIR
import TestSupport
import Testing

@testable import TensorFlowFrontend

/// Graphs that TensorFlow froze, against what TensorFlow computes of them.
@Suite struct FrozenGraphTests {
  static func fixture(_ name: String) throws -> [UInt8] {
    let folder = SharedData.packageRoot.appending(path: "Tests/TensorFlowFrontendTests/Fixtures")
    return [UInt8](try Data(contentsOf: folder.appending(path: name)))
  }

  @Test(arguments: ["dense", "images", "sequences", "operators", "learning_phase", "generators", "unrolled"])
  func `computes what TensorFlow computed`(_ name: String) throws {
    let log = DiagnosticLog()
    let graph = try TensorFlowFrontend.load(Self.fixture("\(name).pb"), file: "\(name).pb", log: log)
    #expect(graph.source == .tensorflow)
    let inputs = try NumPyArray(npy: Self.fixture("\(name).inputs.npy"), file: name)
    let expected = try NumPyArray(npy: Self.fixture("\(name).outputs.npy"), file: name)
    let outputs = ReferenceEvaluator(graph).evaluate(inputs.values, samples: inputs.shape[0]).outputs
    try #require(outputs.count == expected.values.count)
    for (found, expected) in zip(outputs, expected.values) {
      #expect(abs(found - expected) <= 2e-5 * max(1, abs(expected)))
    }
  }
}
