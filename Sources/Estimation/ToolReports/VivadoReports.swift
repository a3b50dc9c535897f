import Diagnostics

/// The text reports of Vivado.
enum VivadoReports {
  static func utilization(_ text: String, file: String) throws -> ToolReport {
    var report = ToolReport(kind: .utilization)
    func amount(_ names: [String]) -> Double? {
      for line in text.split(separator: "\n") {
        guard let cells = cells(of: line), cells.count >= 2 else { continue }
        // A star points to a footnote.
        let name = cells[0].hasSuffix("*") ? String(cells[0].dropLast()) : cells[0]
        if names.contains(name), let amount = Double(cells[1]) { return amount }
      }
      return nil
    }
    func count(_ names: String...) -> Int? { amount(names).flatMap { Int(exactly: $0.rounded()) } }
    report.resources.lut = count("CLB LUTs", "Slice LUTs")
    report.resources.ff = count("CLB Registers", "Slice Registers")
    report.resources.dsp = count("DSPs", "DSP Slices")
    report.resources.bram18 = amount(["Block RAM Tile"]).flatMap { Int(exactly: ($0 * 2).rounded()) }
    report.resources.uram = count("URAM")
    guard report.resources.lut != nil else {
      throw Diagnostic.error(
        "bad-report",
        "the utilisation report has no line 'CLB LUTs' or 'Slice LUTs'",
        at: Origin(file: file),
        hint: "write it by report_utilization without options that shorten it"
      )
    }
    return report
  }

  static func timing(_ text: String, file: String) throws -> ToolReport {
    var report = ToolReport(kind: .timing)
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false).drop {
      !$0.contains("Design Timing Summary")
    }
    lines = lines.drop { !$0.contains("WNS(ns)") }
    let row = lines.dropFirst().first { line in
      let words = line.split(separator: " ")
      return words.count >= 4 && words.first.flatMap { Double($0) } != nil
    }
    guard let slack = row?.split(separator: " ").first.flatMap({ Double($0) }) else {
      throw Diagnostic.error(
        "bad-report",
        "the timing report states no worst slack below 'WNS(ns)'",
        at: Origin(file: file),
        hint: "constrain the clock before report_timing_summary"
      )
    }
    report.slack = slack
    report.status = slack < 0 ? "fails" : "met"
    return report
  }
}
