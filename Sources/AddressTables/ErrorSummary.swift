/// How a number that should be another one differs from it, over many events.
package struct ErrorSummary: Sendable, Hashable, Codable {
  package var events: Int
  /// The mean error.
  package var bias: Double
  /// The root of the mean square error.
  package var rms: Double
  /// The largest magnitude.
  package var largest: Double
  /// Errors below which 2.5 %, 16 %, 50 %, 84 % and 97.5 % of the events lie.
  package var quantiles: [Double]

  package static let fractions = [0.025, 0.16, 0.5, 0.84, 0.975]

  /// Nil without events.
  package init?(_ errors: [Double]) {
    guard !errors.isEmpty else { return nil }
    let count = Double(errors.count)
    let sorted = errors.sorted()
    events = errors.count
    bias = errors.reduce(0, +) / count
    rms = (errors.reduce(0) { $0 + $1 * $1 } / count).squareRoot()
    largest = errors.reduce(0) { max($0, abs($1)) }
    quantiles = Self.fractions.map { fraction in
      let place = fraction * (count - 1)
      let lower = Int(place)
      let upper = min(lower + 1, sorted.count - 1)
      return sorted[lower] + (place - Double(lower)) * (sorted[upper] - sorted[lower])
    }
  }
}
