import TricotCompiler

/// What `tricot matrix` prints for people.
enum MatrixTable {
  static func text(_ report: MatrixReport) -> String {
    var facts = FactList()
    let grid = report.fractionBits == 0 ? "" : ", in steps of 2^-\(report.fractionBits)"
    facts.add("matrix", "\(report.inputs) inputs, \(report.outputs) outputs\(grid)")
    facts.add("adders", NumberText.count(report.adders))
    facts.add("bits", NumberText.count(report.bits))
    facts.add("depth", "\(report.depth) adder levels (the least possible is \(report.leastDepth))")
    facts.add("search", "\(NumberText.duration(report.seconds)), effort \(report.effort.rawValue), seed \(report.seed)")
    facts.add(
      "verified",
      report.verified ? "yes: all coefficients recomputed from the graph" : "NO: a defect of Tricot"
    )
    if let firmware = report.firmware {
      facts.add("verilog", "\(firmware.file), top module \(firmware.top)")
      facts.add("latency", CompilationTable.latency(firmware.latencyCycles, period: firmware.clockPeriodNs))
      facts.add("resources", CompilationTable.resources(firmware.resources) + " (estimated)")
    }
    return facts.text()
  }
}
