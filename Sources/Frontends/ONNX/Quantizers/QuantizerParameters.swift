import Diagnostics
import FixedPoint
import ModelIR

/// What a node of QONNX's says of a quantiser: a grid, limits and a rounding.
struct ONNXQuantizer {
  enum Rounding: String, CaseIterable {
    case toEven = "HALF_EVEN"
    case up = "CEIL"
    case down = "FLOOR"
    case awayFromZero = "UP"
    case towardZero = "DOWN"
    case halfAwayFromZero = "HALF_UP"
    case halfTowardZero = "HALF_DOWN"

    init?(name: String) {
      let name = name.uppercased()
      self.init(rawValue: name == "ROUND" ? "HALF_EVEN" : name)
    }

    /// The rule of the same name for fixed-point types; nil where there is none.
    var rule: FixedPoint.Rounding? {
      switch self {
      case .toEven: .roundHalfToEven
      case .down: .truncate
      case .towardZero: .truncateTowardZero
      case .halfAwayFromZero: .roundHalfAwayFromZero
      case .halfTowardZero: .roundHalfTowardZero
      case .up, .awayFromZero: nil
      }
    }

    /// The rounded number, in float32 as the reference computes it.
    func callAsFunction(_ x: Float) -> Float {
      switch self {
      case .toEven: x.rounded(.toNearestOrEven)
      case .up: x.rounded(.up)
      case .down: x.rounded(.down)
      case .towardZero: x.rounded(.towardZero)
      case .awayFromZero: x < 0 ? x.rounded(.down) : x.rounded(.up)
      case .halfAwayFromZero: (x < 0 ? -1 : 1) * (abs(x) + 0.5).rounded(.down)
      case .halfTowardZero: (x < 0 ? -1 : 1) * (abs(x) - 0.5).rounded(.up)
      }
    }
  }

  /// Broadcasts to the tensor.
  var scale: ConstantTensor
  var zeroPoint: Double
  /// What the number of steps is clamped to before it is rounded; nil: nothing.
  var limits: ClosedRange<Double>?
  var rounding: Rounding
  /// One bit with a sign: -1 or 1, by the sign of the argument.
  var isSign = false

  /// The clamped and rounded number of steps, the zero point included.
  func steps(_ x: Float, scale: Float) -> Float {
    let t = x / scale + Float(zeroPoint)
    if isSign { return t >= 0 ? 1 : -1 }
    guard let limits else { return rounding(t) }
    return rounding(max(min(t, Float(limits.upperBound)), Float(limits.lowerBound)))
  }

  func value(_ x: Float, scale: Float) -> Float { (steps(x, scale: scale) - Float(zeroPoint)) * scale }
}

extension FixedPointType {
  /// The least type of whole numbers that saturates to a range, or holds it where no saturation gives just that.
  static func steps(_ range: ClosedRange<Int>, rounding: FixedPoint.Rounding) -> (type: FixedPointType, isExact: Bool) {
    let isSigned = range.lowerBound < 0
    var width = 0
    func fits(_ width: Int) -> Bool {
      let top = isSigned ? width - 1 : width
      return top >= 0 && range.upperBound <= (1 << top) - 1 && (!isSigned || range.lowerBound >= -(1 << top))
    }
    while width < 62, !fits(width) { width += 1 }
    let top = isSigned ? width - 1 : width
    let reachesTop = top >= 0 && range.upperBound == (1 << top) - 1
    let isSymmetric = isSigned && range.lowerBound == -range.upperBound
    let isExact = reachesTop && (isSymmetric || range.lowerBound == (isSigned ? -(1 << top) : 0))
    let type = FixedPointType(
      width: width,
      integerBits: width,
      isSigned: isSigned,
      rounding: rounding,
      overflow: isSymmetric && reachesTop ? .saturateSymmetric : .saturate
    )
    return (type, isExact)
  }
}
