import FoundationEssentials
import TestSupport
import Testing
import TricotCompiler

/// `tricot report` on folders with and without reports.
@Suite struct ReportCommandTests {
  private static let fixtures = SharedData.packageRoot.appending(path: "Tests/EstimationTests/ToolReports/Fixtures")

  @Test func `reports are found wherever they lie, each once`() async throws {
    let scratch = try Scratch()
    let folder = scratch.file("jet_prj/solution1/syn/report")
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let csynth = try Data(contentsOf: Self.fixtures.appending(path: "vitis_csynth.xml"))
    for name in ["csynth.xml", "jet_csynth.xml"] { try csynth.write(to: URL(filePath: "\(folder)/\(name)")) }
    let timing = try Data(contentsOf: Self.fixtures.appending(path: "vivado_timing.rpt"))
    try timing.write(to: URL(filePath: scratch.file("vivado_timing.rpt")))
    let run = try await Invocation.tricot("report", scratch.path, "--json")
    #expect(run.status == 0, "\(run.errors)")
    let summary = try run.json(ToolReportSummary.self)
    #expect(summary.rows.map(\.source) == ["hls_synthesis", "vivado_timing"])
    #expect(summary.rows[0].latencyCyclesMax == 13)
    #expect(summary.rows[0].lut == 40511)
    #expect(summary.rows[1].slackNs == -0.125)
  }

  @Test func `a folder without reports is refused`() async throws {
    let scratch = try Scratch()
    for path in [scratch.path, scratch.file("absent")] {
      let run = try await Invocation.tricot("report", path)
      #expect(run.status == 2)
      #expect(run.errors.contains("hint"))
    }
  }
}
