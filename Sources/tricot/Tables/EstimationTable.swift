import TricotCompiler

/// What `tricot estimate` prints for people.
enum EstimationTable {
  static func text(_ report: EstimationReport) -> String {
    var facts = FactList()
    facts.add("part", report.part)
    facts.add(
      "clock",
      CompilationTable.clock(report.clockPeriodNs, longest: report.worstStageNs, in: report.worstModule)
    )
    facts.add("latency", CompilationTable.latency(report.latencyCycles, period: report.clockPeriodNs) + " (exact)")
    let bound = report.intervalBound.map { ", bound by \($0)" } ?? ""
    facts.add(
      "interval",
      "\(report.initiationInterval) cycle\(report.initiationInterval == 1 ? "" : "s") (exact)\(bound)"
    )
    let parts = [facts.text(), layers(report).text()] + (report.queues.map { [queues($0).text()] } ?? [])
    return parts.joined(separator: "\n\n")
  }

  private static func queues(_ queues: [EstimationReport.Queue]) -> TextTable {
    var table = TextTable([
      ("queue from", .left), ("to", .left), ("bits", .right), ("depth", .right), ("least without deadlock", .right),
    ])
    for queue in queues {
      table.add(
        [queue.from, queue.to] + [queue.bits, queue.depth, queue.leastDepth].map(NumberText.count)
      )
    }
    return table
  }

  private static func layers(_ report: EstimationReport) -> TextTable {
    var table = TextTable([
      ("layer", .left), ("kind", .left), ("LUT", .right), ("FF", .right), ("DSP", .right), ("BRAM36", .right),
      ("CARRY8", .right), ("CARRY4", .right), ("adders", .right),
    ])
    func row(_ name: String, _ kind: String, _ resources: ResourceReport, adders: String = "") -> [String] {
      [name, kind]
        + [resources.lut, resources.ff, resources.dsp, resources.bram36].map(NumberText.count)
        // yosys has no blocks of eight.
        + [resources.carry8 == 0 && resources.carry4 > 0 ? "" : NumberText.count(resources.carry8)]
        + [NumberText.count(resources.carry4)]
        + [adders]
    }
    for layer in report.layers {
      table.add(row(layer.name, layer.kind, layer.resources, adders: NumberText.count(layer.adders)))
    }
    table.addGap()
    let adders = report.layers.reduce(0) { $0 + $1.adders }
    table.add(row("total", "estimate", report.resources, adders: NumberText.count(adders)))
    table.add(
      ["", "of \(report.part)"]
        + [
          report.utilization.lut, report.utilization.ff, report.utilization.dsp, report.utilization.bram36,
        ].map(NumberText.percent)
    )
    if let synthesis = report.synthesis {
      table.add(row("", synthesis.tool, synthesis.resources))
    }
    return table
  }
}
