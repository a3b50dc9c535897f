import Glibc
import Pictures

/// The curve as a picture: what is lost against what is spent.
struct FrontPlot {
  private static let width = 720.0
  private static let height = 460.0
  private static let margin = (left: 70.0, right: 20.0, top: 30.0, bottom: 55.0)
  private static let own = "#2266aa"
  private static let chosen = "#cc3311"
  private static let others = ["#777777", "#aa7722", "#228855", "#884488"]

  /// One network as it is drawn: its size, and what it loses in percent.
  private struct Mark {
    var size: Double
    var loss: Double
    var error = 0.0
    var colour: String
    var radius = 4.0
    var title = ""
  }

  private let points: [Mark]
  private let front: [Mark]
  private let fronts: [(name: String, marks: [Mark], colour: String)]
  private let axes: (size: String, loss: String)
  private let low: Double
  private let high: Double
  private let least: Double
  private let top: Double

  /// - Parameter report: Losses are those that labels show, where there are labels, else those that are expected.
  init(_ report: OptimizationReport) {
    let references = report.references
    let countsBits = references.contains { $0.points.contains { $0.lut == nil } }
    let hasLabels = !report.points.isEmpty && report.points.allSatisfy { $0.accuracyLoss != nil }
    axes = (
      countsBits ? "adder bits (estimate)" : "LUT (estimate)", hasLabels ? "accuracy lost [%]" : "expected loss [%]"
    )
    let drawn = report.points.filter { $0.lut > 0 && $0.adderBits > 0 }
    func mark(_ point: OptimizationReport.Point) -> Mark {
      Mark(
        size: Double(countsBits ? point.adderBits : point.lut),
        loss: 100 * (hasLabels ? point.accuracyLoss ?? 0 : point.predictedLoss),
        error: 100 * (hasLabels ? point.accuracyLossError ?? 0 : point.predictedLossError),
        colour: point.chosen ? Self.chosen : Self.own,
        radius: point.chosen ? 6 : 4,
        title: "\(point.model): \(point.lut) LUT"
      )
    }
    points = drawn.map(mark)
    front = drawn.filter(\.isOnFront).map(mark)
    fronts = references.enumerated().map { index, reference in
      let colour = Self.others[index % Self.others.count]
      let marks = reference.points.map { point in
        Mark(
          size: Double((countsBits ? point.adderBits : point.lut) ?? point.adderBits ?? point.lut ?? 1),
          loss: 100 * point.loss,
          colour: colour
        )
      }
      return (reference.name, marks.sorted { ($0.size, $0.loss) < ($1.size, $1.loss) }, colour)
    }
    let all = points + fronts.flatMap(\.marks)
    let sizes = all.map { log10($0.size) }
    low = ((sizes.min() ?? 2) * 10).rounded(.down) / 10
    high = max(((sizes.max() ?? 4) * 10).rounded(.up) / 10, low + 0.1)
    least = min(all.map(\.loss).min() ?? 0, 0)
    top = least + (max(all.map(\.loss).max() ?? 1, 0.1) - least) * 1.05
  }

  private func x(_ size: Double) -> Double {
    Self.margin.left + (log10(size) - low) / (high - low) * (Self.width - Self.margin.left - Self.margin.right)
  }

  private func y(_ loss: Double) -> Double {
    let share = (min(max(loss, least), top) - least) / (top - least)
    return Self.height - Self.margin.bottom - share * (Self.height - Self.margin.top - Self.margin.bottom)
  }

  var svg: String {
    var lines = [
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 \(Int(Self.width)) \(Int(Self.height))\" "
        + "font-family=\"sans-serif\" font-size=\"13\">",
      "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>",
    ]
    lines += grid()
    for front in fronts { lines += line(front.marks, front.colour) + front.marks.flatMap(self.mark) }
    lines += line(front, Self.own) + points.flatMap(mark) + legend()
    lines.append("</svg>")
    return lines.joined(separator: "\n") + "\n"
  }

  private func grid() -> [String] {
    let (left, right) = (text(Self.margin.left), text(Self.width - Self.margin.right))
    let (upper, lower) = (text(Self.margin.top), text(Self.height - Self.margin.bottom))
    var lines: [String] = []
    for tick in ticks() {
      let place = text(x(tick))
      lines.append(
        "<path d=\"M\(place) \(upper)V\(lower)\" stroke=\"#ddd\"/><text x=\"\(place)\" "
          + "y=\"\(text(Self.height - Self.margin.bottom + 18))\" text-anchor=\"middle\">\(Int(tick))</text>"
      )
    }
    for k in 0...4 {
      let loss = least + (top - least) * Double(k) / 4
      lines.append(
        "<path d=\"M\(left) \(text(y(loss)))H\(right)\" stroke=\"#ddd\"/><text x=\"\(text(Self.margin.left - 8))\" "
          + "y=\"\(text(y(loss) + 4))\" text-anchor=\"end\">\(text(loss))</text>"
      )
    }
    lines.append(
      "<text x=\"\(text(Self.width / 2))\" y=\"\(text(Self.height - 12))\" text-anchor=\"middle\">\(axes.size)</text>"
        + "<text transform=\"translate(18 \(text(Self.height / 2))) rotate(-90)\" text-anchor=\"middle\">\(axes.loss)</text>"
    )
    return lines
  }

  private func line(_ marks: [Mark], _ colour: String) -> [String] {
    guard marks.count > 1 else { return [] }
    let path = marks.map { "\(text(x($0.size))) \(text(y($0.loss)))" }.joined(separator: "L")
    return ["<path d=\"M\(path)\" fill=\"none\" stroke=\"\(colour)\" stroke-width=\"1.5\"/>"]
  }

  private func mark(_ mark: Mark) -> [String] {
    let place = text(x(mark.size))
    let title = mark.title.isEmpty ? "" : "<title>\(Markup.escaped(mark.title))</title>"
    let error = "<path d=\"M\(place) \(text(y(mark.loss + mark.error)))V\(text(y(mark.loss - mark.error)))\" "
    return [
      (mark.error > 0 ? error + "stroke=\"\(mark.colour)\"/>" : "")
        + "<circle cx=\"\(place)\" cy=\"\(text(y(mark.loss)))\" r=\"\(Int(mark.radius))\" fill=\"\(mark.colour)\">\(title)</circle>"
    ]
  }

  /// Names, where there is more than one curve.
  private func legend() -> [String] {
    guard !fronts.isEmpty else { return [] }
    let names = [("this search", Self.own)] + fronts.map { ($0.name, $0.colour) }
    return names.enumerated().map { index, entry in
      "<text x=\"\(text(Self.width - Self.margin.right - 8))\" y=\"\(text(Self.margin.top + 16 + 18 * Double(index)))\" "
        + "text-anchor=\"end\" fill=\"\(entry.1)\">\(Markup.escaped(entry.0))</text>"
    }
  }

  private func ticks() -> [Double] {
    let first = Int(low.rounded(.down))
    let last = Int(high.rounded(.up))
    return (first...max(last, first)).flatMap { power in [1, 2, 5].map { $0 * pow(10, Double(power)) } }
      .filter { log10($0) >= low - 1e-9 && log10($0) <= high + 1e-9 }
  }

  /// Two decimals, whatever the machine's language.
  private func text(_ value: Double) -> String {
    guard value.isFinite, abs(value) < 1e9 else { return "0" }
    let hundredths = Int((value * 100).rounded())
    let sign = hundredths < 0 ? "-" : ""
    let rest = abs(hundredths) % 100
    return "\(sign)\(abs(hundredths) / 100).\(rest < 10 ? "0" : "")\(rest)"
  }
}
