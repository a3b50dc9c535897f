import Basics
import Glibc

/// How large numbers are, against the bits of their types: boxes and whiskers over powers of two, a row for each layer.
package struct ProfileChart: Sendable {
  package struct Row: Sendable {
    package var name: String
    /// Magnitudes that are not zero: least, first quarter, median, third quarter, greatest; nil where there is none.
    package var magnitudes: [Double]?
    /// The exponents of the last and of the first bit of the types, the latter exclusive; nil where there is no bit.
    package var bits: ClosedRange<Int>?
    /// The type in words.
    package var type: String

    package init(name: String, magnitudes: [Double]?, bits: ClosedRange<Int>?, type: String) {
      self.name = name
      self.magnitudes = magnitudes
      self.bits = bits
      self.type = type
    }
  }

  /// Powers of two below the last bit of all types that are shown.
  private static let room = 6.0

  private let rows: [Row]
  private let series: Int

  package init(_ rows: [Row], series: Int) {
    self.rows = rows
    self.series = series
  }

  package func svg(label: String) -> String {
    let width = 640.0
    let left = min((rows.map { Picture.width(of: $0.name) }.max() ?? 0) + 14, 150)
    let right = min((rows.map { Picture.width(of: $0.type, size: 11) }.max() ?? 0) + 12, 190)
    let pitch = 24.0
    let top = 8.0
    let bottom = top + pitch * Double(rows.count)
    var picture = Picture(width: width, height: bottom + 40)
    let boxes = rows.map { $0.magnitudes.map { $0.map(Self.exponent) } }
    let bits = rows.flatMap { $0.bits.map { [Double($0.lowerBound), Double($0.upperBound)] } ?? [] }
    // A single tiny number must not push everything else to the side: whiskers leave the picture there.
    let least = (bits.min() ?? -.infinity) - Self.room
    let ends = boxes.flatMap { $0 ?? [] }.map { max($0, least) } + bits
    let scale = Scale(.powersOfTwo, ends, from: left, to: width - right, marks: 9)
    picture.horizontal(scale, top: top, bottom: bottom, title: "magnitude")
    for (index, row) in rows.enumerated() {
      let middle = top + pitch * (Double(index) + 0.5)
      picture.text(row.name, x: left - 8, y: middle + 4, anchor: .end, limit: left - 10)
      picture.text(row.type, x: width - right + 8, y: middle + 4, .muted, size: 11, limit: right - 10)
      if let bits = row.bits {
        let (low, high) = (scale.position(Double(bits.lowerBound)), scale.position(Double(bits.upperBound)))
        picture.rectangle(
          x: low,
          y: middle - 9,
          width: high - low,
          height: 18,
          .band,
          radius: 3,
          title:
            "\(row.name): \(row.type), bits \(Scale.powerOfTwo(bits.upperBound - 1)) … \(Scale.powerOfTwo(bits.lowerBound))"
        )
      }
      guard let box = boxes[index], box.count == 5, let magnitudes = row.magnitudes else { continue }
      let x = box.map(scale.position)
      let words = zip(["least", "¼", "median", "¾", "greatest"], magnitudes)
        .map { "\($0) \(NumberText.short($1))" }.joined(separator: ", ")
      picture.line([(x[0], middle), (x[1], middle)], .series(series), width: 1.5)
      picture.line([(x[3], middle), (x[4], middle)], .series(series), width: 1.5)
      for end in box[0] < scale.lower ? [x[4]] : [x[0], x[4]] {
        picture.line([(end, middle - 4), (end, middle + 4)], .series(series), width: 1.5)
      }
      picture.rectangle(
        x: x[1],
        y: middle - 6,
        width: max(x[3] - x[1], 1.5),
        height: 12,
        .series(series),
        radius: 2,
        title: "\(row.name): \(words)"
      )
      picture.line([(x[2], middle - 6), (x[2], middle + 6)], .text, width: 2)
    }
    return picture.svg(label: label)
  }

  /// The exponent of two of a positive number.
  private static func exponent(_ value: Double) -> Double {
    guard value > 0, value.isFinite else { return 0 }
    return log2(value)
  }
}
