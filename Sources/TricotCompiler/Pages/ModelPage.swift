import Basics
import FirmwareFiles
import FoundationEssentials
import Pictures

extension ModelReport {
  /// The report as a page: one HTML file that needs nothing else.
  public var html: String { get throws { try Self.page(of: [self], names: []) } }

  /// Several reports side by side.
  ///
  /// - Parameter names: what tells them apart.
  public static func comparison(of reports: [ModelReport], names: [String]) throws -> String {
    try page(of: reports, names: names)
  }

  private static func page(of reports: [ModelReport], names: [String]) throws -> String {
    let pages = reports.map { ModelPage($0) }
    let body: String
    let title: String
    if pages.count == 1 {
      title = pages[0].report.inspection.model
      body = pages[0].body
    } else {
      title = names.joined(separator: ", ")
      body = ComparisonPage(pages: pages, names: names).body
    }
    // Without indentation: programs read it, people the page.
    let encoder = ReportCoding.encoder
    let data = try pages.count == 1 ? encoder.encode(reports[0]) : encoder.encode(reports)
    return try PageText.page(title: title, body: body, data: String(decoding: data, as: UTF8.self))
  }
}

/// One model as the body of a page.
struct ModelPage {
  let report: ModelReport
  /// Rows of a picture; what is more stands in tables.
  static let mostRows = 60

  init(_ report: ModelReport) { self.report = report }

  var estimation: EstimationReport { report.estimation }

  var body: String {
    let sections = sections
    return """
      \(PageText.header(report.inspection.model, subtitle))
      \(PageText.contents(sections))
      <main>
      <div class="facts">
      \(facts.map(\.html).joined(separator: "\n"))
      </div>
      \(sections.map(\.text).joined(separator: "\n"))
      </main>
      \(footer)
      """
  }

  var subtitle: String {
    let ports = report.inspection
    func words(_ list: [InspectionReport.Port]) -> String {
      list.map { $0.shape.map(String.init).joined(separator: "×") }.joined(separator: " + ")
    }
    return "\(PageText.count(ports.parameters)) parameters from \(ports.source), \(words(ports.inputs)) in, "
      + "\(words(ports.outputs)) out; \(report.inspection.arithmetic) arithmetic, \(report.backend)"
  }

  var footer: String {
    "<footer>Tricot \(Markup.escaped(report.tricot)). Latency and interval of Tricot's hardware are exact, resources and "
      + "paths are estimates before any tool. The numbers of this page stand in its source as JSON.</footer>"
  }

  // MARK: - The head

  var facts: [PageFact] {
    let used = estimation.resources
    let share = estimation.utilization
    let region = report.device.regionUtilization
    func note(_ part: Double, _ ofRegion: Double, _ yosys: Int?) -> String {
      let regions = report.device.superLogicRegions
      let of = "\(PageText.percent(part)) of \(estimation.part)"
      let split = regions > 1 ? ", \(PageText.percent(ofRegion)) of an SLR" : ""
      return "estimate; \(of)\(split)" + (yosys.map { "; yosys \(PageText.count($0))" } ?? "")
    }
    let synthesis = estimation.synthesis?.resources
    let regions = report.device.superLogicRegions > 1
    func resource(_ name: String, _ used: Int, _ part: Double, _ ofRegion: Double, _ yosys: Int?) -> PageFact {
      let note = note(part, ofRegion, yosys)
      return PageFact(name: name, value: PageText.count(used), note: note, share: regions ? ofRegion : part)
    }
    var facts = [
      PageFact(
        name: "Latency",
        value: "\(PageText.count(estimation.latencyCycles)) cycle\(estimation.latencyCycles == 1 ? "" : "s")",
        note: "exact; \(NumberText.short(estimation.latencyNs)) ns at \(NumberText.short(estimation.clockPeriodNs)) ns"
      ),
      PageFact(
        name: "Interval",
        value: "\(PageText.count(estimation.initiationInterval)) cycle\(estimation.initiationInterval == 1 ? "" : "s")",
        note: "exact; an event every "
          + "\(NumberText.short(Double(estimation.initiationInterval) * estimation.clockPeriodNs)) ns"
      ),
      PageFact(
        name: "Longest path",
        value: "\(NumberText.decimal(estimation.worstStageNs, 2)) ns",
        note: "estimate; slack \(NumberText.decimal(estimation.clockPeriodNs - estimation.worstStageNs, 2)) ns"
          + (estimation.worstStageNs > estimation.clockPeriodNs ? ", in \(estimation.worstModule)" : ""),
        warns: estimation.worstStageNs > estimation.clockPeriodNs
      ),
      resource("LUT", used.lut, share.lut, region.lut, synthesis?.lut),
      resource("FF", used.ff, share.ff, region.ff, synthesis?.ff),
      resource("DSP", used.dsp, share.dsp, region.dsp, synthesis?.dsp),
      resource("BRAM36", used.bram36, share.bram36, region.bram36, synthesis?.bram36),
    ]
    if let accuracy = report.comparison?.accuracy {
      if let same = accuracy.sameChoice {
        facts.append(
          PageFact(
            name: "Same choice as float",
            value: NumberText.decimal(same * 100, 2) + " %",
            note: "of \(PageText.count(accuracy.samples)) events"
          )
        )
      }
      facts.append(
        PageFact(
          name: "Largest difference",
          value: NumberText.short(accuracy.largestDifference),
          note: "from float; mean \(NumberText.short(accuracy.meanDifference))"
        )
      )
    }
    if let efficiency = report.efficiency {
      let float = efficiency.floatAccuracy.map { "; float \(NumberText.decimal($0 * 100, 2)) %" } ?? ""
      facts.append(
        PageFact(
          name: "Accuracy",
          value: NumberText.decimal(efficiency.accuracy * 100, 2) + " %",
          note: "of \(PageText.count(efficiency.events)) labelled events\(float)"
        )
      )
    }
    let overflowing = report.inspection.layers.count { !$0.overflows.isEmpty }
    facts.append(
      PageFact(
        name: "May overflow",
        value: overflowing == 0 ? "nothing" : "\(overflowing) layer\(overflowing == 1 ? "" : "s")",
        note: overflowing == 0
          ? "by proof, for every input of the inputs' types" : "what is not proven to fit; see Layers"
      )
    )
    return facts
  }

  // MARK: - Sections

  var sections: [PageSection] {
    [layers, resources, profiles, comparison, efficiency, network, provenance].compactMap { $0 }
  }
}

extension ModelReport {
  /// The name of the page in a project.
  static let pageName = "report.html"

  /// The estimate for programs, the page for people.
  var projectFiles: [ProjectFile] {
    get throws {
      [
        ProjectFile(path: "report.json", text: try jsonText(estimation)),
        ProjectFile(path: Self.pageName, text: try html),
      ]
    }
  }
}
