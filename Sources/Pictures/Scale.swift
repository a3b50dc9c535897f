import Basics
import Glibc

/// Numbers along an axis of a picture, with marks at round ones.
package struct Scale: Sendable {
  package enum Kind: Sendable {
    case linear
    /// By powers of ten; values are positive.
    case logarithmic
    /// The numbers are themselves exponents of two.
    case powersOfTwo
  }

  package let kind: Kind
  package let lower: Double
  package let upper: Double
  /// Where the axis begins and ends in the picture.
  package let from: Double
  package let to: Double
  private let marks: Int

  /// - Parameter marks: about how many marks there is room for.
  package init(_ kind: Kind, _ values: [Double], from: Double, to: Double, marks: Int = 5) {
    self.kind = kind
    self.from = from
    self.to = to
    self.marks = max(marks, 2)
    let good = values.filter { $0.isFinite && (kind != .logarithmic || $0 > 0) }
    var (low, high) = (good.min() ?? 0, good.max() ?? 1)
    switch kind {
    case .linear:
      if low == high { (low, high) = (low - 0.5, high + 0.5) }
      let step = Self.step(low, high, marks)
      lower = (low / step).rounded(.down) * step
      upper = (high / step).rounded(.up) * step
    case .powersOfTwo:
      lower = low.rounded(.down)
      upper = max(high.rounded(.up), low.rounded(.down) + 1)
    case .logarithmic:
      lower = good.isEmpty ? 0.1 : low
      upper = good.isEmpty ? 1 : max(high, low * 1.2)
    }
  }

  /// Where a number stands; what lies outside stands at the end.
  package func position(_ value: Double) -> Double {
    let share: Double
    switch kind {
    case .linear, .powersOfTwo: share = (value - lower) / (upper - lower)
    case .logarithmic: share = value > 0 ? log(value / lower) / log(upper / lower) : 0
    }
    return from + min(max(share.isFinite ? share : 0, 0), 1) * (to - from)
  }

  /// Round numbers and how they are written.
  package var ticks: [(value: Double, label: String)] {
    switch kind {
    case .linear:
      let step = Self.step(lower, upper, marks)
      let count = Int(((upper - lower) / step).rounded())
      let places = max(0, Int((-log10(step)).rounded(.up)))
      return (0...max(count, 1)).map { index in
        let value = lower + Double(index) * step
        return (
          value,
          places == 0
            ? NumberText.count(Int(max(min(value, 1e15), -1e15)))
            : places > 6 ? NumberText.short(value) : NumberText.decimal(value == 0 ? 0 : value, places)
        )
      }
    case .powersOfTwo:
      let step = max(1, Int(((upper - lower) / Double(marks)).rounded(.up)))
      let first = Int((lower / Double(step)).rounded(.up)) * step
      return stride(from: first, through: Int(upper), by: step).map { (Double($0), Self.powerOfTwo($0)) }
    case .logarithmic:
      let powers = Int(log10(lower).rounded(.down))...Int(log10(upper).rounded(.up))
      let ratio = upper / lower
      let digits: [Double] =
        ratio > 1000 ? [1] : ratio > 30 ? [1, 3] : ratio > 6 ? [1, 2, 5] : [1, 1.5, 2, 2.5, 3, 4, 5, 6, 7, 8, 9]
      let values = powers.flatMap { power in digits.map { $0 * pow(10, Double(power)) } }
      return values.filter { $0 >= lower * 0.999 && $0 <= upper * 1.001 }.map {
        (value: Double) -> (value: Double, label: String) in
        let isLarge = value >= 1000 && value < 1e15
        return (value, isLarge ? NumberText.count(Int(value)) : NumberText.short(value))
      }
    }
  }

  private static func step(_ low: Double, _ high: Double, _ marks: Int) -> Double {
    let rough = (high - low) / Double(max(marks, 2))
    guard rough > 0, rough.isFinite else { return 1 }
    let power = pow(10, log10(rough).rounded(.down))
    let share = rough / power
    return (share <= 1 ? 1 : share <= 2 ? 2 : share <= 5 ? 5 : 10) * power
  }

  /// A power of two as it is written: `2⁻⁴`.
  package static func powerOfTwo(_ number: Int) -> String {
    let digits = Array("⁰¹²³⁴⁵⁶⁷⁸⁹")
    return "2" + (number < 0 ? "⁻" : "")
      + String(String(number.magnitude).compactMap { $0.wholeNumberValue.map { digits[$0] } })
  }
}

extension Picture {
  /// Grid lines and numbers of a horizontal axis below a plot.
  mutating func horizontal(_ scale: Scale, top: Double, bottom: Double, title: String) {
    var last = -Double.infinity
    for tick in scale.ticks {
      let x = scale.position(tick.value)
      line([(x, top), (x, bottom)], .grid)
      let half = Self.width(of: tick.label, size: 11) / 2
      guard x - half > last + 4 else { continue }
      text(tick.label, x: x, y: bottom + 15, anchor: .middle, .muted, size: 11)
      last = x + half
    }
    text(title, x: (scale.from + scale.to) / 2, y: bottom + 32, anchor: .middle, .muted)
  }

  /// The same for a vertical one at the left.
  mutating func vertical(_ scale: Scale, left: Double, right: Double, title: String) {
    for tick in scale.ticks {
      let y = scale.position(tick.value)
      line([(left, y), (right, y)], .grid)
      text(tick.label, x: left - 6, y: y + 4, anchor: .end, .muted, size: 11)
    }
    text(title, x: 14, y: (scale.from + scale.to) / 2, anchor: .middle, .muted, isTurned: true)
  }

  /// Names of series in rows, as many in a row as fit; returns the height that they take.
  mutating func legend(_ entries: [(name: String, ink: Ink, isDashed: Bool)], x: Double, y: Double, width: Double)
    -> Double
  {
    guard !entries.isEmpty else { return 0 }
    var place = x
    var row = y
    for entry in entries {
      let name = Self.shortened(entry.name, to: width - 40)
      let own = Self.width(of: name) + 36
      if place > x && place + own > x + width {
        place = x
        row += 18
      }
      line([(place, row - 4), (place + 20, row - 4)], entry.ink, width: 3, dashed: entry.isDashed)
      text(name, x: place + 26, y: row)
      place += own
    }
    return row - y + 18
  }
}
