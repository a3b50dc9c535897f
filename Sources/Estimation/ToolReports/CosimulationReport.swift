import Diagnostics

/// `*_cosim.rpt`: a table with a line for each hardware language, of which one or two ran.
enum CosimulationReport {
  static func read(_ text: String, file: String) throws -> ToolReport {
    let rows = text.split(separator: "\n").compactMap(cells(of:)).filter { $0.count >= 8 }
    let languages = rows.filter { ["VHDL", "Verilog"].contains($0[0]) }
    guard !languages.isEmpty else {
      throw Diagnostic.error(
        "bad-report",
        "the co-simulation report has no line for Verilog or VHDL",
        at: Origin(file: file),
        hint: "run the co-simulation again"
      )
    }
    var report = ToolReport(kind: .cosimulation)
    guard let row = languages.first(where: { $0[1] != "NA" }) else { return report }
    report.status = row[1]
    report.latency = range(row[2], row[4])
    report.interval = range(row[5], row[7])
    return report
  }

  private static func range(_ low: String, _ high: String) -> ClosedRange<Int>? {
    guard let low = Int(low), let high = Int(high), low <= high else { return nil }
    return low...high
  }
}
