import TricotCompiler

/// What `tricot fuzz` prints for people.
enum FuzzTable {
  static func text(_ report: FuzzReport) -> String {
    var lines = [
      "seed \(report.seed): \(report.networks) networks, \(report.samples) samples each, "
        + "\(NumberText.count(report.comparedValues)) values compared in \(NumberText.duration(report.seconds))"
    ]
    lines.append(
      "by form: " + report.forms.map { "\($0.name) \(NumberText.count($0.networks))" }.joined(separator: ", ")
    )
    if !report.comparesCpp {
      lines.append("without HLS C++: no g++, or no headers of AMD's types (scripts/install-ap-types.sh)")
    }
    for failure in report.failures {
      lines.append("network \(failure.network): \(failure.against) differs in \(failure.mismatches) values")
      lines.append(failure.graph)
    }
    lines.append(report.isEqual ? "EQUAL: all forms agree with the simulator on every bit" : "DIFFERENT")
    return lines.joined(separator: "\n")
  }
}
