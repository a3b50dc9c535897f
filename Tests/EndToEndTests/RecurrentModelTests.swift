import FoundationEssentials
import TestSupport
import Testing
import Verification

@testable import TricotCompiler

/// Recurrent layers from the model file to Verilator, in every form of hardware.
@Suite(.enabled(if: ExternalTool.verilator.isAvailable, "needs Verilator"))
struct RecurrentModelTests {
  enum Form: String, CaseIterable {
    case unrolled, sequential, streaming
  }

  private func options(_ model: String, _ form: Form) -> CompilationOptions {
    var options = CompilationOptions(model: model)
    switch form {
    case .unrolled: options.hardware.recurrence = .unrolled
    case .sequential: options.hardware.recurrence = .sequential
    case .streaming: options.hardware.io = .stream
    }
    return options
  }

  @Test(
    .enabled(if: SharedData.isAvailable, SharedData.absence),
    arguments: [("rnn_gru", .sequential), ("rnn_lstm__auto", .sequential), ("rnn_gru__auto", .streaming)]
      as [(String, Form)] + [("rnn_lstm", .streaming)]
  )
  func `hls4ml's recurrent networks have hls4ml's bits`(name: String, form: Form) async throws {
    let folder = SharedData.url("vectors/hls4ml/\(name)").path
    let compilation = Compilation(options("\(folder)/config.yml", form))
    let report = try await compilation.verify(
      input: "\(folder)/inputs.npy",
      samples: 40,
      expected: "\(folder)/expected.npy"
    )
    #expect(report.isEqual, "\(report)")
    #expect(report.comparisons.map(\.against) == ["verilator", "expected"])
  }
}
