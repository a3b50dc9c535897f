import Diagnostics
import FirmwareFiles

@testable import Verification

/// What linters say about a project's Verilog; nothing is what they should say.
enum VerilogLint {
  /// The complaints of `verilator --lint-only -Wall`, one line each.
  static func verilator(_ files: [ProjectFile], top: String) async throws -> [String] {
    try await complaints(.verilator, files) { ["--lint-only", "-Wall", "--top-module", top] + $0 }
  }

  /// The complaints of `iverilog -g2005 -Wall`.
  static func icarus(_ files: [ProjectFile], top: String) async throws -> [String] {
    try await complaints(.iverilog, files) { ["-g2005", "-Wall", "-o", "/dev/null", "-s", top] + $0 }
  }

  /// The complaints of yosys when it reads the modules and checks them.
  static func yosys(_ files: [ProjectFile], top: String) async throws -> [String] {
    try await complaints(.yosys, files) { paths in
      ["-q", "-p", "read_verilog \(paths.joined(separator: " ")); hierarchy -check -top \(top); proc; check -assert"]
    }
  }

  private static func complaints(
    _ tool: ExternalTool,
    _ files: [ProjectFile],
    arguments: ([String]) -> [String]
  ) async throws -> [String] {
    let sources = files.filter(\.isSimulated)
    let build = try BuildFolder.temporary()
    defer { build.discard() }
    try build.write(sources)
    let output = try await tool.run(arguments(sources.map(\.path)), in: build.path, limit: .seconds(600))
    let lines = output.text.split(separator: "\n").map(String.init)
    return output.succeeded ? lines : lines + ["'\(tool.rawValue)' ended with an error"]
  }
}
