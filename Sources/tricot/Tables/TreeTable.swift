import TricotCompiler

/// What `tricot inspect` prints of trees.
enum TreeTable {
  static func text(_ report: TreeReport) -> String {
    var blocks = [features(report).text()]
    let precisions = [("present", report.present), ("offer", report.offer)]
    if precisions.contains(where: { $0.1 != nil }) { blocks.append(errors(precisions).text()) }
    if let offer = report.offer { blocks.append("to use the offer: \(offer.options.joined(separator: " "))") }
    return blocks.joined(separator: "\n\n")
  }

  /// Bits as `integer.fraction`, in the manner of the types: `10 = 4 + 6`.
  private static func features(_ report: TreeReport) -> TextTable {
    let isCalibrated = report.features.contains { $0.calibrated != nil }
    var columns: [(String, TextTable.Alignment)] = [
      ("feature", .right), ("splits", .right), ("thresholds", .right), ("least", .right), ("greatest", .right),
      ("bits", .left), ("all on the grid", .left), ("kept apart", .left),
    ]
    if isCalibrated { columns.append(("same branches", .left)) }
    var table = TextTable(columns)
    for feature in report.features {
      table.add(
        [
          "\(feature.feature)", NumberText.count(feature.splits), NumberText.count(feature.thresholds),
          feature.least.map(NumberText.short) ?? "", feature.greatest.map(NumberText.short) ?? "", text(feature.type),
          feature.exact.map(text) ?? "", feature.distinct.map(text) ?? "",
        ] + (isCalibrated ? [feature.calibrated.map(text) ?? ""] : [])
      )
    }
    return table
  }

  private static func text(_ bits: TreeReport.Bits) -> String {
    "\(bits.bits) = \(bits.integerBits)\(bits.fractionBits < 0 ? " - " : " + ")\(abs(bits.fractionBits))"
      + (bits.isSigned ? " signed" : "")
  }

  private static func errors(_ precisions: [(String, TreeReport.Precision?)]) -> TextTable {
    var table = TextTable([
      ("precision", .left), ("input bits", .right), ("leaf bits", .right), ("same decision", .right),
      ("rms error", .right), ("mean", .right), ("largest", .right), ("events", .right),
    ])
    for case (let name, let precision?) in precisions {
      table.add([
        name, NumberText.count(precision.widths.reduce(0, +)), "\(precision.weightBits)",
        NumberText.percent(precision.agreement * 100), NumberText.short(precision.rmsError),
        NumberText.short(precision.meanError), NumberText.short(precision.largestError),
        NumberText.count(precision.events),
      ])
    }
    return table
  }
}
