import FixedPoint
import FixedPointIR

/// What an element becomes before it is quantised: integers on the grid of the result, all constants included.
enum ElementFunction: Sendable, Hashable {
  /// `x << lift`.
  case copy(lift: Int)
  /// `x · scale + offset`.
  case linear(scale: Int128, offset: Int128)
  /// `clamp(x · scale + offset, lower, upper)`.
  case clampedLinear(scale: Int128, offset: Int128, lower: Int128, upper: Int128)
  /// `max(x, 0)`.
  case relu
  /// `min(x > threshold ? x << lift : x · slope + offset, maximum)`.
  case rectify(threshold: Int128, lift: Int, slope: Int128, offset: Int128, maximum: Int128)

  func apply<W: WorkInteger>(to values: UnsafeMutablePointer<W>, count: Int) {
    switch self {
    case .copy(let lift):
      guard lift > 0 else { return }
      let places = W(truncatingIfNeeded: lift)
      for i in 0..<count { values[i] = values[i] &<< places }
    case .linear(let scale, let offset):
      let factor = W(truncatingIfNeeded: scale)
      let term = W(truncatingIfNeeded: offset)
      for i in 0..<count { values[i] = values[i] &* factor &+ term }
    case .clampedLinear(let scale, let offset, let lower, let upper):
      let factor = W(truncatingIfNeeded: scale)
      let term = W(truncatingIfNeeded: offset)
      let low = W(truncatingIfNeeded: lower)
      let high = W(truncatingIfNeeded: upper)
      for i in 0..<count {
        let value = values[i] &* factor &+ term
        values[i] = value < low ? low : value > high ? high : value
      }
    case .relu:
      for i in 0..<count { values[i] = max(values[i], 0) }
    case .rectify(let threshold, let lift, let slope, let offset, let maximum):
      let limit = W(truncatingIfNeeded: threshold)
      let places = W(truncatingIfNeeded: lift)
      let factor = W(truncatingIfNeeded: slope)
      let term = W(truncatingIfNeeded: offset)
      let high = W(truncatingIfNeeded: maximum)
      for i in 0..<count {
        let value = values[i]
        let result = value > limit ? value &<< places : value &* factor &+ term
        values[i] = result > high ? high : result
      }
    }
  }
}
