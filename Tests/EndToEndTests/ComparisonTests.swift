import DataFiles
import Diagnostics
import ModelIR
import TestSupport
import Testing
import TricotCompiler

/// `tricot compare`, and what `tricot inspect` says of the origin of types.
@Suite struct ComparisonTests {
  private static let inputs = (0..<60).map { Double(($0 * 37) % 101) / 16 - 3 }

  private static func npy(_ shape: [Int], _ values: [Double]) throws -> [UInt8] {
    try NumPyArray(shape: shape, values: values).npyBytes()
  }

  /// The network's outputs, in float32 as a framework has them.
  private static func reference() throws -> [Double] {
    let files = ["same.keras": try SameNetworkTests.bytes("same.keras")]
    let graph = try Compilation(CompilationOptions(model: "same.keras"), files: files).modelGraph
    return ReferenceEvaluator(graph).evaluate(inputs, samples: 10, keeping: .outputs).outputs.map { Double(Float($0)) }
  }

  private func compare(_ file: String, _ outputs: [Double], trace: [UInt8]? = nil) throws -> ComparisonReport {
    var files = [file: try SameNetworkTests.bytes(file), "x.npy": try Self.npy([10, 6], Self.inputs)]
    files["y.npy"] = try Self.npy([10, 3], outputs)
    files["t.npz"] = trace
    let compilation = Compilation(CompilationOptions(model: file), files: files)
    return try compilation.compare(input: "x.npy", reference: "y.npy", trace: trace == nil ? nil : "t.npz")
  }

  @Test(arguments: SameNetworkTests.files) func `rounding is no difference`(_ file: String) throws {
    let report = try compare(file, Self.reference())
    #expect(report.agrees && report.layers.count == 1 && report.layers[0].isOutput)
    #expect(report.samples == 10 && report.layers[0].elements == 30)
  }

  @Test func `a difference is told with its place`() throws {
    var outputs = try Self.reference()
    outputs[7] += 0.01
    let report = try compare("same.keras", outputs)
    let layer = try #require(report.layers.first)
    #expect(report.first == layer.name && layer.differing == 1 && layer.sample == 2 && layer.element == 1)
    #expect(abs(layer.largestDifference - 0.01) < 1e-6)
  }

  @Test func `the first layer that differs is named`() throws {
    let files = ["same.keras": try SameNetworkTests.bytes("same.keras")]
    let graph = try Compilation(CompilationOptions(model: "same.keras"), files: files).modelGraph
    let activations = ReferenceEvaluator(graph).evaluate(Self.inputs, samples: 10)
    func result(_ name: String) -> [Double]? { graph.nodes.first { $0.name == name }.map { activations[$0.output] } }
    // `fc2` ends with its activation, as Keras has it; `fc1` stays before normalisation.
    let hidden = try #require(result("fc2_relu"))
    let first = try #require(result("fc1"))
    var entries: [(name: String, contents: [UInt8])] = [
      ("fc2.npy", try Self.npy([10, 5], hidden.map { $0 * 1.001 + 0.01 })), ("fc1.npy", try Self.npy([10, 8], first)),
      ("other.npy", try Self.npy([1], [0])),
    ]
    let report = try compare("same.keras", Self.reference(), trace: StoredZip.bytes(of: entries))
    #expect(report.first == "fc2" && report.unknown == ["other"])
    #expect(report.layers.map(\.name).prefix(2) == ["fc1", "fc2"])
    entries[0].contents = try Self.npy([10, 4], Array(hidden.prefix(40)))
    #expect(throws: Diagnostic.self) {
      try compare("same.keras", Self.reference(), trace: StoredZip.bytes(of: entries))
    }
  }

  @Test func `types tell who decided them`() throws {
    var options = CompilationOptions(model: "same.keras")
    options.inputPrecision = "fixed<12,4>"
    var files = ["same.keras": try SameNetworkTests.bytes("same.keras")]
    let proven = try Compilation(options, files: files).inspect().layers.map(\.typeFrom)
    #expect(proven.first == "option" && proven.dropFirst().allSatisfy { $0 == "proof" })
    options.inputPrecision = nil
    options.quantization.calibration = "x.npy"
    files["x.npy"] = try Self.npy([10, 6], Self.inputs)
    let seen = try Compilation(options, files: files).inspect().layers.map(\.typeFrom)
    #expect(seen.first == "calibration" && seen.contains("proof"))
  }
}
