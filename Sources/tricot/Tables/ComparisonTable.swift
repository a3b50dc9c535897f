import TricotCompiler

/// What `tricot compare` prints for people.
enum ComparisonTable {
  static func text(_ report: ComparisonReport) -> String {
    var facts = FactList()
    facts.add("samples", NumberText.count(report.samples))
    if let first = report.layers.first(where: { $0.differing > 0 }) {
      facts.add("first difference", "'\(first.name)': \(describe(first))")
    } else {
      facts.add("first difference", "none beyond rounding")
    }
    if !report.unknown.isEmpty { facts.add("not in the model", report.unknown.joined(separator: ", ")) }
    var table = TextTable([
      ("layer", .left), ("numbers", .right), ("largest difference", .right), ("rounding", .right),
      ("differing", .right),
    ])
    for layer in report.layers {
      table.add([
        layer.isOutput ? "\(layer.name) (output)" : layer.name, NumberText.count(layer.elements),
        NumberText.short(layer.largestDifference), NumberText.short(layer.allowance), NumberText.count(layer.differing),
      ])
    }
    return facts.text() + "\n\n" + table.text()
  }

  private static func describe(_ layer: ComparisonReport.Layer) -> String {
    "\(NumberText.short(layer.found)) where the reference has \(NumberText.short(layer.reference)) "
      + "(event \(layer.sample), element \(layer.element)); "
      + "\(NumberText.count(layer.differing)) of \(NumberText.count(layer.elements)) numbers differ"
  }
}
