import TricotCompiler

/// What `tricot compile` prints for people.
enum CompilationTable {
  static func text(_ report: CompilationReport) -> String {
    var facts = FactList()
    facts.add("project", "\(report.output) (\(report.files.count) files, top module \(report.top))")
    facts.add("part", report.part)
    facts.add(
      "clock",
      "\(NumberText.short(report.clockPeriodNs)) ns, longest path \(NumberText.decimal(report.worstStageNs, 2)) ns"
    )
    facts.add("latency", latency(report.latencyCycles, period: report.clockPeriodNs))
    facts.add("interval", report.initiationInterval == 1 ? "1 cycle" : "\(report.initiationInterval) cycles")
    facts.add("resources", resources(report.resources) + " (estimated)")
    return ([facts.text()] + [report.pruning].compactMap { $0.map(PruningTable.text) }).joined(separator: "\n\n")
  }

  static func latency(_ cycles: Int, period: Double) -> String {
    "\(cycles) cycle\(cycles == 1 ? "" : "s"), \(NumberText.decimal(Double(cycles) * period, 1)) ns"
  }

  static func resources(_ resources: ResourceReport) -> String {
    [("LUT", resources.lut), ("FF", resources.ff), ("DSP", resources.dsp), ("BRAM36", resources.bram36)]
      .map { "\(NumberText.count($1)) \($0)" }.joined(separator: ", ")
  }
}
