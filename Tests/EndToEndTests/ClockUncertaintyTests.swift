import Diagnostics
import Testing

@testable import TricotCompiler

/// hls4ml's `ClockUncertainty` means for Verilog and for HLS what it means there.
@Suite struct ClockUncertaintyTests {
  private static func compilation(_ line: String, _ change: (inout CompilationOptions) -> Void = { _ in })
    -> Compilation
  {
    var options = CompilationOptions(model: "c.yml")
    change(&options)
    let configuration = "OnnxModel: m.onnx\nClockPeriod: 4\n\(line)HLSConfig: {Model: {Precision: 'fixed<16,6>'}}\n"
    return Compilation(options, files: ["c.yml": Array(configuration.utf8), "m.onnx": TinyONNX.dense.bytes])
  }

  private static func latency(_ compilation: Compilation) throws -> Int { try compilation.estimate().latencyCycles }

  @Test func `a larger one makes more stages`() throws {
    let standard = try Self.latency(Self.compilation(""))
    #expect(try Self.latency(Self.compilation("ClockUncertainty: 12.5%\n")) == standard)
    #expect(try Self.latency(Self.compilation("ClockUncertainty: 0.5\n")) == standard)
    #expect(try Self.latency(Self.compilation("ClockUncertainty: 80%\n")) > standard)
    // What is asked for on the command line stands above the configuration.
    #expect(
      try Self.latency(Self.compilation("ClockUncertainty: 80%\n") { $0.hardware.clockUncertainty = "12.5%" })
        == standard
    )
  }

  @Test(arguments: [("", ""), ("ClockUncertainty: 27%\n", "27%"), ("ClockUncertainty: 0.3\n", "0.3")])
  func `HLS tools are told where it is given`(line: String, word: String) throws {
    let firmware = try BackendRegistry.backend(named: "hls").firmware(of: Self.compilation(line))
    let script = try #require(firmware.files.first { $0.path == "build_prj.tcl" })
    let said = String(decoding: script.bytes, as: UTF8.self).split(separator: "\n").filter {
      $0.contains("uncertainty")
    }
    #expect(said == (word.isEmpty ? [] : ["set_clock_uncertainty \(word)"]))
  }

  @Test func `what is none is refused by name`() throws {
    let refusal = try #require(throws: Diagnostic.self) {
      _ = try Self.compilation("") { $0.hardware.clockUncertainty = "lots" }.firmware()
    }
    #expect(refusal.message.description.contains("hardware.clockUncertainty"))
  }
}
