import DataFiles
import Diagnostics
import KerasFrontend
import ModelIR
import Testing

/// Networks with quantisers, against what the libraries that trained them compute.
@Suite struct TrainedConformanceTests {
  private func results(_ name: String) throws -> (found: [Double], expected: NumPyArray) {
    let graph = try KerasFrontend.load(h5: Fixtures.bytes("\(name).h5"), file: "\(name).h5", log: DiagnosticLog())
    let inputs = try NumPyArray(npy: Fixtures.bytes("\(name).inputs.npy"), file: name)
    let expected = try NumPyArray(npy: Fixtures.bytes("\(name).outputs.npy"), file: name)
    return (ReferenceEvaluator(graph).evaluate(inputs.values, samples: inputs.shape[0]).outputs, expected)
  }

  /// QKeras computes `x + (q(x) - x)` in float32, which may miss the quantised number by a unit in the last place of `x`; the next step of
  /// any of these quantisers is a thousand times further.
  @Test(arguments: ["qkeras_activations", "qkeras_kernels", "qkeras_layers"])
  func `quantisers of QKeras`(_ name: String) throws {
    let (found, expected) = try results(name)
    try #require(found.count == expected.values.count)
    let width = expected.shape[1]
    for (place, (mine, theirs)) in zip(found, expected.values).enumerated() {
      #expect(abs(mine - theirs) <= 4e-6 * max(abs(theirs), 1), "event \(place / width), output \(place % width)")
    }
  }

  /// Of the first HGQ, as it trains them: quantisers of all roundings, per element, channel and tensor, normalisations, a function.
  @Test func `networks of the first HGQ's own layers`() throws {
    let (found, expected) = try results("hgq1_layers")
    #expect(found == expected.values)
  }

  @Test func `a layer of the first HGQ's without its bits is refused`() throws {
    let name = "hgq1_layers.h5"
    let damaged = try Fixtures.bytes(name).replacing(Array("kernel_bw".utf8), with: Array("kernel_bx".utf8))
    let refusal = try #require(throws: Diagnostic.self) {
      _ = try KerasFrontend.load(h5: damaged, file: name, log: DiagnosticLog())
    }
    #expect(refusal.code == "missing-weight" && refusal.message.contains("kernel_bw"))
  }

  /// A whole model in one .h5, whose quantisers' variables have names and no numbers.
  @Test func `networks of HGQ2 as h5`() throws {
    let (found, expected) = try results("hgq2_dense")
    #expect(found == expected.values)
  }
}
