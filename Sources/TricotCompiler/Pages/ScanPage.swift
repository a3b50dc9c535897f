import Basics
import FoundationEssentials
import Pictures

/// A scan as a page: what is lost against what is spent, and the table of all points.
struct ScanPage {
  let report: ScanReport

  init(_ report: ScanReport) { self.report = report }

  var html: String {
    get throws {
      let sections = [fronts, points].compactMap { $0 }
      let failed = report.points.count { $0.failure != nil }
      let body = """
        \(PageText.header(report.scan, "\(PageText.count(report.points.count)) points, \(PageText.count(failed)) failed"))
        \(PageText.contents(sections))
        <main>
        \(sections.map(\.text).joined(separator: "\n"))
        </main>
        <footer>Tricot \(Markup.escaped(TricotVersion.current)). LUT, FF and paths are estimates before any tool, latency and \
        interval are exact.</footer>
        """
      let data = String(decoding: try ReportCoding.encoder.encode(report), as: UTF8.self)
      return try PageText.page(title: report.scan, body: body, data: data)
    }
  }

  /// A point in words.
  private func words(_ point: ScanReport.Point) -> String {
    let choices = zip(report.options, point.values).filter { !$1.isEmpty }.map { "\($0) \($1)" }
    return ([point.model] + choices).joined(separator: ", ")
  }

  private var models: [String] {
    report.points.map(\.model).reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
  }

  private var fronts: PageSection? {
    guard report.points.contains(where: { $0.quality != nil && $0.estimate != nil }) else { return nil }
    let figures = [
      figure("LUT", "LUT (estimate)", .logarithmic, isFront: \.isOnLutFront) { Double($0.lut) },
      figure("latency", "latency [ns]", .linear, isFront: \.isOnLatencyFront) { $0.latencyNs },
    ]
    let pictures = "<div class=\"pictures\">\(figures.joined(separator: "\n"))</div>"
    return PageSection(id: "fronts", title: "What quality costs", html: pictures)
  }

  private func figure(
    _ title: String,
    _ axis: String,
    _ kind: Scale.Kind,
    isFront: KeyPath<ScanReport.Point, Bool>,
    size: (ScanReport.Estimate) -> Double
  ) -> String {
    func place(_ point: ScanReport.Point) -> (x: Double, y: Double)? {
      guard let estimate = point.estimate, let quality = point.quality, size(estimate) > 0 else { return nil }
      return (size(estimate), quality * 100)
    }
    var series = models.enumerated().map { index, model in
      let own = report.points.filter { $0.model == model && place($0) != nil }
      return PlotChart.Series(
        name: model,
        points: own.compactMap(place),
        style: .marks,
        titles: own.map { "\(words($0)): \(describe($0))" },
        ink: .series(index)
      )
    }
    // Several points may stand at one place.
    let front = report.points.filter { $0[keyPath: isFront] }.compactMap(place).sorted { $0 < $1 }
    var steps: [(x: Double, y: Double)] = []
    for point in front {
      if let last = steps.last { steps.append((point.x, last.y)) }
      steps.append(point)
    }
    series.append(.init(name: "front", points: steps, style: .dashed, ink: .text))
    var chart = PlotChart(series, x: axis, y: "\(report.quality) [%]")
    chart.kinds.x = kind
    return PageText.figure(
      "\(report.quality) against \(title)",
      chart.svg(label: "\(report.quality) over \(title), a mark for each point"),
      note: "No other point is both better and smaller than one on the front. Point at a mark for its options."
    )
  }

  private func describe(_ point: ScanReport.Point) -> String {
    guard let estimate = point.estimate else { return "" }
    return "\(NumberText.count(estimate.lut)) LUT, \(NumberText.short(estimate.latencyNs)) ns"
      + (point.quality.map { ", \(NumberText.decimal($0 * 100, 2)) %" } ?? "")
  }

  private var points: PageSection {
    let hasYosys = report.points.contains { $0.yosysLut != nil }
    let hasAccuracy = report.points.contains { $0.accuracy != nil }
    let isOneModel = models.count == 1
    var columns: [(String, PageTable.Alignment)] = isOneModel ? [] : [("model", .words)]
    columns += report.options.map { ($0.replacing("_", with: " "), .number) }
    columns += hasAccuracy ? [("accuracy %", .number), ("area", .number)] : []
    columns += [("agreement %", .number), ("mean difference", .number), ("LUT", .number)]
    columns += hasYosys ? [("LUT, yosys", .number)] : []
    columns += [
      ("FF", .number), ("DSP", .number), ("BRAM36", .number), ("cycles", .number), ("ns", .number),
      ("interval", .number),
      ("front", .words),
    ]
    var table = PageTable(columns)
    var failures = PageTable([("point", .words), ("why", .long)])
    func percent(_ share: Double?) -> String { share.map { NumberText.decimal($0 * 100, 2) } ?? "" }
    for point in report.points {
      guard let estimate = point.estimate else {
        failures.add([words(point), point.failure ?? ""])
        continue
      }
      var cells = (isOneModel ? [] : [point.model]) + point.values
      cells += hasAccuracy ? [percent(point.accuracy), point.area.map { NumberText.decimal($0, 4) } ?? ""] : []
      cells += [
        percent(point.agreement), point.meanDifference.map(NumberText.short) ?? "", NumberText.count(estimate.lut),
      ]
      cells += hasYosys ? [point.yosysLut.map(NumberText.count) ?? ""] : []
      cells += [estimate.ff, estimate.dsp, estimate.bram36, estimate.latencyCycles].map(NumberText.count)
      cells += [NumberText.short(estimate.latencyNs), NumberText.count(estimate.initiationInterval)]
      let fronts = [point.isOnLutFront ? "LUT" : "", point.isOnLatencyFront ? "latency" : ""]
      cells.append(fronts.filter { !$0.isEmpty }.joined(separator: ", "))
      table.add(cells)
    }
    var html = table.html
    if !failures.isEmpty { html += "<h3>Points that cannot be built</h3>" + failures.html }
    return PageSection(id: "points", title: "Points", html: html)
  }
}
