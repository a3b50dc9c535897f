import DataFiles
import Diagnostics
import Foundation

/// `csynth.xml`, as Vitis HLS and Vivado HLS write it.
enum HLSSynthesisReport {
  static func read(_ bytes: [UInt8], file: String) throws -> ToolReport {
    let document: XMLDocument
    do {
      document = try XMLDocument(bytes, file: file)
    } catch let problem as Diagnostic {
      throw Diagnostic.error(
        "bad-report",
        "the synthesis report is no whole XML document: \(problem.origin?.place ?? "it is empty")",
        at: Origin(file: file),
        hint: "run the synthesis again"
      )
    }
    guard document.root.name == "profile" else {
      throw Diagnostic.error(
        "bad-report",
        "the document begins with <\(document.root.name)>, not with <profile>",
        at: Origin(file: file),
        hint: "name a folder with the reports of an HLS tool"
      )
    }
    return report(from: document.root)
  }

  private static func report(from root: XMLElement) -> ToolReport {
    func text(_ path: String) -> String? {
      let element = path.split(separator: "/").reduce(Optional(root)) { $0?.child(String($1)) }
      let text = element?.text.trimmingCharacters(in: .whitespacesAndNewlines)
      return text?.isEmpty == false ? text : nil
    }
    func number(_ path: String) -> Int? { text(path).flatMap { Int($0) } }
    func range(_ low: String, _ high: String) -> ClosedRange<Int>? {
      guard let low = number(low), let high = number(high), low <= high else { return nil }
      return low...high
    }
    let overall = "PerformanceEstimates/SummaryOfOverallLatency"
    let area = "AreaEstimates/Resources"
    var report = ToolReport(kind: .highLevelSynthesis)
    report.top = text("UserAssignments/TopModelName")
    report.latency = range("\(overall)/Best-caseLatency", "\(overall)/Worst-caseLatency")
    report.interval = range("\(overall)/Interval-min", "\(overall)/Interval-max")
    report.targetPeriod = text("UserAssignments/TargetClockPeriod").flatMap { Double($0) }
    report.estimatedPeriod =
      text("PerformanceEstimates/SummaryOfTimingAnalysis/EstimatedClockPeriod").flatMap { Double($0) }
    report.resources.lut = number("\(area)/LUT")
    report.resources.ff = number("\(area)/FF")
    // Vivado HLS names the slices after their generation.
    report.resources.dsp = number("\(area)/DSP") ?? number("\(area)/DSP48E")
    report.resources.bram18 = number("\(area)/BRAM_18K")
    report.resources.uram = number("\(area)/URAM")
    return report
  }
}
