import Rainbow
import TricotCompiler

/// What `tricot verify` prints for people.
enum VerificationTable {
  static func text(_ report: VerificationReport) -> String {
    var table = TextTable([
      ("simulator against", .left), ("samples", .right), ("mismatches", .right), ("timing", .left),
    ])
    for comparison in report.comparisons {
      table.add([
        name(comparison.against), NumberText.count(comparison.samples), NumberText.count(comparison.mismatches),
        timing(comparison),
      ])
    }
    var blocks = [table.text()]
    for comparison in report.comparisons where !comparison.differences.isEmpty {
      blocks.append(differences(comparison))
    }
    if let trace = report.trace {
      blocks.append(
        "simulator of the machine against RTL: \(NumberText.count(trace.cycles)) cycles of "
          + "\(NumberText.count(trace.signals)) values, \(NumberText.count(trace.differences)) cycles differ"
      )
      if let first = trace.firstDifference { blocks.append("first difference: \(first)") }
    }
    if let accuracy = report.accuracy { blocks.append("against float: " + SimulationTable.accuracy(accuracy)) }
    blocks.append("took " + seconds(report.seconds))
    blocks.append(verdict(report))
    return blocks.joined(separator: "\n\n")
  }

  private static func name(_ against: String) -> String {
    switch against {
    case "verilator": "RTL under Verilator"
    case "hls": "compiled HLS C++"
    case "netlist": "netlist interpreter"
    case "expected": "expected outputs"
    default: against
    }
  }

  private static func timing(_ comparison: VerificationReport.Comparison) -> String {
    guard let latency = comparison.latencyCycles, let interval = comparison.initiationInterval else { return "" }
    var text = "latency \(latency), interval \(interval)"
    if let promised = comparison.promisedLatencyCycles { text += " (promised latency \(promised))" }
    if let promised = comparison.promisedInitiationInterval { text += " (promised interval \(promised))" }
    return text
  }

  private static func differences(_ comparison: VerificationReport.Comparison) -> String {
    var table = TextTable([
      ("sample", .right), ("layer", .left), ("element", .right), ("simulator", .right),
      (name(comparison.against), .right),
    ])
    for difference in comparison.differences {
      table.add([
        "\(difference.sample)", difference.layer, "\(difference.element)", "\(difference.simulator)",
        "\(difference.other)",
      ])
    }
    let shown = comparison.differences.count
    let title = comparison.mismatches > shown ? "first \(shown) of \(comparison.mismatches) differences" : "differences"
    return "\(title) from \(name(comparison.against)):\n" + table.text()
  }

  private static func seconds(_ seconds: [String: Double]) -> String {
    seconds.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
      .filter { $0.value >= 0.01 }
      .map { "\($0.key) \(NumberText.duration($0.value))" }.joined(separator: ", ")
  }

  private static func verdict(_ report: VerificationReport) -> String {
    let text = report.isEqual ? "EQUAL: every bit of every sample" : "DIFFERENT"
    guard Console.outputIsTerminal else { return text }
    return report.isEqual ? text.green.bold : text.red.bold
  }
}
