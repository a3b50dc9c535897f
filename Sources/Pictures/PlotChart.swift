/// Points and curves over two axes.
package struct PlotChart: Sendable {
  package struct Series: Sendable {
    package var name: String
    package var points: [(x: Double, y: Double)]
    package var style: Style
    /// What a point is, where it is looked at; empty or one for each.
    package var titles: [String] = []
    package var ink: Picture.Ink

    package enum Style: Sendable { case dots, curve, dashed, marks, largeMarks }

    package init(
      name: String,
      points: [(x: Double, y: Double)],
      style: Style,
      titles: [String] = [],
      ink: Picture.Ink
    ) {
      self.name = name
      self.points = points
      self.style = style
      self.titles = titles
      self.ink = ink
    }
  }

  package var series: [Series]
  package var axes: (x: String, y: String)
  package var kinds: (x: Scale.Kind, y: Scale.Kind) = (.linear, .linear)
  /// Whether both axes are the same, and their diagonal is drawn.
  package var hasDiagonal = false
  package var hasLegend = true
  package var height = 380.0

  package init(_ series: [Series], x: String, y: String) {
    self.series = series
    axes = (x, y)
  }

  package func svg(label: String) -> String {
    let width = hasDiagonal ? 420.0 : 640.0
    var picture = Picture(width: width, height: height)
    let left = 74.0
    let right = width - 18
    var top = 12.0
    if hasLegend {
      // Series may share a name.
      let entries = series.enumerated()
        .filter { index, line in !series[..<index].contains { $0.name == line.name } }
        .map { (name: $1.name, ink: $1.ink, isDashed: $1.style == .dashed) }
      top += picture.legend(entries, x: left, y: 16, width: right - left) + 4
    }
    let bottom = max(height - 42, top + 220)
    picture.height = bottom + 42
    var values = (x: series.flatMap { $0.points.map(\.x) }, y: series.flatMap { $0.points.map(\.y) })
    if hasDiagonal { values = (values.x + values.y, values.x + values.y) }
    let x = Scale(kinds.x, values.x, from: left, to: right, marks: hasDiagonal ? 5 : 7)
    let y = Scale(kinds.y, values.y, from: bottom, to: top, marks: 6)
    picture.horizontal(x, top: top, bottom: bottom, title: axes.x)
    picture.vertical(y, left: left, right: right, title: axes.y)
    if hasDiagonal { picture.line([(left, bottom), (right, top)], .muted, dashed: true) }
    for line in series {
      let points = line.points.map { (x: x.position($0.x), y: y.position($0.y)) }
      switch line.style {
      case .dots: picture.dots(points, line.ink, size: 3)
      case .curve: picture.line(points, line.ink, width: 2, title: line.name)
      case .dashed: picture.line(points, line.ink, width: 1.5, dashed: true, title: line.name)
      case .marks, .largeMarks:
        for (index, point) in points.enumerated() {
          let title = index < line.titles.count ? line.titles[index] : line.name
          picture.circle(x: point.x, y: point.y, radius: line.style == .marks ? 4 : 6, line.ink, title: title)
        }
      }
    }
    return picture.svg(label: label)
  }
}
