import TricotCompiler

/// What `tricot table` prints for people.
enum AddressTableText {
  static func text(_ report: TableReport) -> String {
    var blocks = [facts(report).text(), fields(report.coverage).text()]
    if let resolution = report.resolution {
      blocks += [errors(resolution).text(), bins(resolution).text()]
      if resolution.modelInputs == "derived" {
        blocks.append("the model's inputs are derived from the specification, without edges, clamps and lost bits")
      }
    }
    return blocks.joined(separator: "\n\n")
  }

  private static func facts(_ report: TableReport) -> FactList {
    var facts = FactList()
    let (occupancy, coverage) = (report.occupancy, report.coverage)
    facts.add(
      "table",
      "\(NumberText.count(report.words)) words of \(report.wordBits) bits"
        + (report.banks == 1 ? "" : ", \(report.banks) banks")
    )
    if report.resumed > 0 { facts.add("resumed", "\(NumberText.count(report.resumed)) words were there") }
    facts.add("evaluation", NumberText.duration(report.seconds))
    facts.add(
      "words",
      "\(NumberText.count(occupancy.distinct)) different of \(NumberText.count(occupancy.possible)) possible, from "
        + "\(occupancy.leastWord) to \(occupancy.greatestWord); least at \(share(occupancy.atMinimum, report.words)), "
        + "greatest at \(share(occupancy.atMaximum, report.words)) of the addresses"
    )
    facts.add("occupancy", occupancy.histogram.map { percent($0, report.words) }.joined(separator: " ") + " %")
    facts.add(
      "reachable",
      "\(coverage.reachableIsExact ? "" : "at most ")\(NumberText.count(coverage.reachable)) addresses "
        + "(\(share(coverage.reachable, report.words)))"
    )
    if let events = coverage.events, let hit = coverage.addressesHit {
      let most = coverage.mostEvents ?? 0
      facts.add(
        "events",
        "\(NumberText.count(events)) lead to \(NumberText.count(hit)) addresses, \(NumberText.count(most)) of them to one; "
          + "\(NumberText.count(coverage.saturatedFeatures ?? 0)) features beyond their bits"
      )
    }
    facts.add(
      "encoder",
      "\(report.encoder.latencyCycles) cycles, \(CompilationTable.resources(report.encoder.resources))"
    )
    if let verification = report.encoder.verification { facts.add("verilator", text(verification)) }
    facts.add("sha256", report.sha256.joined(separator: " "))
    return facts
  }

  private static func text(_ verification: TableReport.Verification) -> String {
    let events = "\(NumberText.count(verification.events)) events"
    guard let first = verification.differences.first else { return "\(events), all addresses equal" }
    return "\(NumberText.count(verification.mismatches)) of \(events) DIFFER, first for the features "
      + "\(first.features): \(first.found) instead of \(first.expected)"
  }

  private static func fields(_ coverage: TableReport.Coverage) -> TextTable {
    var columns: [(String, TextTable.Alignment)] = [
      ("field", .left), ("bits", .left), ("coding", .left), ("features", .left), ("codes", .right),
      ("possible", .right),
    ]
    if coverage.events != nil { columns.append(("in events", .right)) }
    var table = TextTable(columns)
    for field in coverage.fields {
      table.add(
        [
          field.name, field.bits == 1 ? "\(field.lsb)" : "\(field.lsb + field.bits - 1):\(field.lsb)", field.coding,
          field.features.map(String.init).joined(separator: ", "), NumberText.count(1 << field.bits),
          NumberText.count(field.codes),
        ] + [field.codesHit].compactMap { $0.map(NumberText.count) }
      )
    }
    return table
  }

  private static func errors(_ resolution: TableReport.Resolution) -> TextTable {
    var table = TextTable([
      ("error", .left), ("of", .left), ("bias", .right), ("rms", .right), ("largest", .right), ("2.5 %", .right),
      ("16 %", .right), ("median", .right), ("84 %", .right), ("97.5 %", .right),
    ])
    let rows: [(String, String, TableReport.Errors?)] = [
      ("table - model", "score", resolution.score), ("", "value", resolution.value),
      ("table - truth", "score", resolution.scoreAgainstTruth), ("", "value", resolution.valueAgainstTruth),
      ("model - truth", "score", resolution.modelAgainstTruth),
    ]
    for case (let name, let of, let errors?) in rows {
      table.add([name, of] + ([errors.bias, errors.rms, errors.largest] + errors.quantiles).map(NumberText.short))
    }
    return table
  }

  private static func bins(_ resolution: TableReport.Resolution) -> TextTable {
    let hasTruth = resolution.scoreAgainstTruth != nil
    var columns: [(String, TextTable.Alignment)] = [
      (hasTruth ? "true score" : "model's score", .left), ("events", .right), ("bias", .right), ("rms", .right),
    ]
    if hasTruth { columns += [("bias to truth", .right), ("rms to truth", .right)] }
    var table = TextTable(columns)
    for bin in resolution.bins {
      table.add(
        [
          "\(NumberText.short(bin.lower)) … \(NumberText.short(bin.upper))", NumberText.count(bin.againstModel.events),
          NumberText.short(bin.againstModel.bias), NumberText.short(bin.againstModel.rms),
        ] + (bin.againstTruth.map { [NumberText.short($0.bias), NumberText.short($0.rms)] } ?? [])
      )
    }
    return table
  }

  private static func percent(_ part: Int, _ all: Int) -> String {
    NumberText.decimal(100 * Double(part) / Double(max(all, 1)), 1)
  }

  private static func share(_ part: Int, _ all: Int) -> String {
    NumberText.percent(100 * Double(part) / Double(max(all, 1)))
  }
}
