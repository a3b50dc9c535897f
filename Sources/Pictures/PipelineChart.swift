import Basics

/// Stages of a pipeline over the layers that compute in them, and how much of the period each leaves.
package struct PipelineChart: Sendable {
  /// By layer, its first and last stage.
  private let layers: [(name: String, stages: ClosedRange<Int>)]
  /// By stage, the longest path in nanoseconds.
  private let paths: [Double]
  private let period: Double

  package init(layers: [(name: String, stages: ClosedRange<Int>)], paths: [Double], period: Double) {
    self.layers = layers
    self.paths = paths
    self.period = period
  }

  package func svg(label: String) -> String {
    let width = 640.0
    let left = min((layers.map { Picture.width(of: $0.name) }.max() ?? 0) + 14, 160)
    let right = width - 10
    let pitch = 20.0
    let columns = max(paths.count, 1)
    let column = (right - left) / Double(columns)
    let top = 10.0
    let rows = top + pitch * Double(layers.count)
    let ground = rows + 110
    var picture = Picture(width: width, height: ground + 40)
    for stage in 0...columns {
      let x = left + column * Double(stage)
      if column >= 4 || stage == 0 || stage == columns { picture.line([(x, top), (x, ground)], .grid) }
    }
    for (index, layer) in layers.enumerated() {
      let y = top + pitch * Double(index)
      picture.text(layer.name, x: left - 8, y: y + 14, anchor: .end, limit: left - 10)
      let (first, last) = (layer.stages.lowerBound, min(layer.stages.upperBound, columns - 1))
      let words = first == last ? "stage \(first + 1)" : "stages \(first + 1) to \(last + 1)"
      picture.rectangle(
        x: left + column * Double(first) + 1,
        y: y + 3,
        width: max(column * Double(last - first + 1) - 2, 1),
        height: pitch - 6,
        .series(0),
        radius: 2,
        title: "\(layer.name): \(words)"
      )
    }
    // The longest path of each stage below, under the line of the period.
    let scale = Scale(.linear, [0, period] + paths, from: ground, to: rows + 16, marks: 3)
    for tick in scale.ticks {
      let y = scale.position(tick.value)
      picture.line([(left, y), (right, y)], .grid)
      picture.text(tick.label, x: left - 6, y: y + 4, anchor: .end, .muted, size: 11)
    }
    for (stage, path) in paths.enumerated() {
      let y = scale.position(path)
      picture.rectangle(
        x: left + column * (Double(stage) + 0.12),
        y: y,
        width: max(column * 0.76, 1),
        height: ground - y,
        path > period ? .bad : .series(1),
        title: "stage \(stage + 1): \(NumberText.decimal(path, 2)) ns, "
          + "slack \(NumberText.decimal(period - path, 2)) ns"
      )
    }
    let limit = scale.position(period)
    picture.line([(left, limit), (right, limit)], .text, width: 1.5, dashed: true)
    let every = max(1, Int((22 / column).rounded(.up)))
    for stage in stride(from: 0, to: columns, by: every) where !paths.isEmpty {
      picture.text(
        "\(stage + 1)",
        x: left + column * (Double(stage) + 0.5),
        y: ground + 15,
        anchor: .middle,
        .muted,
        size: 11
      )
    }
    picture.text(
      "stage; below: longest path in ns under the period (dashed)",
      x: (left + right) / 2,
      y: ground + 32,
      anchor: .middle,
      .muted,
      limit: right - left + left
    )
    return picture.svg(label: label)
  }
}
