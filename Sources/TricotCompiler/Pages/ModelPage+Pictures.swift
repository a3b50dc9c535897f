import Basics
import Pictures

/// What is drawn of a model.
extension ModelPage {
  /// LUT and FF of the layers, those that take something.
  var pictureOfResources: String {
    let layers = estimation.layers.filter { $0.resources.lut > 0 || $0.resources.ff > 0 }
    guard !layers.isEmpty else { return "" }
    let shown = Array(layers.prefix(Self.mostRows))
    var series = [
      ("LUT", shown.map { Double($0.resources.lut) }), ("FF", shown.map { Double($0.resources.ff) }),
    ]
    if shown.contains(where: { $0.resources.dsp > 0 }) {
      series.append(("DSP", shown.map { Double($0.resources.dsp) }))
    }
    let chart = BarChart(names: shown.map(\.name), series: series, title: "estimate")
    return PageText.figure(
      "LUT and FF by layer",
      chart.svg(label: "Bars of LUT and FF for each layer"),
      note: more(layers.count, shown.count)
    )
  }

  /// Pipelines over their layers.
  var picturesOfStages: [String] {
    let drawn = report.pipelines.filter { !$0.stageNs.isEmpty }.prefix(Self.mostPipelines)
    let period = estimation.clockPeriodNs
    return drawn.map { pipeline in
      let worst = pipeline.stageNs.max() ?? 0
      let layers = pipeline.layers.prefix(Self.mostRows).map {
        (name: $0.name, stages: min($0.firstStage, $0.lastStage)...$0.lastStage)
      }
      let times = pipeline.instances > 1 ? ", \(pipeline.instances) instances" : ""
      return PageText.figure(
        "\(pipeline.name): \(pipeline.stageNs.count) stage\(pipeline.stageNs.count == 1 ? "" : "s")\(times)",
        PipelineChart(layers: layers, paths: pipeline.stageNs, period: period)
          .svg(label: "Stages of \(pipeline.name) over its layers"),
        note: "Least slack \(NumberText.decimal(period - worst, 2)) ns of \(NumberText.short(period)) ns (estimate)."
      )
    }
  }

  /// Where there are several: how long each takes.
  var tableOfPipelines: String {
    guard report.pipelines.count > 1 else { return "" }
    let period = estimation.clockPeriodNs
    var table = PageTable([
      ("pipeline", .words), ("instances", .number), ("stages", .number), ("longest path ns", .number),
      ("slack ns", .number),
    ])
    for pipeline in report.pipelines {
      let worst = pipeline.stageNs.max() ?? 0
      table.add([
        pipeline.name, PageText.count(pipeline.instances), PageText.count(pipeline.stageNs.count),
        NumberText.decimal(worst, 2), NumberText.decimal(period - worst, 2),
      ])
    }
    return "<h3>Pipelines</h3>" + table.html
  }

  private static let mostPipelines = 12

  var profiles: PageSection? {
    let kinds: [(title: String, note: String, isValues: Bool, series: Int)] = [
      (
        "Weights",
        "Whiskers: least and greatest magnitude that is not zero; box: the middle half; line: the median. "
          + "Grey: the bits that hold them.", false, 1
      ),
      (
        "Values",
        "Of typical events, the float model's where it is known. What stands left of the grey bits is rounded "
          + "away, what stands right of them overflows.", true, 0
      ),
    ]
    let figures = kinds.compactMap { kind -> String? in
      let own = report.profiles.filter { ($0.role == "values") == kind.isValues && $0.count > 0 }
      guard !own.isEmpty else { return nil }
      let shown = own.prefix(Self.mostRows)
      let rows = shown.map { profile in
        ProfileChart.Row(
          name: kind.isValues ? profile.layer : "\(profile.layer) \(profile.role)",
          magnitudes: profile.magnitudes,
          bits: profile.bits,
          type: profile.type
        )
      }
      return PageText.figure(
        kind.title,
        ProfileChart(rows, series: kind.series).svg(label: "\(kind.title) against the bits of their types"),
        note: kind.note + more(own.count, shown.count)
      )
    }
    guard !figures.isEmpty else { return nil }
    var table = PageTable([
      ("layer", .words), ("numbers", .words), ("of", .words), ("count", .number), ("zeros", .number),
      ("least", .number),
      ("median", .number), ("greatest", .number), ("type", .words), ("bits", .words),
    ])
    for profile in report.profiles {
      let sizes = profile.magnitudes ?? []
      func size(_ index: Int) -> String { index < sizes.count ? NumberText.short(sizes[index]) : "" }
      let bits =
        profile.bits.map { "\(Scale.powerOfTwo($0.upperBound - 1)) … \(Scale.powerOfTwo($0.lowerBound))" } ?? ""
      table.add([
        profile.layer, profile.role, profile.source, PageText.count(profile.count), PageText.count(profile.zeros),
        size(0), size(2), size(4), profile.type, bits,
      ])
    }
    let html = "<div class=\"pictures\">\(figures.joined(separator: "\n"))</div>" + table.html
    return PageSection(id: "profiles", title: "Numbers against the bits of their types", html: html)
  }

  var comparison: PageSection? {
    guard let comparison = report.comparison else { return nil }
    var figures: [String] = []
    let scale = comparison.layers.filter { $0.rmsValue > 0 }.prefix(Self.mostRows)
    if !scale.isEmpty {
      let chart = BarChart(
        names: scale.map(\.layer),
        series: [("rms error", scale.map { $0.rmsError / $0.rmsValue * 100 })],
        title: "rms error, percent of the rms value",
        decimals: true
      )
      figures.append(PageText.figure("Error by layer", chart.svg(label: "Bars of each layer's error")))
    }
    if !comparison.outputs.isEmpty {
      let series = comparison.outputs.enumerated().map { index, output in
        let look = Self.look(of: index, among: comparison.outputs.count, output.name)
        return PlotChart.Series(
          name: look.name,
          points: zip(output.float, output.fixed).map { ($0, $1) },
          style: .dots,
          ink: look.ink
        )
      }
      var chart = PlotChart(series, x: "float", y: "fixed")
      chart.hasDiagonal = true
      let few = comparison.outputs[0].float.count
      figures.append(
        PageText.figure(
          "Float against fixed",
          chart.svg(label: "Scatter of float and fixed outputs"),
          note: "Outputs of \(PageText.count(few)) events; on the dashed line both are equal."
        )
      )
    }
    var table = PageTable([
      ("layer", .words), ("mean error", .number), ("rms error", .number), ("largest error", .number),
      ("rms value", .number),
    ])
    for layer in comparison.layers {
      table.add(
        [layer.layer] + [layer.meanError, layer.rmsError, layer.largestError, layer.rmsValue].map(NumberText.short)
      )
    }
    let html =
      "<div class=\"pictures\">\(figures.joined(separator: "\n"))</div>" + table.html
      + PageText.paragraph("On \(PageText.count(comparison.events)) events.", isQuiet: true)
    return PageSection(id: "comparison", title: "Float against fixed point", html: html)
  }

  /// A colour of its own for as many as there are; the last one is shared by the others.
  private static func look(of index: Int, among count: Int, _ name: String) -> (name: String, ink: Picture.Ink) {
    let isShared = count > Picture.seriesCount && index >= Picture.seriesCount - 1
    return isShared ? ("others", .series(Picture.seriesCount - 1)) : (name, .series(index))
  }

  var efficiency: PageSection? {
    guard let efficiency = report.efficiency else { return nil }
    var series: [PlotChart.Series] = []
    for (index, entry) in efficiency.classes.enumerated() {
      let look = Self.look(of: index, among: efficiency.classes.count, entry.name)
      series.append(.init(name: look.name, points: Self.points(entry.fixed), style: .curve, ink: look.ink))
      if let float = entry.float {
        series.append(.init(name: "\(look.name), float", points: Self.points(float), style: .dashed, ink: look.ink))
      }
    }
    var chart = PlotChart(series, x: "signal efficiency", y: "background efficiency")
    chart.kinds.y = .logarithmic
    chart.height = 460
    let hasFloat = efficiency.classes.contains { $0.float != nil }
    let figure = PageText.figure(
      "Background against signal efficiency",
      chart.svg(label: "Background efficiency over signal efficiency, a curve for each class"),
      note: "Each class against all others." + (hasFloat ? " Dashed: the float model." : "")
    )
    var columns: [(String, PageTable.Alignment)] = [("class", .words), ("events", .number), ("area", .number)]
    if hasFloat { columns.append(("area of float", .number)) }
    var table = PageTable(columns)
    for entry in efficiency.classes {
      let float = hasFloat ? [entry.floatArea.map { NumberText.decimal($0, 4) } ?? ""] : []
      table.add([entry.name, PageText.count(entry.events), NumberText.decimal(entry.area, 4)] + float)
    }
    return PageSection(
      id: "efficiency",
      title: "Efficiency",
      html: "<div class=\"pictures\">\(figure)<div>\(table.html)</div></div>"
    )
  }

  /// On a logarithmic axis there is no 0.
  private static func points(_ curve: EfficiencyReport.Curve) -> [(x: Double, y: Double)] {
    zip(curve.signal, curve.background).filter { $1 > 0 }.map { ($0, $1) }
  }

  var network: PageSection? {
    guard !report.network.isEmpty, report.network.count <= Self.mostBoxes else { return nil }
    let boxes = report.network.map { NetworkChart.Box(name: $0.name, kind: $0.kind, type: $0.type, inputs: $0.inputs) }
    return PageSection(
      id: "network",
      title: "Network",
      html: PageText.figure(
        "Layers and the types between them",
        NetworkChart(boxes).svg(label: "The network's layers from top to bottom")
      )
    )
  }

  private static let mostBoxes = 200

  private func more(_ count: Int, _ shown: Int) -> String {
    count > shown ? " The first \(shown) of \(count); the others stand in the table." : ""
  }
}

extension ModelReport.ValueProfile {
  /// From the last bit to behind the first, as exponents of two.
  var bits: ClosedRange<Int>? {
    guard let lowestBit, let highestBit, highestBit >= lowestBit else { return nil }
    return lowestBit...highestBit + 1
  }
}
