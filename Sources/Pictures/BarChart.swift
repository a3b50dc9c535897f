import Basics

/// Amounts as horizontal bars: a group for each layer, a bar for each series.
package struct BarChart: Sendable {
  private let names: [String]
  private let series: [(name: String, values: [Double])]
  private let title: String
  private let decimals: Bool

  /// - Parameters:
  ///   - names: of the groups.
  ///   - series: a value for each group.
  ///   - title: of the axis.
  ///   - decimals: whether values are not whole.
  package init(
    names: [String],
    series: [(name: String, values: [Double])],
    title: String,
    decimals: Bool = false
  ) {
    self.names = names
    self.series = series
    self.title = title
    self.decimals = decimals
  }

  package func svg(label: String) -> String {
    let width = 640.0
    let left = min((names.map { Picture.width(of: $0) }.max() ?? 0) + 14, 170)
    let thickness = series.count == 1 ? 14.0 : 13.0
    let pitch = thickness * Double(series.count) + 8
    var picture = Picture(width: width, height: 0)
    var top = 6.0
    if series.count > 1 {
      let entries = series.enumerated().map { (name: $1.name, ink: Picture.Ink.series($0), isDashed: false) }
      top += picture.legend(entries, x: left, y: 14, width: width - left) + 2
    }
    let bottom = top + pitch * Double(names.count)
    let values = series.flatMap(\.values)
    // Numbers stand behind their bars.
    let room = (values.map { Picture.width(of: text($0), size: 11) }.max() ?? 0) + 8
    let scale = Scale(.linear, [0] + values, from: left, to: width - room, marks: 5)
    picture.height = bottom + 40
    picture.horizontal(scale, top: top, bottom: bottom, title: title)
    for (group, name) in names.enumerated() {
      let y = top + pitch * Double(group)
      picture.text(name, x: left - 8, y: y + pitch / 2 + 4, anchor: .end, limit: left - 10)
      for (number, bar) in series.enumerated() where group < bar.values.count {
        let value = bar.values[group]
        let place = y + 4 + thickness * Double(number)
        let end = scale.position(value)
        picture.rectangle(
          x: left,
          y: place,
          width: max(end - left, value > 0 ? 1 : 0),
          height: thickness - 1,
          .series(number),
          title: "\(name): \(text(value)) \(bar.name)"
        )
        // Where nothing is, the other bars of the group say enough.
        if value == 0 && series.count > 1 { continue }
        picture.text(text(value), x: end + 4, y: place + thickness / 2 + 3.5, .muted, size: 11)
      }
    }
    return picture.svg(label: label)
  }

  private func text(_ value: Double) -> String {
    decimals ? NumberText.short(value) : NumberText.count(Int(max(min(value, 1e15), -1e15)))
  }
}
