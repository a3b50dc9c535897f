import DataFiles
import FoundationEssentials
import TestSupport
import Testing

/// The command line on a network that brings its own types.
@Suite(.enabled(if: SharedData.isAvailable, SharedData.absence))
struct TrainedModelCommandTests {
  private static let model = SharedData.url("models/hgq2/jsc_openml_750.keras").path
  private static let inputs = SharedData.url("vectors/hgq2/jsc_openml_750/inputs.npy").path

  @Test func simulatesToTheBit() async throws {
    let scratch = try Scratch()
    let output = scratch.file("y.npy")
    let run = try await Invocation.tricot("simulate", Self.model, "--input", Self.inputs, "-o", output, "--json")
    #expect(run.status == 0 && run.errors.contains("error") == false)
    #expect(!run.output.contains("accuracy"))
    let found = try NumPyArray(npy: [UInt8](Data(contentsOf: URL(filePath: output))), file: output)
    #expect(found.values == (try SharedData.array("vectors/hgq2/jsc_openml_750/expected.npy").values))
  }

  @Test func inspectsAsTrained() async throws {
    let run = try await Invocation.tricot("inspect", Self.model)
    #expect(run.status == 0)
    #expect(run.output.contains("as trained") && run.output.contains("QEinsumDenseBatchnorm"))
  }

  @Test(arguments: [
    ["--precision", "fixed<16,6>"], ["--input-precision", "fixed<16,6>"], ["--calibration", inputs],
    ["--sparsity", "0.5"], ["--weight-bits", "8"], ["--activation-bits", "8"], ["--coverage", "0.9"],
    ["--arithmetic", "native"], ["--arithmetic", "hls4ml"],
  ])
  func refusesChoicesOfTypes(arguments: [String]) async throws {
    let scratch = try Scratch()
    let run = try await Invocation.tricot(["compile", Self.model, "-o", scratch.file("out")] + arguments)
    #expect(run.status == 2)
    #expect(run.errors.contains(arguments[0]) && run.errors.contains("hint"))
    #expect(scratch.contents.isEmpty)
  }

  @Test func refusesTrainedArithmeticForOthers() async throws {
    let run = try await Invocation.tricot("inspect", Example.model, "--arithmetic", "trained")
    #expect(run.status == 2 && run.errors.contains("--arithmetic"))
  }
}
