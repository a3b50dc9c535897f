/// Layers as boxes from top to bottom, and what flows between them with its type.
package struct NetworkChart: Sendable {
  package struct Box: Sendable {
    package var name: String
    package var kind: String
    /// What leaves it.
    package var type: String
    /// The boxes that it reads, by number; all smaller than its own.
    package var inputs: [Int]

    package init(name: String, kind: String, type: String, inputs: [Int]) {
      self.name = name
      self.kind = kind
      self.type = type
      self.inputs = inputs
    }
  }

  /// A box, or a place that an edge passes on its way through a row.
  private struct Place {
    var box: Int?
    var row: Int
    var column = 0.0
    var above: [Int] = []
  }

  private let boxes: [Box]
  private var places: [Place] = []
  private var rows: [[Int]] = []

  package init(_ boxes: [Box]) {
    self.boxes = boxes
    layOut()
  }

  /// Rows by the longest way from an input; an edge over several rows passes a place in each between.
  private mutating func layOut() {
    var depth = [Int](repeating: 0, count: boxes.count)
    for (index, box) in boxes.enumerated() {
      depth[index] = (box.inputs.map { depth[$0] }.max() ?? -1) + 1
    }
    places = depth.enumerated().map { Place(box: $0, row: $1) }
    for (index, box) in boxes.enumerated() {
      for input in box.inputs {
        var from = input
        for row in depth[input] + 1..<max(depth[index], depth[input] + 1) {
          places.append(Place(box: nil, row: row, above: [from]))
          from = places.count - 1
        }
        places[index].above.append(from)
      }
    }
    let count = (depth.max() ?? -1) + 1
    rows = (0..<count).map { row in places.indices.filter { places[$0].row == row } }
    // From top to bottom, each row in the order of what it reads.
    for row in rows.indices {
      let means = rows[row].map { place -> Double in
        let above = places[place].above.map { places[$0].column }
        return above.isEmpty ? Double(place) : above.reduce(0, +) / Double(above.count)
      }
      let order = rows[row].indices.sorted { (means[$0], $0) < (means[$1], $1) }
      rows[row] = order.map { rows[row][$0] }
      let middle = Double(rows[row].count - 1) / 2
      for (column, place) in rows[row].enumerated() { places[place].column = Double(column) - middle }
    }
  }

  package func svg(label: String) -> String {
    let columns = Double(rows.map(\.count).max() ?? 1)
    let boxWidth = min(220.0, max(120, 620 / columns - 12))
    let step = boxWidth + 24
    // To the right there is room for the types of the last column.
    let width = columns * step + boxWidth / 2 + 24
    let boxHeight = 38.0
    // Between rows there is room for a line with the type.
    let pitch = boxHeight + 34
    var picture = Picture(width: width, height: Double(rows.count) * pitch + 4)
    func x(_ place: Int) -> Double { 12 + boxWidth / 2 + (places[place].column + (columns - 1) / 2) * step }
    func y(_ place: Int) -> Double { 6 + Double(places[place].row) * pitch }
    let readers = Set(places.flatMap(\.above))
    for (index, place) in places.enumerated() {
      for above in place.above {
        let top = y(above) + boxHeight
        let bottom = y(index)
        picture.line(
          [(x(above), top), (x(above), top + 20), (x(index), bottom - 4), (x(index), bottom)],
          .muted,
          width: 1.5
        )
      }
      // Through a row without a box.
      if place.box == nil {
        picture.line([(x(index), y(index)), (x(index), y(index) + boxHeight)], .muted, width: 1.5)
      }
    }
    for (index, place) in places.enumerated() {
      guard let number = place.box else { continue }
      let box = boxes[number]
      let (left, top) = (x(index) - boxWidth / 2, y(index))
      picture.rectangle(
        x: left,
        y: top,
        width: boxWidth,
        height: boxHeight,
        .pale(box.inputs.isEmpty ? 2 : 0),
        radius: 5,
        title: "\(box.name): \(box.kind), \(box.type)"
      )
      picture.text(box.name, x: x(index), y: top + 16, anchor: .middle, limit: boxWidth - 10)
      picture.text(box.kind, x: x(index), y: top + 31, anchor: .middle, .muted, size: 11, limit: boxWidth - 10)
      if !readers.contains(index) {
        picture.line([(x(index), top + boxHeight), (x(index), top + boxHeight + 18)], .muted, width: 1.5)
      }
      picture.text(
        box.type,
        x: x(index) + 7,
        y: top + boxHeight + 14,
        .muted,
        size: 11,
        limit: step - 14
      )
    }
    return picture.svg(label: label)
  }
}
