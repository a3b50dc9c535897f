import DesignIR
import FixedPointIR
import FoundationEssentials
import Fuzzing
import TestSupport
import Testing
import TricotCompiler
import Verification

/// Events that come position by position, from the model file to Verilator.
@Suite(.enabled(if: ExternalTool.verilator.isAvailable, "needs Verilator"))
struct StreamingTests {
  private func compilation(_ name: String) -> Compilation {
    var options = CompilationOptions(model: SharedData.url("vectors/hls4ml/\(name)/config.yml").path)
    options.hardware.io = .stream
    return Compilation(options)
  }

  @Test(
    .enabled(if: SharedData.isAvailable, SharedData.absence),
    arguments: ["pool1d__stream", "KERAS_conv1d_small", "KERAS_conv2d_model", "pool2d__auto", "merge_ops__auto"]
  )
  func `hls4ml's networks stream with hls4ml's bits`(name: String) async throws {
    let folder = SharedData.url("vectors/hls4ml/\(name)").path
    let report = try await compilation(name).verify(
      input: "\(folder)/inputs.npy",
      samples: 40,
      expected: "\(folder)/expected.npy"
    )
    #expect(report.isEqual, "\(report)")
    #expect(report.comparisons.map(\.against) == ["verilator", "expected"])
  }

  @Test func `a configuration's io_stream is taken at its word`() throws {
    try #require(SharedData.isAvailable)
    let model = SharedData.url("vectors/hls4ml/pool1d__stream/config.yml").path
    #expect(try Compilation(CompilationOptions(model: model)).design.interface.handshake == .stream)
    var options = CompilationOptions(model: model)
    options.hardware.io = .parallel
    #expect(try Compilation(options).design.interface.handshake == .fixedLatency)
  }

  @Test(arguments: [3, 8, 21, 34])
  func `random image networks stream under Verilator`(seed: Int) async throws {
    var random = RandomFixedPointGraph(seed: UInt64(seed))
    let graph = random.imageGraph(layers: 4)
    var options = CompilationOptions(model: "image.tricot")
    options.hardware.io = .stream
    let compilation = Compilation(options, files: ["image.tricot": Array(graph.description.utf8)])
    let report = try await compilation.verify(samples: 50)
    #expect(report.isEqual, "\(report)")
  }
}
