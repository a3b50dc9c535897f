import Basics
import Pictures

/// Models side by side.
struct ComparisonPage {
  let pages: [ModelPage]
  let names: [String]

  var body: String {
    let sections = [summary, layers] + sides
    return """
      \(PageText.header(names.joined(separator: " and "), "Side by side; the last column compares with the first."))
      \(PageText.contents(sections))
      <main>
      \(sections.map(\.text).joined(separator: "\n"))
      </main>
      \(pages[0].footer)
      """
  }

  private func name(_ index: Int) -> String { index < names.count ? names[index] : "\(index + 1)" }

  private var summary: PageSection {
    typealias Row = (name: String, value: (ModelReport) -> Double?, places: Int, isRatio: Bool)
    let rows: [Row] = [
      ("latency [cycles], exact", { Double($0.estimation.latencyCycles) }, 0, true),
      ("latency [ns], exact", { $0.estimation.latencyNs }, 2, true),
      ("interval [cycles], exact", { Double($0.estimation.initiationInterval) }, 0, true),
      ("clock period [ns]", { $0.estimation.clockPeriodNs }, 2, true),
      ("longest path [ns], estimate", { $0.estimation.worstStageNs }, 2, true),
      ("LUT, estimate", { Double($0.estimation.resources.lut) }, 0, true),
      ("FF, estimate", { Double($0.estimation.resources.ff) }, 0, true),
      ("DSP, estimate", { Double($0.estimation.resources.dsp) }, 0, true),
      ("BRAM36, estimate", { Double($0.estimation.resources.bram36) }, 0, true),
      ("LUT, yosys", { ($0.estimation.synthesis?.resources.lut).map(Double.init) }, 0, true),
      ("FF, yosys", { ($0.estimation.synthesis?.resources.ff).map(Double.init) }, 0, true),
      ("adder bits", { Double($0.estimation.layers.reduce(0) { $0 + $1.adderBits }) }, 0, true),
      ("parameters", { Double($0.inspection.parameters) }, 0, true),
      (
        "parameters that are not zero", { Double($0.inspection.layers.reduce(0) { $0 + $1.nonzeroParameters }) }, 0,
        true
      ),
      ("same choice as float [%]", { ($0.comparison?.accuracy?.sameChoice).map { $0 * 100 } }, 2, false),
      ("mean difference from float", { $0.comparison?.accuracy?.meanDifference }, 5, false),
      ("accuracy [%]", { ($0.efficiency?.accuracy).map { $0 * 100 } }, 2, false),
      ("layers that may overflow", { Double($0.inspection.layers.count { !$0.overflows.isEmpty }) }, 0, false),
    ]
    var table = PageTable(
      [("", .words)] + pages.indices.map { (name($0), PageTable.Alignment.number) } + [("compared", .number)]
    )
    table.add(["part"] + pages.map(\.estimation.part) + [""])
    table.add(["arithmetic"] + pages.map(\.report.inspection.arithmetic) + [""])
    for row in rows {
      let values = pages.map { row.value($0.report) }
      guard values.contains(where: { $0 != nil }) else { continue }
      let cells = values.map { value -> String in
        guard let value else { return "" }
        return row.places == 0 ? PageText.count(Int(value)) : NumberText.decimal(value, row.places)
      }
      table.add([row.name] + cells + [Self.compared(values, row.places, row.isRatio)])
    }
    return PageSection(id: "summary", title: "Summary", html: table.html)
  }

  /// The last against the first.
  private static func compared(_ values: [Double?], _ places: Int, _ isRatio: Bool) -> String {
    guard let first = values.first ?? nil, let last = values.last ?? nil else { return "" }
    if isRatio { return first > 0 ? "× " + NumberText.decimal(last / first, 2) : "" }
    return (last >= first ? "+" : "") + NumberText.decimal(last - first, places)
  }

  /// LUT of layers of the same name.
  private var layers: PageSection {
    var names: [String] = []
    for layer in pages.flatMap(\.estimation.layers) where layer.resources.lut > 0 && !names.contains(layer.name) {
      names.append(layer.name)
    }
    let shown = Array(names.prefix(ModelPage.mostRows))
    func figure(_ title: String, _ value: (ResourceReport) -> Int) -> String {
      let series = pages.enumerated().map { index, page in
        (
          self.name(index),
          shown.map { name in
            Double(page.estimation.layers.first { $0.name == name }.map { value($0.resources) } ?? 0)
          }
        )
      }
      return PageText.figure(
        "\(title) by layer",
        BarChart(names: shown, series: series, title: "\(title), estimate").svg(label: "Bars of \(title) by layer")
      )
    }
    let html = "<div class=\"pictures\">\(figure("LUT", \.lut))\(figure("FF", \.ff))</div>"
    return PageSection(id: "by-layer", title: "Resources by layer", html: html)
  }

  /// The sections of all, each beside the others'.
  private var sides: [PageSection] {
    let all = pages.map(\.sections)
    var ids: [(id: String, title: String)] = []
    for section in all.flatMap({ $0 }) where section.id != "resources" && !ids.contains(where: { $0.id == section.id })
    {
      ids.append((section.id, section.title))
    }
    return ids.map { entry in
      let columns = all.enumerated().map { index, sections in
        let own = sections.first { $0.id == entry.id }?.html ?? PageText.paragraph("Nothing is known.", isQuiet: true)
        return "<div><h3>\(Markup.escaped(name(index)))</h3>\(own)</div>"
      }
      return PageSection(
        id: entry.id,
        title: entry.title,
        html: "<div class=\"sides\">\(columns.joined(separator: "\n"))</div>"
      )
    }
  }
}
