import Diagnostics
import FirmwareFiles
import VerilogBackend

/// Runs the testbench that a project ships, as its receiver would, under Icarus Verilog.
package enum IcarusRun {
  /// The testbench's last line: `PASS: …` or `FAIL: …`.
  ///
  /// - Throws: ``Diagnostic`` when Icarus is missing or refuses the Verilog.
  package static func testbench(_ files: [ProjectFile], top: String) async throws -> String {
    let build = try BuildFolder.temporary()
    try build.write(files)
    let sources = files.filter(\.isSimulated).map { "../\($0.path)" }
    let folder = build.path + "/tb"
    let compiled = try await ExternalTool.iverilog.run(
      ["-g2005", "-Wall", "-o", "testbench", "\(top)_tb.v"] + sources,
      in: folder,
      limit: .seconds(600)
    )
    guard compiled.succeeded else {
      throw Diagnostic.error(
        "icarus-build-failed",
        "Icarus Verilog could not build the testbench",
        at: Origin(file: folder),
        notes: compiled.firstErrors()
      )
    }
    let output = try await ExternalTool.vvp.run(["-n", "testbench"], in: folder, limit: .seconds(1800))
    build.discard()
    let verdicts = output.text.split(separator: "\n").filter { $0.hasPrefix("PASS") || $0.hasPrefix("FAIL") }
    return verdicts.last.map(String.init) ?? "FAIL: no verdict"
  }
}
