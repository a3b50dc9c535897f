import DesignIR
import Devices
import Diagnostics
import FixedPointIR
import FoundationEssentials
import NetlistIR
import Subprocess
import SystemPackage
import Testing

@testable import TricotCompiler
@testable import tricot

/// What else the library promises: its example, options that are checked, words for its own users, and backends of others.
@Suite struct LibraryTests {
  @Test func `the example runs`() async throws {
    let scratch = try Scratch()
    let binary = FilePath(Invocation.binary).removingLastComponent().appending("library-example")
    let result = try await Subprocess.run(
      .path(binary),
      arguments: [Example.folder, scratch.file("firmware")],
      output: .string(limit: 1 << 16),
      error: .string(limit: 1 << 16)
    )
    #expect(result.terminationStatus.isSuccess, "\(result.standardError)")
    let lines = result.standardOutput.split(separator: "\n")
    #expect(lines.count == 3)
    #expect(lines.first?.hasPrefix("scores: [") == true)
    #expect(FileManager.default.fileExists(atPath: scratch.file("firmware/manifest.json")))
  }

  /// Every number that the command line refuses, the library refuses, too, in its own words.
  @Test func `wrong options are refused`() throws {
    let changes: [(String, (inout CompilationOptions) -> Void)] = [
      ("hardware.clockPeriod", { $0.hardware.clockPeriod = 0 }),
      ("hardware.clockPeriod", { $0.hardware.clockPeriod = .nan }),
      ("hardware.latency", { $0.hardware.latency = -1 }), ("hardware.reuseFactor", { $0.hardware.reuseFactor = 0 }),
      ("threads", { $0.threads = 0 }), ("quantization.inputBits", { $0.quantization.inputBits = 1 << 40 }),
      ("quantization.inputBits", { $0.quantization.featureBits = [8, -3] }),
      ("quantization.weightBits", { $0.quantization.weightBits = 0 }),
      ("quantization.activationBits", { $0.quantization.activationBits = .min }),
      ("quantization.coverage", { $0.quantization.coverage = .nan }),
      ("pruning.sparsity", { $0.pruning = PruningChoices(sparsity: 1) }),
      ("precision", { $0.precision = "fixed<9999,9999>" }), ("precision", { $0.precision = "float" }),
    ]
    for (name, change) in changes {
      var options = CompilationOptions(model: "m.onnx")
      change(&options)
      let refusal = try #require(throws: Diagnostic.self, "\(name)") {
        _ = try Compilation(options, files: ["m.onnx": TinyONNX.dense.bytes]).firmware()
      }
      #expect(refusal.message.description.contains(name), "\(refusal)")
    }
  }

  /// hls4ml names the model as seen from where it ran, and puts a copy beside the configuration.
  @Test(arguments: ["project/m.onnx", "elsewhere/m.onnx", "elsewhere/project/m.onnx"])
  func `the model of a project of hls4ml's is found`(place: String) throws {
    let folder = place == "project/m.onnx" ? "project" : "elsewhere"
    let options = CompilationOptions(model: "\(folder)/hls4ml_config.yml")
    let files = [
      options.model: Array("OnnxModel: project/m.onnx\nHLSConfig: {Model: {Precision: 'fixed<16,6>'}}\n".utf8),
      place: TinyONNX.dense.bytes,
    ]
    #expect(try Compilation(options, files: files).inputCount > 0)
  }

  /// Events in memory are proven as those in files are.
  @Test func `events in memory are verified`() async throws {
    let compilation = Compilation(CompilationOptions(model: "m.onnx"), files: ["m.onnx": TinyONNX.dense.bytes])
    let events = (0..<20 * (try compilation.inputCount)).map { Double($0 % 7) / 4 - 0.5 }
    var expected = try compilation.simulate(events, count: 20)
    let report = try await compilation.verify(events, count: 20, expected: expected)
    #expect(report.isEqual && report.comparisons.count == 3 && report.samples == 20)
    expected[0] += 1
    #expect(try await compilation.verify(events, count: 20, expected: expected).isEqual == false)
    await #expect(throws: Diagnostic.self) { _ = try await compilation.verify(events, count: 19) }
    await #expect(throws: Diagnostic.self) { _ = try await compilation.verify(events, count: 20, expected: [1]) }
    await #expect(throws: Diagnostic.self) { _ = try await compilation.verify([], count: 0) }
  }

  /// The trained model, the integers on the ports and every layer, for events in memory.
  @Test func `arrays go through every evaluation`() throws {
    let compilation = Compilation(CompilationOptions(model: "m.onnx"), files: ["m.onnx": TinyONNX.dense.bytes])
    let events = (0..<5 * (try compilation.inputCount)).map { Double($0 % 9) / 8 - 0.5 }
    let outputs = try compilation.simulate(events, count: 5)
    let trace = try compilation.trace(events, count: 5)
    #expect(trace.last?.values == outputs)
    #expect(trace.allSatisfy { $0.values.count == 5 * $0.shape.reduce(1, *) })
    #expect(
      try compilation.simulateRaw(events, count: 5).map { $0.signum() } == outputs.map { $0 > 0 ? 1 : $0 < 0 ? -1 : 0 }
    )
    let distance = zip(try compilation.evaluate(events, count: 5), outputs).map { abs($0 - $1) }
    #expect(distance.allSatisfy { $0 < 0.1 })
    #expect(try compilation.evaluate([], count: 0).isEmpty)
    #expect(throws: Diagnostic.self) { try compilation.evaluate(events + [1], count: 5) }
    #expect(throws: Diagnostic.self) { try compilation.evaluate(events.map { _ in .nan }, count: 5) }
  }

  @Test func `events cannot be fewer than one`() async throws {
    let compilation = Compilation(CompilationOptions(model: "m.onnx"), files: ["m.onnx": TinyONNX.dense.bytes])
    await #expect(throws: Diagnostic.self) { _ = try await compilation.verify(samples: 0) }
    await #expect(throws: Diagnostic.self) { _ = try await compilation.verify(samples: -1) }
  }

  @Test func `each front end phrases options for itself`() throws {
    var options = CompilationOptions(model: "m.onnx")
    options.hls.interface = .stream
    let compilation = Compilation(options, files: ["m.onnx": TinyONNX.dense.bytes])
    let refusal = try #require(throws: Diagnostic.self) { _ = try compilation.firmware() }
    #expect(refusal.rendered(phrasing: .commandLine).hasSuffix("hint: it belongs to --backend hls"))
    #expect(refusal.message.phrased(by: .commandLine) == "--interface has no effect here")
    #expect(refusal.description.hasSuffix("hint: it belongs to backend: hls"))
    #expect(refusal.message.description == "hls.interface has no effect here")
  }

  /// Whatever a diagnostic calls an option on the command line, some command takes.
  @Test func `flags exist`() async throws {
    var help = ""
    for command in ["verify", "compile", "simulate", "estimate", "optimize"] {
      help += try await Invocation.tricot(command, "--help").output
    }
    for option in DiagnosticOption.allCases {
      let flag = DiagnosticText(parts: [.option(option, nil)]).phrased(by: .commandLine)
      #expect(help.contains("\(flag) ") || help.contains("\(flag),"), "\(flag)")
    }
    for action in DiagnosticAction.allCases {
      let words = DiagnosticText(parts: [.action(action)]).phrased(by: .commandLine).split(separator: " ")
      #expect(try await Invocation.tricot(String(words[1]), "--help").status == 0)
    }
  }

  @Test func `texts that read alike are equal`() {
    let name = "x"
    #expect(DiagnosticText("did you mean 'x'?") == "did you mean '\(name)'?")
    let hint: DiagnosticText = "use \(option: .arithmetic, "native")"
    #expect("or \(hint)" as DiagnosticText == "or use \(option: .arithmetic, "native")")
    #expect(hint != "use arithmetic: native")
    #expect(hint.phrased(by: .commandLine) == "use --arithmetic native")
  }

  @Test func `help names the backends of the registry`() async throws {
    #expect(BackendRegistry.names == "verilog, hls or processors")
    #expect(try await Invocation.tricot("compile", "--help").output.contains("verilog, hls or processors"))
    let unknown = try #require(throws: Diagnostic.self) { _ = try BackendRegistry.backend(named: "punch-cards") }
    #expect(unknown.hint?.phrased(by: .commandLine) == "use --backend verilog or --backend hls or --backend processors")
    let near = try #require(throws: Diagnostic.self) { _ = try BackendRegistry.backend(named: "verilgo") }
    #expect(near.hint == "did you mean 'verilog'?")
  }

  /// A third backend, as another file could bring it.
  private struct GraphTextBackend: Backend {
    let name = "text"
    let proof = "by reading"
    let choices: [BackendChoice] = []

    func checkTools(_ compilation: Compilation) {}
    func check(_ compilation: Compilation) throws { _ = try text(compilation) }
    func answers(of compilation: Compilation, to inputs: [[Int128]]) throws -> [FirmwareAnswer] {
      [FirmwareAnswer(by: name, outputs: inputs.map(NetlistInterpreter(try compilation.netlist).outputs))]
    }

    func firmware(of compilation: Compilation) throws -> Firmware {
      let report = try CompilationReport(
        output: "",
        top: compilation.fixedPointGraph.name,
        backend: name,
        part: compilation.hardware.part.name,
        clockPeriodNs: compilation.design.interface.clockPeriod,
        files: ["graph.txt"]
      )
      return Firmware(files: [.init(path: "graph.txt", bytes: Array(try text(compilation).utf8))], report: report)
    }

    private func text(_ compilation: Compilation) throws -> String {
      try compilation.stage("text") { try compilation.fixedPointGraph.description }
    }
  }

  @Test func `a backend needs nothing but the protocol`() throws {
    let compilation = Compilation(CompilationOptions(model: "m.onnx"), files: ["m.onnx": TinyONNX.dense.bytes])
    let backend = GraphTextBackend()
    try backend.check(compilation)
    let firmware = try backend.firmware(of: compilation)
    #expect(String(decoding: firmware.files[0].bytes, as: UTF8.self).contains("dense"))
    #expect(try backend.estimate(of: compilation).latencyCycles == compilation.design.interface.latency)
    #expect(compilation.stageRuns.contains { $0.stage == "text" && $0.runs == 1 })
    var options = compilation.options
    options.hardware.latency = 3
    #expect(throws: Diagnostic.self) { try backend.refuseIdleOptions(options, for: .project) }
  }
}
