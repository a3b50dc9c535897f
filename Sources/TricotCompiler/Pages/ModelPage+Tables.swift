import Basics
import Pictures

/// Layers, resources and provenance.
extension ModelPage {
  var layers: PageSection? {
    let inspection = report.inspection
    var columns: [(String, PageTable.Alignment)] = [
      ("layer", .words), ("kind", .words), ("shape", .words), ("parameters", .number), ("nonzero", .number),
      ("type", .words), ("fraction", .words), ("least", .number), ("greatest", .number), ("may overflow", .words),
    ]
    let isCounted = inspection.samples != nil
    if isCounted { columns += [("wrapped", .number), ("saturated", .number)] }
    var table = PageTable(columns)
    for (index, layer) in inspection.layers.enumerated() {
      let effects = Set(layer.overflows.map(\.effect)).sorted().joined(separator: ", ")
      var cells = [
        layer.name, layer.kind, layer.shape.map(String.init).joined(separator: "×"),
        layer.parameters == 0 ? "" : PageText.count(layer.parameters),
        layer.parameters == 0 ? "" : PageText.count(layer.nonzeroParameters), layer.type,
        index < report.network.count ? report.network[index].keeps : "", NumberText.short(layer.lower),
        NumberText.short(layer.upper), effects.isEmpty ? "no" : effects,
      ]
      if isCounted { cells += [layer.wraps.map(PageText.count) ?? "", layer.saturations.map(PageText.count) ?? ""] }
      table.add(cells, warns: effects.contains("wrap") ? [9] : [])
    }
    var html = table.html
    html += PageText.paragraph(
      "Least and greatest are proven for every input that the input types can hold. Fraction: whether the type has all "
        + "fraction bits of what the layer computes, or rounds."
        + (inspection.samples.map { " Wrapped and saturated were counted on \(PageText.count($0)) events." } ?? ""),
      isQuiet: true
    )
    let found = inspection.layers.flatMap { layer in layer.overflows.map { (layer.name, $0) } }
    if !found.isEmpty {
      var overflows = PageTable([
        ("what may overflow", .words), ("place", .words), ("elements", .number), ("type", .words), ("least", .number),
        ("greatest", .number), ("bits missing", .number), ("effect", .words),
      ])
      for (name, overflow) in found {
        overflows.add([
          name, overflow.place, PageText.count(overflow.elements), overflow.type, NumberText.short(overflow.lower),
          NumberText.short(overflow.upper), "\(overflow.missingIntegerBits)", overflow.effect,
        ])
      }
      html += "<h3>What is not proven to fit</h3>" + overflows.html
    }
    if !inspection.simplifiedAccumulators.isEmpty {
      html += PageText.paragraph(
        "Stepwise accumulators proven exact, so built with shared adders: "
          + inspection.simplifiedAccumulators.joined(separator: ", ") + "."
      )
    }
    if let pruning = inspection.pruning {
      html += PageText.paragraph(
        "Pruned from \(PageText.count(pruning.weightsBefore)) to \(PageText.count(pruning.weightsAfter)) weights."
      )
    }
    return PageSection(id: "layers", title: "Layers", html: html)
  }

  var resources: PageSection? {
    var table = PageTable([
      ("layer", .words), ("kind", .words), ("LUT", .number), ("FF", .number), ("DSP", .number), ("BRAM36", .number),
      ("CARRY8", .number), ("adders", .number), ("adder bits", .number), ("register bits", .number),
    ])
    func cells(_ resources: ResourceReport) -> [String] {
      [resources.lut, resources.ff, resources.dsp, resources.bram36, resources.carry8].map(PageText.count)
    }
    for layer in estimation.layers {
      let own = [layer.adders, layer.adderBits, layer.registerBits].map(PageText.count)
      table.add([layer.name, layer.kind] + cells(layer.resources) + own)
    }
    func sum(_ part: (EstimationReport.Layer) -> Int) -> String {
      PageText.count(estimation.layers.reduce(0) { $0 + part($1) })
    }
    table.add(
      ["total", "estimate"] + cells(estimation.resources) + [sum(\.adders), sum(\.adderBits), sum(\.registerBits)],
      isTotal: true
    )
    if let synthesis = estimation.synthesis {
      var counts = cells(synthesis.resources)
      // yosys has carry blocks of four bits.
      counts[4] = ""
      table.add(["", synthesis.tool] + counts + ["", "", ""], isTotal: true)
    }
    let pictures = [pictureOfResources] + picturesOfStages
    var html = "<div class=\"pictures\">\(pictures.joined(separator: "\n"))</div>" + table.html + tableOfPipelines
    if let queues = estimation.queues, !queues.isEmpty {
      var list = PageTable([
        ("queue from", .words), ("to", .words), ("bits", .number), ("depth", .number),
        ("least without deadlock", .number),
      ])
      for queue in queues {
        list.add([queue.from, queue.to] + [queue.bits, queue.depth, queue.leastDepth].map(PageText.count))
      }
      html += "<h3>Queues between layers</h3>" + list.html
    }
    if let tools = report.tools { html += "<h3>What tools reported</h3>" + Self.table(of: tools) }
    return PageSection(id: "resources", title: "Resources and pipeline", html: html)
  }

  private static func table(of tools: ToolReportSummary) -> String {
    var table = PageTable([
      ("reported by", .words), ("file", .words), ("latency", .number), ("interval", .number), ("path ns", .number),
      ("slack ns", .number), ("LUT", .number), ("FF", .number), ("DSP", .number), ("BRAM18", .number),
      ("URAM", .number),
    ])
    func decimal(_ value: Double?) -> String { value.map { NumberText.decimal($0, 2) } ?? "" }
    func span(_ low: Int?, _ high: Int?) -> String {
      guard let low, let high else { return "" }
      return low == high ? "\(low)" : "\(low)…\(high)"
    }
    for row in tools.rows {
      table.add(
        [
          row.source.replacing("_", with: " "), row.file, span(row.latencyCyclesMin, row.latencyCyclesMax),
          span(row.initiationIntervalMin, row.initiationIntervalMax), decimal(row.periodNs), decimal(row.slackNs),
        ] + [row.lut, row.ff, row.dsp, row.bram18, row.uram].map { $0.map(PageText.count) ?? "" }
      )
    }
    return table.html
  }

  var provenance: PageSection? {
    let source = report.provenance
    var html = PageText.paragraph(source.types)
    if !source.files.isEmpty {
      var files = PageTable([("file", .words), ("for", .words), ("SHA-256", .words)])
      for file in source.files { files.add([file.name, file.role, file.sha256]) }
      html += files.html
    }
    var options = PageTable([("option", .words), ("value", .words)])
    for option in source.options { options.add([option.name.replacing("_", with: " "), option.value]) }
    if !options.isEmpty { html += "<h3>Options</h3>" + options.html }
    return PageSection(id: "provenance", title: "Where types and numbers come from", html: html)
  }
}
