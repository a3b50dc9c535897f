import Basics
import TricotCompiler

/// What `tricot scan` prints for people.
enum ScanTable {
  static func text(_ report: ScanReport) -> String {
    let isOneModel = Set(report.points.map(\.model)).count == 1
    let hasAccuracy = report.points.contains { $0.accuracy != nil }
    var columns: [(String, TextTable.Alignment)] = isOneModel ? [] : [("model", .left)]
    columns += report.options.map { ($0.replacing("_", with: " "), .right) }
    columns += hasAccuracy ? [("accuracy", .right)] : []
    columns += [("agreement", .right), ("LUT", .right), ("FF", .right), ("DSP", .right)]
    columns += report.points.contains { $0.yosysLut != nil } ? [("LUT, yosys", .right)] : []
    columns += [("cycles", .right), ("ns", .right), ("front", .left)]
    var table = TextTable(columns)
    func percent(_ share: Double?) -> String { share.map { NumberText.decimal($0 * 100, 2) + " %" } ?? "" }
    for point in report.points {
      guard let estimate = point.estimate else { continue }
      var cells = (isOneModel ? [] : [point.model]) + point.values
      if hasAccuracy { cells.append(percent(point.accuracy)) }
      cells += [percent(point.agreement)] + [estimate.lut, estimate.ff, estimate.dsp].map(NumberText.count)
      if report.points.contains(where: { $0.yosysLut != nil }) {
        cells.append(point.yosysLut.map(NumberText.count) ?? "")
      }
      cells += [NumberText.count(estimate.latencyCycles), NumberText.short(estimate.latencyNs)]
      cells.append(
        [point.isOnLutFront ? "LUT" : "", point.isOnLatencyFront ? "ns" : ""].filter { !$0.isEmpty }.joined(
          separator: ", "
        )
      )
      table.add(cells)
    }
    var blocks = [table.text()]
    for point in report.points {
      guard let failure = point.failure else { continue }
      let values = zip(report.options, point.values).map { "\($0) \($1)" }.joined(separator: ", ")
      blocks.append("failed: \(point.model), \(values)\n\(failure)")
    }
    return blocks.joined(separator: "\n\n")
  }
}
