import FixedPoint
import ModelIR

/// QONNX's FloatQuant: numbers with a few bits of exponent and mantissa, in float32 as its executor computes them.
struct MinifloatQuantizer {
  var exponentBits: Double
  var mantissaBits: Double
  var bias: Double
  /// No result is larger.
  var greatest: Double
  var rounding: ONNXQuantizer.Rounding

  var isSane: Bool {
    (0...8).contains(exponentBits) && (0...23).contains(mantissaBits) && abs(bias) < 200 && greatest > 0
  }

  /// Largest magnitude, before the scale.
  private var limit: Float {
    let top = ONNXMath.exp2(ONNXMath.exp2(exponentBits) - 1 - bias) * (2 - ONNXMath.exp2(-mantissaBits))
    return Float(min(top, greatest))
  }

  func value(of number: Float, scale: Float) -> Float {
    let x = number / scale
    let exponent =
      max((ONNXMath.log2(Double(abs(x) + .leastNormalMagnitude))).rounded(.down), 1 - bias) - mantissaBits
    let step = Float(ONNXMath.exp2(exponent))
    return min(max(step * rounding(x / step), -limit), limit) * scale
  }

  /// The most bits of a number that is made of steps.
  static let mostBits = 10.0

  /// The same as steps: it never falls, so each is found by halving the float32 numbers between two values.
  func staircase(scale: Float) -> Staircase? {
    let edge = limit * scale * 4
    guard exponentBits + mantissaBits <= Self.mostBits, edge.isFinite, edge > 0 else { return nil }
    let (low, high) = (Self.place(of: -edge), Self.place(of: edge))
    var values = [Double(value(of: -edge, scale: scale))]
    var thresholds: [Double] = []
    // Ranges of float32 numbers, the lowest last, in which the function may rise.
    var open = [(low, high)]
    while let (first, last) = open.popLast() {
      let (below, above) = (
        value(of: Self.number(at: first), scale: scale), value(of: Self.number(at: last), scale: scale)
      )
      guard below != above else { continue }
      guard last - first > 1 else {
        thresholds.append(Double(Self.number(at: last)))
        values.append(Double(above))
        continue
      }
      let middle = first + (last - first) / 2
      open.append((middle, last))
      open.append((first, middle))
    }
    return Staircase(thresholds: thresholds, values: values)
  }

  /// Float32 numbers in ascending order, by whole numbers.
  private static func place(of number: Float) -> Int {
    let bits = Int(number.bitPattern & 0x7FFF_FFFF)
    return number.sign == .minus ? -bits : bits
  }

  private static func number(at place: Int) -> Float {
    let magnitude = Float(bitPattern: UInt32(place.magnitude))
    return place < 0 ? -magnitude : magnitude
  }

  /// The least signed type that holds all numbers; nil where 64 bits are too few.
  static func type(holding values: [Double]) -> FixedPointType? {
    var (places, integers) = (0, 1)
    for value in values where value != 0 {
      guard value.isFinite else { return nil }
      integers = max(integers, Int(value.exponent) + 1)
      // The place of the lowest bit that is set.
      places = max(places, value.significandWidth - Int(value.exponent))
    }
    guard places + integers < 64, places < 64, integers < 64 else { return nil }
    return FixedPointType(width: 1 + integers + places, integerBits: 1 + integers)
  }
}
