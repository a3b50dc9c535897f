import Glibc
import ModelIR

// Quantisers that are functions of steps.
extension QKerasQuantizer {
  /// The quantiser as steps, where it is no rounding to a grid; nil for the others.
  var staircase: Staircase? {
    switch self {
    case .bits(let bits) where bits.isSign: return .sign
    case .binary(_, let use01): return Staircase(thresholds: [0], values: [use01 ? 0 : -1, 1])
    case .ternary(_, let threshold, _):
      let limit = Double(Float(threshold ?? 0.33))
      guard limit > 0 else { return Staircase(thresholds: [0, Double.leastNonzeroMagnitude], values: [-1, 0, 1]) }
      return Staircase(thresholds: [(-limit).nextUp, limit], values: [-1, 0, 1])
    case .ulaw(let bits, let integer, let isSymmetric, let u):
      return Self.ulaw(bits: min(bits, 16), integer: integer, isSymmetric: isSymmetric, u: u)
    case .powerOfTwo(let powers): return powers.staircase
    // A half is even, and rounds down.
    case .function("binary_sigmoid"): return Staircase(thresholds: [Double.leastNonzeroMagnitude], values: [0, 1])
    case .function("binary_tanh"): return Staircase(thresholds: [Double.leastNonzeroMagnitude], values: [-1, 1])
    case .bits, .relu, .tanh, .sigmoid, .hardSwish, .function: return nil
    }
  }

  /// Steps of a hard sigmoid, bent by a logarithm.
  private static func ulaw(bits: Int, integer: Int, isSymmetric: Bool, u: Double) -> Staircase {
    let steps = 1 << (bits - 1)
    let unit = QKerasPowers.power(integer)
    let m = Double(steps)
    let lowest: Double = isSymmetric ? 1 / m - 1 : -1
    let values = (0...steps).map { step in
      let place = 2 * Double(step) / m - 1
      let bent = (place < 0 ? -1.0 : 1.0) * log1p(u * abs(place)) / log1p(u)
      return Double(Float(unit * min(max(place == 0 ? 0 : bent, lowest), 1 - 1 / m)))
    }
    // Half a step below each, to even: an odd one begins behind the middle.
    let thresholds = (1...steps).map { step in
      let limit = unit * (2 * (Double(step) - 0.5) / m - 1)
      return step % 2 == 0 ? limit : limit.nextUp
    }
    return Staircase(thresholds: thresholds, values: values)
  }
}

extension QKerasPowers {
  /// The powers in ascending order, each from where it begins.
  var staircase: Staircase {
    let factor = isQuadratic ? 2 : 1
    let highest = maximum.map { limit in
      let logarithm = log2(isQuadratic ? limit.squareRoot() : limit)
      return Int(logarithm.rounded(floors ? .down : .toNearestOrEven))
    }
    let top = max(min(exponents.upperBound, highest ?? exponents.upperBound), exponents.lowerBound)
    // Below Keras's epsilon everything is the least power, its exponent not doubled: more than what follows.
    let least = max(exponents.lowerBound, isQuadratic ? -13 : -24)
    var thresholds: [Double] = []
    var values = [Self.power(exponents.lowerBound)]
    if isQuadratic, least == exponents.lowerBound {
      thresholds.append(Double(Float(1e-7)))
      values.append(Self.power(factor * least))
    }
    for exponent in stride(from: least + 1, through: max(top, least), by: 1) {
      let limit = pow(2, Double(factor) * (Double(exponent) - (floors ? 0 : 0.5)))
      // In the middle of two exponents the even one is taken.
      thresholds.append(max(floors || exponent % 2 == 0 ? limit : limit.nextUp, Double(Float(1e-7))))
      values.append(Self.power(factor * exponent))
    }
    guard let slope = negativeSlope else {
      return Staircase(
        thresholds: thresholds.reversed().map { (-$0).nextUp } + [0] + thresholds,
        values: values.reversed().map { -$0 } + values
      )
    }
    guard slope > 0 else { return Staircase(thresholds: thresholds, values: values) }
    return Staircase(
      thresholds: thresholds.reversed().map { (-$0 / slope).nextUp } + [0] + thresholds,
      values: values.reversed().map { -$0 } + values
    )
  }
}
