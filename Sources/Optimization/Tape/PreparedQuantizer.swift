/// The rounding of one point, ready for loops over many events.
struct PreparedQuantizer {
  /// The types' numbers, repeated until there are enough for long loops.
  private let scale: [Float]
  private let step: [Float]
  /// In steps.
  private let lower: [Float]
  private let upper: [Float]
  /// What passes gradients, in the values' own units; nothing where the type has one value.
  private let least: [Float]
  private let greatest: [Float]

  private static let enough = 64

  init(_ types: PointTypes) {
    let copies = (Self.enough + types.groups.count - 1) / max(types.groups.count, 1)
    func repeated(_ value: (GroupType) -> Double) -> [Float] {
      let once = types.groups.map { Float(value($0)) }
      return (0..<copies).flatMap { _ in once }
    }
    scale = repeated { 1 / $0.step }
    step = repeated(\.step)
    lower = repeated(\.lower)
    upper = repeated(\.upper)
    least = repeated { $0.upper > $0.lower ? $0.lower * $0.step : .infinity }
    greatest = repeated { $0.upper > $0.lower ? ($0.upper + 1) * $0.step : -.infinity }
  }

  /// Rounds to nearest (offset one half) or down (offset zero), and saturates.
  func round(
    _ x: UnsafePointer<Float>,
    into y: UnsafeMutablePointer<Float>,
    count: Int,
    offset: Float
  ) {
    let period = scale.count
    let magic: Float = 0x1p23
    scale.withUnsafeBufferPointer { scale in
      step.withUnsafeBufferPointer { step in
        lower.withUnsafeBufferPointer { lower in
          upper.withUnsafeBufferPointer { upper in
            for start in stride(from: 0, to: count, by: max(period, 1)) {
              let x = x + start
              let y = y + start
              for g in 0..<min(period, count - start) {
                // Counted from the least value, so that the number is positive and the trick below rounds down.
                let place = min(max(x[g] * scale[g] + offset, lower[g]), upper[g] + 0.5) - lower[g]
                let nearest = (place + magic) - magic
                let floor = nearest > place ? nearest - 1 : nearest
                y[g] = (floor + lower[g]) * step[g]
              }
            }
          }
        }
      }
    }
  }

  /// Adds the gradients of values that did not saturate.
  func passGradient(
    _ dy: UnsafePointer<Float>,
    at x: UnsafePointer<Float>,
    into dx: UnsafeMutablePointer<Float>,
    count: Int
  ) {
    let period = least.count
    least.withUnsafeBufferPointer { least in
      greatest.withUnsafeBufferPointer { greatest in
        guard let lower = least.baseAddress, let upper = greatest.baseAddress else { return }
        for start in stride(from: 0, to: count, by: max(period, 1)) {
          VectorLoops.addWhereInside(
            x + start,
            lower: lower,
            upper: upper,
            dy + start,
            into: dx + start,
            count: min(period, count - start)
          )
        }
      }
    }
  }
}
