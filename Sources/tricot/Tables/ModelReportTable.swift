import Basics
import TricotCompiler

/// What `tricot report` prints of models for people: the head of their pages.
enum ModelReportTable {
  static func text(_ reports: [ModelReport], names: [String], page: String?) -> String {
    var table = TextTable([
      ("model", .left), ("cycles", .right), ("ns", .right), ("interval", .right), ("LUT", .right), ("FF", .right),
      ("DSP", .right), ("BRAM36", .right), ("LUT of an SLR", .right), ("same choice", .right),
    ])
    for (name, report) in zip(names, reports) {
      let estimation = report.estimation
      let resources = estimation.resources
      table.add(
        [
          name, NumberText.count(estimation.latencyCycles), NumberText.short(estimation.latencyNs),
          NumberText.count(estimation.initiationInterval),
        ] + [resources.lut, resources.ff, resources.dsp, resources.bram36].map(NumberText.count) + [
          NumberText.percent(report.device.regionUtilization.lut),
          (report.comparison?.accuracy?.sameChoice).map { NumberText.percent($0 * 100) } ?? "",
        ]
      )
    }
    return table.text() + (page.map { "\n\n\($0)" } ?? "")
  }
}
