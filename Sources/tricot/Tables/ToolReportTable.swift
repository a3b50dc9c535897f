import TricotCompiler

/// What `tricot report` prints for people.
enum ToolReportTable {
  static func text(_ summary: ToolReportSummary) -> String {
    var table = TextTable([
      ("reported by", .left), ("latency", .right), ("interval", .right), ("path ns", .right), ("slack ns", .right),
      ("LUT", .right), ("FF", .right), ("DSP", .right), ("BRAM18", .right), ("URAM", .right), ("verdict", .left),
    ])
    for row in summary.rows {
      table.add([
        name(row.source), span(row.latencyCyclesMin, row.latencyCyclesMax),
        span(row.initiationIntervalMin, row.initiationIntervalMax), decimal(row.periodNs), decimal(row.slackNs),
        count(row.lut), count(row.ff), count(row.dsp), count(row.bram18), count(row.uram), row.status ?? "",
      ])
    }
    let files = summary.rows.map { "\(name($0.source)): \($0.file)" }.joined(separator: "\n")
    return table.text() + "\n\n" + files
  }

  private static func name(_ source: String) -> String {
    switch source {
    case "tricot": "Tricot, its own RTL"
    case "hls_synthesis": "HLS synthesis"
    case "cosimulation": "co-simulation"
    case "vivado_utilization": "Vivado utilisation"
    case "vivado_timing": "Vivado timing"
    default: source
    }
  }

  private static func count(_ value: Int?) -> String { value.map(NumberText.count) ?? "" }
  private static func decimal(_ value: Double?) -> String { value.map { NumberText.decimal($0, 2) } ?? "" }

  private static func span(_ low: Int?, _ high: Int?) -> String {
    guard let low, let high else { return "" }
    return low == high ? "\(low)" : "\(low)…\(high)"
  }
}
