import Rainbow
import TricotCompiler

/// What `tricot inspect` prints for people.
enum InspectionTable {
  static func text(_ report: InspectionReport) -> String {
    var facts = FactList()
    facts.add("model", "\(report.model) (\(report.source)), \(NumberText.count(report.parameters)) parameters")
    facts.add("arithmetic", Self.arithmetic(report.arithmetic))
    for port in report.inputs { facts.add("input", describe(port)) }
    for port in report.outputs { facts.add("output", describe(port)) }
    var blocks = [facts.text(), layers(report).text()]
    let possible = overflows(report)
    if !possible.isEmpty { blocks.append(possible) }
    if !report.simplifiedAccumulators.isEmpty {
      blocks.append(
        "stepwise accumulators proven exact, so built with shared adders: "
          + report.simplifiedAccumulators.joined(separator: ", ")
      )
    }
    if let trees = report.trees { blocks.append(TreeTable.text(trees)) }
    if let pruning = report.pruning { blocks.append(PruningTable.text(pruning)) }
    return blocks.joined(separator: "\n\n")
  }

  private static func arithmetic(_ name: String) -> String {
    switch Arithmetic(rawValue: name) {
    case .native: "native"
    case .hls4ml: "hls4ml's"
    case .conifer: "conifer's"
    case .trained: "as trained"
    case nil: name
    }
  }

  private static func describe(_ port: InspectionReport.Port) -> String {
    "\(port.name) [\(port.shape.map(String.init).joined(separator: ", "))] \(port.type)"
  }

  private static func layers(_ report: InspectionReport) -> TextTable {
    var columns: [(String, TextTable.Alignment)] = [
      ("layer", .left), ("kind", .left), ("shape", .left), ("parameters", .right), ("nonzero", .right), ("type", .left),
      ("from", .left), ("least", .right), ("greatest", .right), ("may overflow", .left),
    ]
    if report.samples != nil { columns += [("wrapped", .right), ("saturated", .right)] }
    var table = TextTable(columns)
    for layer in report.layers {
      var cells = [
        layer.name, layer.kind, layer.shape.map(String.init).joined(separator: "×"),
        layer.parameters == 0 ? "" : NumberText.count(layer.parameters),
        layer.parameters == 0 ? "" : NumberText.count(layer.nonzeroParameters), layer.type,
        layer.typeFrom, NumberText.short(layer.lower), NumberText.short(layer.upper),
        layer.overflows.isEmpty ? "no" : Set(layer.overflows.map(\.effect)).sorted().joined(separator: ", "),
      ]
      if let wraps = layer.wraps, let saturations = layer.saturations {
        cells += [NumberText.count(wraps), NumberText.count(saturations)]
      }
      table.add(cells)
    }
    return table
  }

  private static func overflows(_ report: InspectionReport) -> String {
    var table = TextTable([
      ("what may overflow", .left), ("place", .left), ("elements", .right), ("type", .left), ("least", .right),
      ("greatest", .right), ("bits missing", .right), ("effect", .left),
    ])
    let found = report.layers.flatMap { layer in layer.overflows.map { (layer.name, $0) } }
    for (name, overflow) in found {
      table.add([
        name, overflow.place, NumberText.count(overflow.elements), overflow.type, NumberText.short(overflow.lower),
        NumberText.short(overflow.upper), "\(overflow.missingIntegerBits)", overflow.effect,
      ])
    }
    return found.isEmpty ? "" : table.text()
  }
}
