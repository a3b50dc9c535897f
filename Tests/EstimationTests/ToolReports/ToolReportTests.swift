import Diagnostics
import Estimation
import FoundationEssentials
import Testing

/// Reports of vendors' tools, written down by hand in their forms.
@Suite struct ToolReportTests {
  private func read(_ name: String) throws -> ToolReport? {
    let url = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/\(name)")
    return try ToolReport.read(Array(Data(contentsOf: url)), name: name, file: name)
  }

  @Test func `Vitis HLS's synthesis`() throws {
    let report = try #require(try read("vitis_csynth.xml"))
    #expect(report.kind == .highLevelSynthesis)
    #expect(report.top == "jet_tagger")
    #expect(report.latency == 11...13)
    #expect(report.interval == 1...2)
    #expect(report.targetPeriod == 5)
    #expect(report.estimatedPeriod == 3.647)
    // What is used, not what the part has.
    #expect(report.resources == ToolReport.Resources(lut: 40511, ff: 8123, dsp: 7, bram18: 4, uram: 0))
  }

  @Test func `Vivado HLS's synthesis, with a latency that it does not know`() throws {
    let report = try #require(try read("vivado_hls_csynth.xml"))
    #expect(report.latency == nil)
    #expect(report.interval == 1...2)
    #expect(report.resources.dsp == 7)
  }

  @Test func cosimulation() throws {
    let report = try #require(try read("top_cosim.rpt"))
    #expect(report.status == "Pass")
    #expect(report.latency == 11...12)
    #expect(report.interval == 1...1)
  }

  @Test func `Vivado's utilisation`() throws {
    let report = try #require(try read("vivado_utilization.rpt"))
    #expect(report.kind == .utilization)
    #expect(report.resources == ToolReport.Resources(lut: 20112, ff: 6004, dsp: 6, bram18: 5, uram: 0))
  }

  @Test func `Vivado's timing`() throws {
    let report = try #require(try read("vivado_timing.rpt"))
    #expect(report.slack == -0.125)
    #expect(report.status == "fails")
  }

  @Test(arguments: ["", "<profile>", "<html></html>", "\u{0}garbage", String(repeating: "<a>", count: 10_000)])
  func `a broken synthesis report is refused`(text: String) {
    #expect(throws: Diagnostic.self) {
      try ToolReport.read(Array(text.utf8), name: "csynth.xml", file: "csynth.xml")
    }
  }

  @Test(arguments: [
    ("top_cosim.rpt", ""), ("top_cosim.rpt", "|  Verilog|"), ("u.rpt", "Utilization Design Information"),
    ("t.rpt", "Design Timing Summary\n WNS(ns)\n"),
  ])
  func `a broken text report is refused`(name: String, text: String) {
    #expect(throws: Diagnostic.self) { try ToolReport.read(Array(text.utf8), name: name, file: name) }
  }

  @Test func `other files are none of ours`() throws {
    #expect(try ToolReport.read(Array("power".utf8), name: "power.rpt", file: "power.rpt") == nil)
    #expect(try ToolReport.read([], name: "notes.txt", file: "notes.txt") == nil)
  }
}
