import DataFiles
import FoundationEssentials
import TestSupport
import Testing
import Verification

@testable import TricotCompiler

/// Attention, mixers, interaction and message-passing networks against the frameworks that made them.
///
/// `scripts/particle-networks` writes the models with their inputs and outputs.
@Suite struct ParticleNetworkTests {
  private static let folder = SharedData.packageRoot.appending(path: "Tests/EndToEndTests/ParticleNetworks").path

  private static let models = [
    "attention_script.onnx", "attention_dynamo.onnx", "encoder_script.onnx", "sdpa_script.onnx", "sdpa_dynamo.onnx",
    "mixer_script.onnx", "jedi_script.onnx", "adjacency_script.onnx", "deepset_script.onnx", "edges_script.onnx",
    "edges_dynamo.onnx", "linear_script.onnx", "norms_script.onnx", "norms_dynamo.onnx", "transposed_script.onnx",
    "embedding_script.onnx", "k3_attention.keras", "k2_attention.h5", "k3_cross.keras", "k2_cross.h5",
    "k3_dots.keras", "k3_mixer.keras", "k2_mixer.h5", "k3_embedding.keras", "k2_masked.h5", "k3_masked.keras",
    "k2_transposed.h5", "k3_transposed2.keras", "k3_branches.keras",
  ]

  /// The path of a model's inputs or outputs.
  private static func numbers(_ model: String, _ kind: String) -> String {
    let name = String(model.prefix { $0 != "." }).replacing("_script", with: "").replacing("_dynamo", with: "")
    return "\(folder)/\(name).\(kind).npy"
  }

  private static func read(_ path: String) throws -> [Double] {
    try NumPyArray(npy: Array(Data(contentsOf: URL(filePath: path))), file: path).values
  }

  private func compilation(_ model: String, bits: Int) -> Compilation {
    var options = CompilationOptions(model: "\(Self.folder)/\(model)")
    options.quantization.calibration = Self.numbers(model, "x")
    options.quantization.activationBits = bits
    options.quantization.weightBits = bits - 2
    options.quantization.inputBits = bits
    return Compilation(options)
  }

  /// The largest difference between what a run wrote and what the framework computed, as a share of the largest number.
  private func distance(_ model: String, run: (String) throws -> Void) throws -> Double {
    let scratch = try Scratch()
    let output = scratch.file("y.npy")
    try run(output)
    let expected = try Self.read(Self.numbers(model, "y"))
    let found = try Self.read(output)
    #expect(found.count == expected.count)
    let largest = expected.map(abs).max() ?? 1
    return (zip(found, expected).map { abs($0 - $1) }.max() ?? .infinity) / largest
  }

  @Test(arguments: models) func `floating point gives the framework's numbers`(model: String) throws {
    let distance = try distance(model) { output in
      let compilation = Compilation(CompilationOptions(model: "\(Self.folder)/\(model)"))
      _ = try compilation.evaluate(input: Self.numbers(model, "x"), output: output)
    }
    // The frameworks compute in float32.
    #expect(distance < 1e-6)
  }

  @Test(arguments: models) func `fixed point of 18 bits comes close`(model: String) throws {
    let distance = try distance(model) { output in
      _ = try compilation(model, bits: 18).simulate(input: Self.numbers(model, "x"), output: output)
    }
    #expect(distance < 0.01)
  }

  @Test(
    .enabled(if: ExternalTool.verilator.isAvailable, "needs Verilator"),
    arguments: [
      ("norms_script.onnx", HardwareChoices.Hierarchy.flat), ("norms_script.onnx", .shared),
      ("embedding_script.onnx", .flat), ("transposed_script.onnx", .shared), ("linear_script.onnx", .shared),
      ("k2_masked.h5", .flat),
    ]
  )
  func `Verilog gives the simulator's bits`(model: String, hierarchy: HardwareChoices.Hierarchy) async throws {
    var options = compilation(model, bits: 8).options
    options.hardware.hierarchy = hierarchy
    let report = try await Compilation(options).verify(input: Self.numbers(model, "x"))
    #expect(report.isEqual, "\(report)")
  }

  @Test func `events in streams give the simulator's bits`() async throws {
    guard ExternalTool.verilator.isAvailable else { return }
    var options = compilation("linear_script.onnx", bits: 8).options
    options.hardware.io = .stream
    let report = try await Compilation(options).verify(input: Self.numbers("linear_script.onnx", "x"))
    #expect(report.isEqual, "\(report)")
  }
}
