import Rainbow
import TricotCompiler

/// What `tricot simulate` prints for people.
enum SimulationTable {
  static func text(_ report: SimulationReport) -> String {
    var facts = FactList()
    facts.add("samples", NumberText.count(report.samples))
    facts.add(
      "time",
      "\(NumberText.duration(report.seconds)) on \(report.threads) thread\(report.threads == 1 ? "" : "s"), "
        + "\(NumberText.count(Int(report.samplesPerSecond.rounded()))) samples/s"
    )
    facts.add("overflows", overflows(report.overflows))
    if let accuracy = report.accuracy { facts.add("against float", self.accuracy(accuracy)) }
    return ([facts.text()] + [report.pruning].compactMap { $0.map(PruningTable.text) }).joined(separator: "\n\n")
  }

  static func text(_ report: EvaluationReport) -> String {
    var facts = FactList()
    facts.add("samples", NumberText.count(report.samples))
    facts.add("outputs", "\(NumberText.count(report.outputs)) of the trained model, in floating point")
    facts.add("time", NumberText.duration(report.seconds))
    return facts.text()
  }

  /// The distance from the trained model in a line.
  static func accuracy(_ summary: AccuracySummary) -> String {
    var text =
      "largest difference \(NumberText.short(summary.largestDifference)), mean \(NumberText.short(summary.meanDifference))"
    if let same = summary.sameChoice { text += ", same class in \(NumberText.percent(same * 100))" }
    return text + " (\(NumberText.count(summary.samples)) samples)"
  }

  static func overflows(_ counts: [LayerOverflowCount]) -> String {
    if counts.isEmpty { return "none" }
    return counts.map { count in
      var parts: [String] = []
      if count.wraps > 0 {
        let text = "\(NumberText.count(count.wraps)) wrapped"
        parts.append(Console.outputIsTerminal ? text.red : text)
      }
      if count.saturations > 0 { parts.append("\(NumberText.count(count.saturations)) saturated") }
      return "\(count.layer): \(parts.joined(separator: ", "))"
    }.joined(separator: "; ")
  }
}
