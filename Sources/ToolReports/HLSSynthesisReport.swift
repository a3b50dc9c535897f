import Diagnostics
import Foundation
import FoundationXML

/// `csynth.xml`, as Vitis HLS and Vivado HLS write it.
enum HLSSynthesisReport {
  static func read(_ bytes: [UInt8], file: String) throws -> ToolReport {
    let collector = ElementTexts()
    let parser = XMLParser(data: Data(bytes))
    parser.delegate = collector
    guard parser.parse(), collector.isWhole else {
      throw Diagnostic.error(
        "bad-report",
        "the synthesis report is no whole XML document: line \(parser.lineNumber)",
        at: Origin(file: file),
        hint: "run the synthesis again"
      )
    }
    guard collector.root == "profile" else {
      throw Diagnostic.error(
        "bad-report",
        "the document begins with <\(collector.root ?? "nothing")>, not with <profile>",
        at: Origin(file: file),
        hint: "name a folder with the reports of an HLS tool"
      )
    }
    return report(from: collector.texts)
  }

  private static func report(from texts: [String: String]) -> ToolReport {
    func text(_ path: String) -> String? { texts["profile/\(path)"] }
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

/// The text of every element by its path; the first one where a path occurs more often.
private final class ElementTexts: NSObject, XMLParserDelegate {
  private(set) var texts: [String: String] = [:]
  private(set) var root: String?
  /// Whether the root was closed.
  private(set) var isWhole = false
  private var path: [String] = []
  private var current = ""
  /// Deeper nesting is no report.
  private static let deepest = 64

  func parser(
    _ parser: XMLParser,
    didStartElement name: String,
    namespaceURI: String?,
    qualifiedName: String?,
    attributes: [String: String]
  ) {
    if root == nil { root = name }
    path.append(name)
    current = ""
    if path.count > Self.deepest { parser.abortParsing() }
  }

  func parser(_ parser: XMLParser, foundCharacters string: String) { current += string }

  func parser(_ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?) {
    let key = path.joined(separator: "/")
    let text = current.trimmingCharacters(in: .whitespacesAndNewlines)
    if texts[key] == nil, !text.isEmpty { texts[key] = text }
    current = ""
    path.removeLast()
    if path.isEmpty { isWhole = true }
  }
}
