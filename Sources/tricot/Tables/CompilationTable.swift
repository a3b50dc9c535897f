import TricotCompiler

/// What `tricot compile` prints for people.
enum CompilationTable {
  static func text(_ report: CompilationReport) -> String {
    var facts = FactList()
    facts.add(
      "project",
      "\(report.output) (\(report.files.count) files, top \(report.backend == "hls" ? "function" : "module") \(report.top))"
    )
    facts.add("part", report.part)
    facts.add("clock", clock(report.clockPeriodNs, longest: report.worstStageNs, in: report.worstModule))
    if let cycles = report.latencyCycles { facts.add("latency", latency(cycles, period: report.clockPeriodNs)) }
    if let interval = report.initiationInterval {
      facts.add("interval", interval == 1 ? "1 cycle" : "\(interval) cycles")
    }
    if let resources = report.resources { facts.add("resources", self.resources(resources) + " (estimated)") }
    return ([facts.text()] + [report.pruning].compactMap { $0.map(PruningTable.text) }).joined(separator: "\n\n")
  }

  /// The period, and the longest path; where that is too long, also by how much and where it is.
  static func clock(_ period: Double, longest: Double?, in module: String?) -> String {
    guard let longest else { return "\(NumberText.short(period)) ns" }
    let excess = longest - period
    let miss = excess > 0 ? ": \(NumberText.decimal(excess, 2)) ns too long\(module.map { ", in \($0)" } ?? "")" : ""
    return "\(NumberText.short(period)) ns, longest path \(NumberText.decimal(longest, 2)) ns (estimated)\(miss)"
  }

  static func latency(_ cycles: Int, period: Double) -> String {
    "\(cycles) cycle\(cycles == 1 ? "" : "s"), \(NumberText.decimal(Double(cycles) * period, 1)) ns"
  }

  static func resources(_ resources: ResourceReport) -> String {
    [("LUT", resources.lut), ("FF", resources.ff), ("DSP", resources.dsp), ("BRAM36", resources.bram36)]
      .map { "\(NumberText.count($1)) \($0)" }.joined(separator: ", ")
  }
}
