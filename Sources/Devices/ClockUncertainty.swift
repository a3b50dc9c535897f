/// What is left free of a clock period for jitter, and for what routing takes beyond the average net; in HLS tools' words.
package enum ClockUncertainty: Sendable, Hashable {
  /// Of the period, from 0 to less than 1.
  case fraction(Double)
  case nanoseconds(Double)

  /// An eighth, as in hls4ml's configurations for Vivado.
  package static let standard = ClockUncertainty.fraction(0.125)

  /// Reads `12.5%`, or nanoseconds with or without their unit; nil for everything else.
  package init?(parsing text: String) {
    var number = text.filter { !$0.isWhitespace }
    let isPercent = number.hasSuffix("%")
    if isPercent { number.removeLast() } else if number.hasSuffix("ns") { number.removeLast(2) }
    guard let value = Double(number), value.isFinite, value >= 0, !isPercent || value < 100 else { return nil }
    self = isPercent ? .fraction(value / 100) : .nanoseconds(value)
  }

  /// The share of a period that is left free, from 0 to 1.
  ///
  /// - Parameter period: in nanoseconds, more than 0.
  package func share(of period: Double) -> Double {
    switch self {
    case .fraction(let share): share
    case .nanoseconds(let time): min(time / period, 1)
    }
  }
}
