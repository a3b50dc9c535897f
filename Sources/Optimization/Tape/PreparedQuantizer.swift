/// The rounding of one point, ready for loops over many events.
struct PreparedQuantizer {
  private var scale: [Float]
  private var step: [Float]
  private var lower: [Float]
  private var upper: [Float]

  init(_ types: PointTypes) {
    scale = types.groups.map { Float(1 / $0.step) }
    step = types.groups.map { Float($0.step) }
    lower = types.groups.map { Float($0.lower) }
    upper = types.groups.map { Float($0.upper) }
  }

  /// Rounds to nearest (offset one half) or down (offset zero), and saturates.
  func round(
    _ x: UnsafePointer<Float>,
    into y: UnsafeMutablePointer<Float>,
    events: Int,
    size: Int,
    offset: Float
  ) {
    let groups = scale.count
    let magic: Float = 0x1p23
    scale.withUnsafeBufferPointer { scale in
      step.withUnsafeBufferPointer { step in
        lower.withUnsafeBufferPointer { lower in
          upper.withUnsafeBufferPointer { upper in
            for start in stride(from: 0, to: events * size, by: groups) {
              let x = x + start
              let y = y + start
              for g in 0..<groups {
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
    events: Int,
    size: Int
  ) {
    let groups = scale.count
    scale.withUnsafeBufferPointer { scale in
      lower.withUnsafeBufferPointer { lower in
        upper.withUnsafeBufferPointer { upper in
          for start in stride(from: 0, to: events * size, by: groups) {
            let x = x + start
            let dy = dy + start
            let dx = dx + start
            for g in 0..<groups {
              let place = x[g] * scale[g]
              let isInside = place >= lower[g] && place <= upper[g] + 1 && upper[g] > lower[g]
              dx[g] += isInside ? dy[g] : 0
            }
          }
        }
      }
    }
  }
}
