import Diagnostics
import FixedPoint
import Glibc
import ModelIR

/// Trained constants behind a quantiser: numbers on a grid, and what multiplies them.
struct QKerasConstants {
  /// The numbers, without the scale.
  var tensor: ParameterTensor
  /// One for all or one per channel of the last axis; nil where nothing multiplies.
  var scale: [Double]?
  /// hls4ml's type for the numbers; nil where it has none.
  var type: FixedPointType?
}

extension QKerasQuantizer {
  /// The constants as the layer computes with them.
  ///
  /// The numbers are those that the quantiser means. QKeras itself adds its correction to the float number and may miss
  /// them by a unit in the last place.
  func quantized(_ tensor: ParameterTensor) -> QKerasConstants {
    switch self {
    case .bits(let bits): return quantized(tensor, bits)
    case .hardSwish(let bits, let shift, let limit):
      return quantized(mapped(tensor) { $0 * min(max($0 + Float(shift), 0), Float(limit)) / Float(limit) }, bits)
    case .relu(let relu):
      let type = FixedPointType(
        width: relu.bits,
        integerBits: relu.integer,
        isSigned: false,
        rounding: .roundHalfToEven,
        overflow: .saturate
      )
      return QKerasConstants(tensor: mapped(tensor) { Self.value($0, in: type) })
    case .tanh(let bits, let isSymmetric, let isReal):
      let type = Self.tanhType(bits: bits, isSymmetric: isSymmetric)
      return QKerasConstants(
        tensor: mapped(tensor) { Self.value(isReal ? tanhf($0) : min(max($0, -1), 1), in: type) }
      )
    case .sigmoid(let bits, let isSymmetric, let isReal):
      let type = Self.sigmoidType(bits: bits)
      let least: Float = isSymmetric ? Float(type.step) : 0
      return QKerasConstants(
        tensor: mapped(tensor) { x in
          max(Self.value(isReal ? 1 / (1 + expf(-x)) : min(max(0.5 * x + 0.5, 0), 1), in: type), least)
        }
      )
    case .powerOfTwo(let powers): return QKerasConstants(tensor: mapped(tensor) { Float(powers.value(of: Double($0))) })
    case .binary(let alpha, let use01):
      let signs = mapped(tensor) { $0 >= 0 ? 1 : use01 ? 0 : -1 }
      let type = FixedPointType(width: 1, integerBits: 1, isSigned: false, rounding: .truncateTowardZero)
      return QKerasConstants(tensor: signs, scale: scale(alpha, tensor, signs), type: type)
    case .ternary(let alpha, let threshold, let unrolls):
      return ternary(tensor, alpha: alpha, threshold: threshold ?? 0.33, unrolls: unrolls)
    case .ulaw, .function:
      guard let steps = staircase else { return QKerasConstants(tensor: tensor) }
      return QKerasConstants(tensor: mapped(tensor) { Float(steps.value(at: Double($0))) })
    }
  }

  static func tanhType(bits: Int, isSymmetric: Bool) -> FixedPointType {
    FixedPointType(
      width: bits,
      integerBits: 1,
      rounding: .roundHalfToEven,
      overflow: isSymmetric ? .saturateSymmetric : .saturate
    )
  }

  static func sigmoidType(bits: Int) -> FixedPointType {
    FixedPointType(width: bits, integerBits: 0, isSigned: false, rounding: .roundHalfToEven, overflow: .saturate)
  }

  // MARK: - Grids

  private func quantized(_ tensor: ParameterTensor, _ bits: QKerasBits) -> QKerasConstants {
    // hls4ml knows no unsigned weights.
    let type =
      bits.bits == bits.integer
      ? FixedPointType(width: bits.bits, integerBits: bits.bits, rounding: .truncateTowardZero)
      : FixedPointType(width: bits.bits, integerBits: bits.integer + 1)
    if case .automatic(let isPowerOfTwo) = bits.alpha { return fitted(tensor, bits, isPowerOfTwo, type) }
    let values: ParameterTensor
    if bits.isSign {
      values = mapped(tensor) { $0 >= 0 ? 1 : -1 }
    } else {
      values = mapped(tensor) { Self.value($0, in: bits.type) }
    }
    var result = QKerasConstants(tensor: values, type: type)
    if case .number(let alpha) = bits.alpha { result.scale = [Double(Float(alpha))] }
    return result
  }

  /// The numbers of a symmetric grid that fits each channel.
  private func fitted(
    _ tensor: ParameterTensor,
    _ bits: QKerasBits,
    _ isPowerOfTwo: Bool,
    _ type: FixedPointType
  ) -> QKerasConstants {
    let unit = Float(sign: .plus, exponent: bits.integer, significand: 1)
    let steps = Float(sign: .plus, exponent: bits.bits - (bits.keepsNegative ? 1 : 0), significand: 1)
    let levels = Float((Int64(1) << Int64(max(bits.bits - 1, 0)) - 1) * 2)
    let x = mapped(tensor) { $0 / unit }
    let channels = tensor.channelCount
    var scales = [Float](repeating: 0, count: channels)
    for (index, value) in x.values.enumerated() {
      scales[index % channels] = max(scales[index % channels], abs(Float(value)))
    }
    scales = scales.map { $0 * 2 / levels }
    func integers() -> ParameterTensor {
      var result = x
      for (index, value) in x.values.enumerated() {
        let scale = scales[index % channels]
        let magnitude = (abs(Float(value)) / scale + 0.5).rounded(.down)
        let clamped = magnitude < levels / 2 ? magnitude : levels / 2
        result.values[index] = value == 0 ? 0 : Double(value < 0 ? -clamped : clamped)
      }
      return result
    }
    if isPowerOfTwo {
      scales = scales.map(Self.nearestPowerOfTwo)
      var z = integers()
      for _ in 0..<5 {
        z = integers()
        scales = Self.leastSquares(x, z, isPowerOfTwo: true)
      }
      return QKerasConstants(
        tensor: mapped(z) { unit * $0 / steps },
        scale: scales.map { Double($0 * steps) },
        type: type
      )
    }
    return QKerasConstants(
      tensor: mapped(integers()) { unit * $0 / steps },
      scale: scales.map { Double($0 * steps) },
      type: type
    )
  }

  private func ternary(
    _ tensor: ParameterTensor,
    alpha: QKerasAlpha,
    threshold: Double,
    unrolls: Int
  ) -> QKerasConstants {
    let type = FixedPointType(width: 2, integerBits: 2, rounding: .truncateTowardZero)
    guard case .automatic(let isPowerOfTwo) = alpha else {
      let limit = Float(threshold)
      let signs = mapped(tensor) { abs($0) >= limit ? ($0 > 0 ? 1 : $0 < 0 ? -1 : 0) : 0 }
      return QKerasConstants(tensor: signs, scale: scale(alpha, tensor, signs), type: type)
    }
    let channels = tensor.channelCount
    var scales = [Float](repeating: 0, count: channels)
    for (index, value) in tensor.values.enumerated() {
      scales[index % channels] = max(scales[index % channels], abs(Float(value)))
    }
    scales = scales.map { 2 * $0 / 3 }
    if isPowerOfTwo { scales = scales.map(Self.nearestPowerOfTwo) }
    var signs = tensor
    for _ in 0..<min(max(unrolls, 1), 100) {
      for (index, value) in tensor.values.enumerated() {
        let scale = scales[index % channels]
        let rounded = scale * (Float(value) / scale).rounded(.toNearestOrEven)
        signs.values[index] = abs(rounded) >= scale / 2 ? (value > 0 ? 1 : value < 0 ? -1 : 0) : 0
      }
      scales = Self.leastSquares(tensor, signs, isPowerOfTwo: isPowerOfTwo)
    }
    return QKerasConstants(tensor: signs, scale: scales.map(Double.init), type: type)
  }

  // MARK: - Scales

  private func scale(_ alpha: QKerasAlpha, _ tensor: ParameterTensor, _ signs: ParameterTensor) -> [Double]? {
    switch alpha {
    case .one: nil
    case .number(let number): [Double(Float(number))]
    case .automatic(let isPowerOfTwo):
      Self.leastSquares(tensor, signs, isPowerOfTwo: isPowerOfTwo).map(Double.init)
    }
  }

  /// By channel, what `q` has to be multiplied by to come nearest to `x`.
  private static func leastSquares(_ x: ParameterTensor, _ q: ParameterTensor, isPowerOfTwo: Bool) -> [Float] {
    let channels = x.channelCount
    var products = [Double](repeating: 0, count: channels)
    var squares = [Double](repeating: 0, count: channels)
    for (index, value) in q.values.enumerated() {
      products[index % channels] += x.values[index] * value
      squares[index % channels] += value * value
    }
    let count = Double(max(x.count / max(channels, 1), 1))
    return zip(products, squares).map { product, square in
      let scale = Float(product / count) / (Float(square / count) + epsilon)
      return isPowerOfTwo ? nearestPowerOfTwo(scale) : scale
    }
  }

  /// Keras's epsilon.
  private static let epsilon: Float = 1e-7

  private static func nearestPowerOfTwo(_ x: Float) -> Float {
    powf(2, (logf(x + epsilon) / Float(log(2.0))).rounded(.toNearestOrEven))
  }

  private static func value(_ x: Float, in type: FixedPointType) -> Float {
    Float(type.value(ofRaw: type.quantize(Double(x)).raw))
  }

  private func mapped(_ tensor: ParameterTensor, _ function: (Float) -> Float) -> ParameterTensor {
    var result = tensor
    for (index, value) in tensor.values.enumerated() { result.values[index] = Double(function(Float(value))) }
    return result
  }
}

extension ParameterTensor {
  /// Extent of the last axis; a vector has one scale for each of its elements.
  fileprivate var channelCount: Int { max(shape.last ?? 1, 1) }
}

extension QKerasPowers {
  /// The power of two, with the sign, that stands for a number.
  func value(of x: Double) -> Double {
    guard let slope = negativeSlope else { return (x < 0 ? -1 : 1) * magnitude(abs(x)) }
    if x >= 0 || slope == 0 { return magnitude(max(x, 0)) }
    return -magnitude(-x * slope)
  }

  private func magnitude(_ x: Double) -> Double {
    let epsilon = Double(Float(1e-7))
    let factor = isQuadratic ? 2 : 1
    // Here the exponent is not doubled.
    guard x >= epsilon else { return Self.power(exponents.lowerBound) }
    let argument = maximum.map { min(x, $0) } ?? x
    let logarithm = log2(isQuadratic ? argument.squareRoot() : argument)
    let rounded = logarithm.rounded(floors ? .down : .toNearestOrEven)
    let clamped = min(max(rounded, Double(exponents.lowerBound)), Double(exponents.upperBound))
    return Self.power(factor * Int(clamped))
  }

  /// Two to a power; nothing where float32 loses it beside any number that matters.
  static func power(_ exponent: Int) -> Double {
    exponent < -40 ? 0 : Double(sign: .plus, exponent: exponent, significand: 1)
  }
}
