import TricotCompiler

/// What `tricot fuzz` prints for people.
enum FuzzTable {
  static func text(_ report: FuzzReport) -> String {
    var lines = [
      "seed \(report.seed): \(report.networks) networks, \(report.samples) samples each, "
        + "\(NumberText.count(report.comparedValues)) values compared in \(NumberText.duration(report.seconds))"
    ]
    for failure in report.failures {
      lines.append("network \(failure.network): \(failure.against) differs in \(failure.mismatches) values")
      lines.append(failure.graph)
    }
    lines.append(report.isEqual ? "EQUAL: simulator, netlist and Verilator agree on every bit" : "DIFFERENT")
    return lines.joined(separator: "\n")
  }
}
