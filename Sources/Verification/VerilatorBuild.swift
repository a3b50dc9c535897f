import Diagnostics
import FirmwareFiles
import FirmwareTemplates
import VerilogBackend

/// Builds Verilog and a harness into the program `build/harness`.
struct VerilatorBuild {
  let top: String
  /// Paths of the Verilog files in the build folder, where `harness.cpp` stands, too.
  let sources: [String]
  /// Whether the C++ is worth its optimisation.
  var isOptimised = false
  /// Longest time for the build.
  var limit: Duration = .seconds(1800)
  /// Compilers at a time.
  var jobs = 2
  /// Modules whose code is made once.
  var builtOnce: BuiltOnce?

  init(top: String, sources: [String]) {
    self.top = top
    self.sources = sources
  }

  func run(in build: BuildFolder) async throws {
    // Few files, because each costs a second for Verilator's headers; no optimisation, because compiling costs more
    // than running, up to a great many events.
    let optimisation = isOptimised ? "-O1" : "-O0"
    var hierarchy: [String] = []
    if let configuration = builtOnce?.configuration {
      try build.write([ProjectFile(path: "hierarchy.vlt", text: configuration)])
      hierarchy = ["--hierarchical", "hierarchy.vlt"]
    }
    let cache = try RuntimeCache.current.makeFlags(in: build)
    let arguments =
      [
        "--cc", "--exe", "--build", "-j", String(jobs), "-O3", "--x-assign", "fast", "--x-initial", "fast",
        "--noassert", "--output-split", "100000", "--output-split-cfuncs", "500", "-Wno-fatal", "-MAKEFLAGS",
        "OPT_FAST=\(optimisation) OPT_SLOW=-O0 OPT_GLOBAL=-O0\(cache)", "--Mdir", "build", "-o", "harness",
        "--top-module", top,
      ] + hierarchy + sources + ["harness.cpp"]
    let output = try await ExternalTool.verilator.run(arguments, in: build.path, limit: limit)
    guard output.succeeded else {
      throw Diagnostic.error(
        "verilator-build-failed",
        "Verilator could not build the firmware",
        at: Origin(file: build.path),
        notes: output.firstErrors(),
        hint: "report this: Tricot's Verilog should build; the folder is kept"
      )
    }
  }
}

extension Bus {
  /// The bits that exist, word by word.
  var wordMasks: [UInt32] {
    (0..<words).map { word in
      let bits = min(width - word * 32, 32)
      return .max >> UInt32(32 - bits)
    }
  }
}

extension DesignLayout {
  /// The header that gives a harness some of the ports.
  func portHeader(inputs: [Bus], outputs: [Bus]) throws -> ProjectFile {
    func lines(_ buses: [Bus], _ function: String) -> String {
      var offset = 0
      return buses.filter { $0.width > 0 }.map { bus in
        defer { offset += bus.words }
        return "    \(function)(dut.\(bus.name), words + \(offset));"
      }.joined(separator: "\n")
    }
    let text = try FirmwareTemplate.verilatorPorts.render([
      "top": top, "inputWords": String(inputs.reduce(0) { $0 + $1.words }),
      "outputWords": String(outputs.reduce(0) { $0 + $1.words }), "driveLines": lines(inputs, "load"),
      "sampleLines": lines(outputs, "store"),
      "edgeLines": hasClock ? "    dut.clk = 1;\n    dut.eval();\n    dut.clk = 0;" : "",
      "resetLine": hasReset ? "    dut.rst = on;" : "",
    ])
    return ProjectFile(path: "verilator_ports.h", text: text)
  }
}
