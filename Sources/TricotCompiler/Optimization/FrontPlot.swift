import Glibc

/// The curve as a picture: what is lost against what is spent.
enum FrontPlot {
  private static let width = 720.0
  private static let height = 460.0
  private static let margin = (left: 70.0, right: 20.0, top: 30.0, bottom: 55.0)

  static func svg(of report: OptimizationReport) -> String {
    let points = report.points.filter { $0.lut > 0 }
    let sizes = points.map { log10(Double($0.lut)) }
    let losses = points.map { $0.predictedLoss * 100 }
    let low = ((sizes.min() ?? 2) * 10).rounded(.down) / 10
    let high = max(((sizes.max() ?? 4) * 10).rounded(.up) / 10, low + 0.1)
    let top = max(losses.max() ?? 1, 0.1) * 1.05
    func x(_ lut: Double) -> Double {
      margin.left + (log10(lut) - low) / (high - low) * (width - margin.left - margin.right)
    }
    func y(_ loss: Double) -> Double { height - margin.bottom - loss / top * (height - margin.top - margin.bottom) }
    var lines = [
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 \(Int(width)) \(Int(height))\" font-family=\"sans-serif\" "
        + "font-size=\"13\">",
      "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>",
    ]
    for tick in ticks(low, high) {
      let place = text(x(tick))
      lines.append(
        "<path d=\"M\(place) \(text(margin.top))V\(text(height - margin.bottom))\" stroke=\"#ddd\"/>"
          + "<text x=\"\(place)\" y=\"\(text(height - margin.bottom + 18))\" text-anchor=\"middle\">\(Int(tick))</text>"
      )
    }
    for k in 0...4 {
      let loss = top * Double(k) / 4
      lines.append(
        "<path d=\"M\(text(margin.left)) \(text(y(loss)))H\(text(width - margin.right))\" stroke=\"#ddd\"/>"
          + "<text x=\"\(text(margin.left - 8))\" y=\"\(text(y(loss) + 4))\" text-anchor=\"end\">\(text(loss))</text>"
      )
    }
    lines.append(
      "<text x=\"\(text(width / 2))\" y=\"\(text(height - 12))\" text-anchor=\"middle\">LUT (estimate)</text>"
        + "<text transform=\"translate(18 \(text(height / 2))) rotate(-90)\" text-anchor=\"middle\">expected loss [%]</text>"
    )
    let front = points.filter(\.isOnFront)
    let path = front.map { "\(text(x(Double($0.lut)))) \(text(y($0.predictedLoss * 100)))" }.joined(separator: "L")
    if !front.isEmpty { lines.append("<path d=\"M\(path)\" fill=\"none\" stroke=\"#2266aa\" stroke-width=\"1.5\"/>") }
    for point in points {
      let colour = point.chosen ? "#cc3311" : "#2266aa"
      let error = point.predictedLossError * 100
      let loss = point.predictedLoss * 100
      let place = text(x(Double(point.lut)))
      lines.append(
        "<path d=\"M\(place) \(text(y(loss + error)))V\(text(y(max(loss - error, 0))))\" stroke=\"\(colour)\"/>"
          + "<circle cx=\"\(place)\" cy=\"\(text(y(loss)))\" r=\"\(point.chosen ? 6 : 4)\" fill=\"\(colour)\">"
          + "<title>\(point.model): \(point.lut) LUT</title></circle>"
      )
    }
    lines.append("</svg>")
    return lines.joined(separator: "\n") + "\n"
  }

  private static func ticks(_ low: Double, _ high: Double) -> [Double] {
    let first = Int(low.rounded(.down))
    let last = Int(high.rounded(.up))
    return (first...max(last, first)).flatMap { power in
      [1, 2, 5].map { $0 * pow(10, Double(power)) }
    }
    .filter { log10($0) >= low - 1e-9 && log10($0) <= high + 1e-9 }
  }

  /// Two decimals, whatever the machine's language.
  private static func text(_ value: Double) -> String {
    guard value.isFinite, abs(value) < 1e9 else { return "0" }
    let hundredths = Int((value * 100).rounded())
    let sign = hundredths < 0 ? "-" : ""
    let rest = abs(hundredths) % 100
    return "\(sign)\(abs(hundredths) / 100).\(rest < 10 ? "0" : "")\(rest)"
  }
}
