import TricotCompiler

/// What `tricot optimize` prints for people.
enum OptimizationTable {
  static func text(_ report: OptimizationReport) -> String {
    var facts = FactList()
    facts.add(
      "events",
      "\(NumberText.count(report.fittedEvents)) fitted, \(NumberText.count(report.heldOutEvents)) held out: all losses are theirs"
    )
    if let accuracy = report.floatAccuracy { facts.add("float", "accuracy \(percent(accuracy))") }
    facts.add("wanted", wish(report.goal))
    if !report.isComplete { facts.add("search", "not complete: call again to go on") }
    var parts = [facts.text(), points(report, report.points).text()]
    if !report.uniform.isEmpty { parts.append("The same bits everywhere:\n" + uniform(report).text()) }
    if !report.inputs.isEmpty && report.inputs.count <= Self.mostInputs { parts.append(inputs(report).text()) }
    if let removals = removals(report) { parts.append(removals) }
    return (parts + [verdict(report)]).joined(separator: "\n\n")
  }

  /// Longer tables are for machines.
  private static let mostInputs = 64

  private static func inputs(_ report: OptimizationReport) -> TextTable {
    let isJudged = report.inputs.contains { $0.removalKl != nil }
    var columns: [(title: String, alignment: TextTable.Alignment)] = [
      ("input", .right), ("bits", .right), ("LSB", .right), ("from", .right), ("to", .right), ("clamped %", .right),
    ]
    if isJudged { columns += [("KL without", .right), ("loss without %", .right)] }
    var table = TextTable(columns)
    for input in report.inputs {
      let isUsed = input.bits ?? 0 > 0
      var cells = ["\(input.input)", isUsed ? "\(input.bits ?? 0)" : "-"]
      cells += [input.step, input.lower, input.upper].map { value in
        isUsed ? value.map(NumberText.short) ?? "" : ""
      }
      cells.append(isUsed ? input.saturated.map { NumberText.decimal($0 * 100, 2) } ?? "" : "")
      if isJudged {
        cells += [
          input.removalKl.map { NumberText.decimal($0, 4) } ?? "",
          input.removalLoss.map { NumberText.decimal($0 * 100, 2) } ?? "",
        ]
      }
      table.add(cells)
    }
    return table
  }

  /// How many inputs could go, and at what loss.
  private static func removals(_ report: OptimizationReport) -> String? {
    guard !report.removals.isEmpty else { return nil }
    let steps = report.removals.prefix(8).map { "\($0.input) (\(NumberText.decimal($0.loss * 100, 2)) %)" }
    return "Without more and more inputs, the least useful first, the float model loses: "
      + steps.joined(separator: ", ")
  }

  private static func percent(_ value: Double) -> String { NumberText.decimal(value * 100, 2) + " %" }

  private static func withError(_ value: Double, _ error: Double?) -> String {
    NumberText.decimal(value * 100, 2) + " ± " + NumberText.decimal((error ?? 0) * 100, 2)
  }

  private static func wish(_ goal: OptimizationReport.Goal) -> String {
    var parts: [String] = []
    if let lut = goal.lut { parts.append("at most \(NumberText.count(lut)) LUT") }
    if let ff = goal.ff { parts.append("at most \(NumberText.count(ff)) FF") }
    if let dsp = goal.dsp { parts.append("at most \(NumberText.count(dsp)) DSP") }
    if let cycles = goal.latencyCycles { parts.append("at most \(cycles) cycles") }
    if let time = goal.latencyNs { parts.append("at most \(NumberText.short(time)) ns") }
    if let loss = goal.loss { parts.append("a loss of at most \(percent(loss))") }
    if let kl = goal.kl { parts.append("a divergence of at most \(NumberText.short(kl))") }
    if let agreement = goal.agreement { parts.append("an agreement of at least \(percent(agreement))") }
    return parts.joined(separator: ", ")
  }

  private static func points(_ report: OptimizationReport, _ points: [OptimizationReport.Point]) -> TextTable {
    let hasLabels = points.contains { $0.accuracy != nil }
    let hasAgreement = points.contains { $0.agreement != nil }
    let hasCounts = points.contains { $0.yosysLut != nil }
    var columns: [(title: String, alignment: TextTable.Alignment)] = [
      ("", .left), ("point", .left), ("adder bits", .right), ("LUT", .right),
    ]
    if hasCounts { columns.append(("yosys", .right)) }
    let hasBlocks = points.contains { $0.dsp > 0 }
    columns.append(("FF", .right))
    if hasBlocks { columns.append(("DSP", .right)) }
    columns += [("latency", .right), ("KL", .right)]
    if hasAgreement { columns.append(("agreement %", .right)) }
    columns.append(("expected loss %", .right))
    if hasLabels { columns += [("accuracy %", .right), ("lost %", .right), ("AUC", .right)] }
    var table = TextTable(columns)
    for point in points {
      var cells = [
        point.chosen ? ">" : point.isOnFront ? "" : "-", point.model,
        NumberText.count(point.adderBits),
        NumberText.count(point.lut),
      ]
      if hasCounts { cells.append(point.yosysLut.map(NumberText.count) ?? "") }
      cells.append(NumberText.count(point.ff))
      if hasBlocks { cells.append(NumberText.count(point.dsp)) }
      cells += [
        "\(point.latencyCycles) = \(NumberText.short(point.latencyNs)) ns",
        NumberText.decimal(point.kl, 4),
      ]
      if hasAgreement { cells.append(point.agreement.map { NumberText.decimal($0 * 100, 2) } ?? "") }
      cells.append(withError(point.predictedLoss, point.predictedLossError))
      if hasLabels {
        cells += [
          point.accuracy.map { NumberText.decimal($0 * 100, 2) } ?? "",
          point.accuracyLoss.map { withError($0, point.accuracyLossError) } ?? "",
          point.auc.map { NumberText.decimal($0, 4) } ?? "",
        ]
      }
      table.add(cells)
    }
    return table
  }

  private static func uniform(_ report: OptimizationReport) -> TextTable {
    var table = TextTable([
      ("weight bits", .right), ("others", .right), ("adder bits", .right), ("LUT", .right), ("latency", .right),
      ("KL", .right), ("expected loss %", .right), ("LUT of the curve", .right),
    ])
    for choice in report.uniform {
      table.add([
        "\(choice.weightBits)", "\(choice.activationBits)", NumberText.count(choice.adderBits),
        NumberText.count(choice.lut), "\(choice.latencyCycles)", NumberText.decimal(choice.kl, 4),
        NumberText.decimal(choice.predictedLoss * 100, 2),
        choice.lutRatio.map { "1/" + NumberText.decimal($0, 1) } ?? "",
      ])
    }
    return table
  }

  private static func verdict(_ report: OptimizationReport) -> String {
    guard let chosen = report.points.first(where: \.chosen) else { return "No point was found." }
    return report.isMet
      ? "Chosen (>): \(chosen.model)."
      : "No point keeps the limits; the nearest (>) is \(chosen.model)."
  }
}
