import Basics
import Pictures

/// The curve as a page for a browser: the picture and the table, in one file without anything from elsewhere.
enum FrontPage {
  static func html(of report: OptimizationReport) -> String {
    let hasLabels = report.points.contains { $0.accuracyLoss != nil }
    let titles =
      ["point", "adder bits", "LUT", "FF", "DSP", "latency [ns]", "KL", "agreement [%]", "expected loss [%]"]
      + (hasLabels ? ["accuracy [%]", "lost [%]"] : [])
    var rows: [String] = []
    for point in report.points.reversed() {
      var cells = [
        "<a href=\"\(Markup.escaped(point.model))\">\(Markup.escaped(point.model))</a>", "\(point.adderBits)",
        "\(point.yosysLut.map { "\(point.lut) (yosys \($0))" } ?? "\(point.lut)")", "\(point.ff)", "\(point.dsp)",
        text(point.latencyNs, 1), text(point.kl, 5), text(point.agreement.map { $0 * 100 }, 2),
        text(point.predictedLoss * 100, 2) + " ± " + text(point.predictedLossError * 100, 2),
      ]
      if hasLabels {
        cells += [
          text(point.accuracy.map { $0 * 100 }, 2),
          text(point.accuracyLoss.map { $0 * 100 }, 2) + " ± " + text(point.accuracyLossError.map { $0 * 100 }, 2),
        ]
      }
      let mark = point.chosen ? " class=\"chosen\"" : point.isOnFront ? "" : " class=\"behind\""
      rows.append("<tr\(mark)>" + cells.map { "<td>\($0)</td>" }.joined() + "</tr>")
    }
    let name = Markup.escaped(report.model)
    return """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <title>\(name)</title>
      <style>
      body { font-family: sans-serif; max-width: 60em; margin: 2em auto; }
      table { border-collapse: collapse; }
      td, th { padding: 0.2em 0.8em; text-align: right; border-bottom: 1px solid #ddd; }
      .chosen { font-weight: bold; color: #cc3311; }
      .behind { color: #999; }
      </style>
      </head>
      <body>
      <h1>\(name)</h1>
      <p>\(report.fittedEvents) events fitted, \(report.heldOutEvents) held out: all losses are theirs. \
      \(report.isMet ? "The marked point keeps all limits." : "No point keeps all limits; the nearest is marked.")</p>
      \(FrontPlot(report).svg)\
      <table>
      <tr>\(titles.map { "<th>\($0)</th>" }.joined())</tr>
      \(rows.joined(separator: "\n"))
      </table>
      </body>
      </html>

      """
  }

  private static func text(_ value: Double?, _ places: Int) -> String {
    guard let value, value.isFinite, abs(value) < 1e9 else { return "" }
    return NumberText.decimal(value, places)
  }
}
