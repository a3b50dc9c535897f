import TricotCompiler

/// What `tricot estimate --fit` prints for people.
enum FitTable {
  static func text(_ report: FitReport) -> String {
    var facts = FactList()
    facts.add("part", report.part)
    facts.add("interval", "at most \(NumberText.count(report.interval)) cycles")
    var table = TextTable([
      ("layer", .left), ("kind", .left), ("reuse", .right), ("interval", .right), ("LUT", .right), ("FF", .right),
      ("DSP", .right), ("BRAM36", .right), ("fits", .left),
    ])
    for layer in report.layers {
      for (index, factor) in layer.factors.enumerated() {
        let isSlow = factor.interval > report.interval
        table.add(
          (index == 0 ? [layer.name, layer.kind] : ["", ""])
            + [NumberText.count(factor.reuseFactor), NumberText.count(factor.interval)] + counts(factor.resources)
            + [factor.fits ? "yes" : isSlow ? "no: too slow" : "no: too large"]
        )
      }
    }
    guard let choice = report.choice else {
      return [facts.text(), table.text(), "No reuse factors fit \(report.part) at this interval."].joined(
        separator: "\n\n"
      )
    }
    table.addGap()
    table.add(["smallest", "", "", ""] + counts(choice.resources))
    let used = choice.utilization
    table.add(["of \(report.part)", "", "", ""] + [used.lut, used.ff, used.dsp, used.bram36].map(NumberText.percent))
    let words = zip(report.layers, choice.reuseFactors).map { "\($0.name) \($1)" }.joined(separator: ", ")
    return [facts.text(), table.text(), "Smallest with the reuse factors \(words)."].joined(separator: "\n\n")
  }

  private static func counts(_ resources: ResourceReport) -> [String] {
    [resources.lut, resources.ff, resources.dsp, resources.bram36].map(NumberText.count)
  }
}
