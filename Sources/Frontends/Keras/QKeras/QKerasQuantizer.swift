import Diagnostics
import FixedPoint
import ModelIR

/// One of QKeras's quantisers, with the options that matter after training.
enum QKerasQuantizer {
  /// `quantized_bits` and `quantized_linear`; with one bit and a sign, the sign itself.
  case bits(QKerasBits)
  case relu(QKerasReLU)
  /// A function into `[-1, 1)`, or `[0, 1)` for the sigmoid.
  case tanh(bits: Int, isSymmetric: Bool, isReal: Bool)
  case sigmoid(bits: Int, isSymmetric: Bool, isReal: Bool)
  case hardSwish(QKerasBits, shift: Double, limit: Double)
  case ulaw(bits: Int, integer: Int, isSymmetric: Bool, u: Double)
  case powerOfTwo(QKerasPowers)
  /// `use01`: 0 and 1 in place of -1 and 1.
  case binary(alpha: QKerasAlpha, use01: Bool)
  case ternary(alpha: QKerasAlpha, threshold: Double?, unrolls: Int)
  /// A function of QKeras's or Keras's that quantises nothing.
  case function(String)
}

/// What multiplies the quantised numbers.
enum QKerasAlpha: Hashable {
  case one
  case number(Double)
  /// Fitted to the numbers, per channel.
  case automatic(isPowerOfTwo: Bool)
}

/// Numbers on a grid: `bits` in all, `integer` of them before the point, the sign not counted.
struct QKerasBits {
  var bits: Int
  var integer: Int
  var isSymmetric: Bool
  var keepsNegative: Bool
  var alpha: QKerasAlpha

  var isSign: Bool { bits == 1 && keepsNegative }

  /// The type of the numbers, before alpha multiplies them.
  var type: FixedPointType {
    FixedPointType(
      width: bits,
      integerBits: integer + (keepsNegative ? 1 : 0),
      isSigned: keepsNegative,
      rounding: .roundHalfToEven,
      overflow: isSymmetric && keepsNegative ? .saturateSymmetric : .saturate
    )
  }
}

struct QKerasReLU {
  var bits: Int
  var integer: Int
  var usesSigmoid: Bool
  var negativeSlope: Double
  /// A limit of the quantised numbers, which need not be on their grid.
  var upperBound: Double?
}

/// Powers of two with a sign, or without.
struct QKerasPowers {
  var bits: Int
  var maximum: Double?
  var isQuadratic: Bool
  var floors: Bool
  /// Of `quantized_relu_po2`; nil for the signed one.
  var negativeSlope: Double?

  /// The exponents that there are.
  var exponents: ClosedRange<Int> {
    let sign = maximum.map { $0 > 1 } ?? true
    let magnitude = bits - (negativeSlope == nil ? 1 : 0) - (sign ? 1 : 0)
    let reach = 1 << min(max(magnitude, 0), 8)
    return -reach...(isQuadratic ? 2 * ((reach - 1) / 2) : reach - 1)
  }
}

extension QKerasQuantizer {
  /// The classes and functions that are read.
  static let names: Set<String> = [
    "quantized_bits", "quantized_linear", "quantized_relu", "quantized_tanh", "quantized_sigmoid", "quantized_hswish",
    "quantized_ulaw", "quantized_po2", "quantized_relu_po2", "binary", "stochastic_binary", "ternary",
    "stochastic_ternary", "bernoulli", "binary_tanh", "binary_sigmoid", "smooth_tanh", "smooth_sigmoid",
  ]

  /// Reads a quantiser; nil where the value names none of QKeras's.
  ///
  /// - Parameters:
  ///   - title: what it is and whose, for messages.
  ///   - isKernel: QKeras fits the scale of kernels whose alpha is not given.
  static func read(
    _ value: JSONValue,
    _ title: String,
    origin: Origin,
    isKernel: Bool = false
  ) throws -> QKerasQuantizer? {
    guard let call = QuantizerCall(value), names.contains(call.name) else { return nil }
    return try QKerasQuantizerReader(call: call, title: title, origin: origin, isKernel: isKernel).read()
  }
}

private struct QKerasQuantizerReader {
  let call: QuantizerCall
  let title: String
  let origin: Origin
  let isKernel: Bool

  func read() throws -> QKerasQuantizer {
    try checkNoise()
    switch call.name {
    case "quantized_bits": return .bits(try bits(isSymmetric: false))
    case "quantized_linear": return .bits(try bits(isSymmetric: true))
    case "quantized_hswish":
      var bits = try bits(isSymmetric: false)
      bits.keepsNegative = true
      let limit = try number("relu_upper_bound") ?? 6
      guard limit > 0 else { throw refuse("has the upper bound \(limit)") }
      return .hardSwish(bits, shift: try number("relu_shift") ?? 3, limit: limit)
    case "quantized_relu": return .relu(try relu())
    case "quantized_tanh":
      // Versions without `symmetric` mean it.
      return .tanh(
        bits: try width(8),
        isSymmetric: try flag("symmetric", 2) ?? call.isSerialised,
        isReal: try flag("use_real_tanh", 3) ?? false
      )
    case "quantized_sigmoid":
      return .sigmoid(
        bits: try width(8),
        isSymmetric: try flag("symmetric", 1) ?? call.isSerialised,
        isReal: try flag("use_real_sigmoid", 2) ?? false
      )
    case "quantized_ulaw":
      let u = try number("u", 3) ?? 255
      guard u > 0 else { throw refuse("has u = \(u)") }
      return .ulaw(bits: try width(8), integer: try integer(), isSymmetric: try flag("symmetric", 2) ?? false, u: u)
    case "quantized_po2": return .powerOfTwo(try powers(negativeSlope: nil))
    case "quantized_relu_po2": return .powerOfTwo(try powers(negativeSlope: try number("negative_slope", 2) ?? 0))
    case "binary", "stochastic_binary":
      let isStochastic = call.name == "stochastic_binary"
      return .binary(
        alpha: try alpha(isStochastic ? 0 : 1),
        use01: isStochastic ? false : try flag("use_01", 0) ?? false
      )
    // At inference too it is drawn at random, with the sign as its likeliest value.
    case "bernoulli": return .binary(alpha: try alpha(0), use01: true)
    case "ternary", "stochastic_ternary":
      return .ternary(
        alpha: try alpha(0),
        threshold: try number("threshold", 1),
        unrolls: try int("number_of_unrolls") ?? 5
      )
    default: return .function(call.name)
    }
  }

  private func bits(isSymmetric: Bool) throws -> QKerasBits {
    var result = QKerasBits(
      bits: try width(8),
      integer: try integer(),
      isSymmetric: try flag("symmetric", 2) ?? isSymmetric,
      keepsNegative: try flag("keep_negative", 3) ?? true,
      alpha: try alpha(4)
    )
    if case .automatic = result.alpha { result.isSymmetric = true }
    return result
  }

  private func relu() throws -> QKerasReLU {
    // `quantized_relu(quantized_bits(8, 0), 0)`: the bits are those of the quantiser inside.
    var nestedBits: QKerasBits?
    if let inner = call.nested[0], inner.name == "quantized_bits" || inner.name == "quantized_linear" {
      let reader = QKerasQuantizerReader(call: inner, title: title, origin: origin, isKernel: false)
      nestedBits = try reader.bits(isSymmetric: false)
    }
    let slope = try number("negative_slope", 3) ?? 0
    guard slope >= 0, slope == 0 || slope.significand == 1 else {
      throw refuse("has the negative slope \(slope), which is no power of two")
    }
    let clips = try flag("is_quantized_clip", 6) ?? true
    let bound = try number("relu_upper_bound", 5)
    return QKerasReLU(
      bits: try nestedBits?.bits ?? width(8),
      integer: try integer(nestedBits?.integer ?? 0),
      usesSigmoid: try flag("use_sigmoid", 2) ?? false,
      negativeSlope: slope,
      upperBound: clips ? nil : bound
    )
  }

  private func powers(negativeSlope: Double?) throws -> QKerasPowers {
    let rounding = call["log2_rounding"]?.string ?? "rnd"
    guard rounding == "rnd" || rounding == "floor" else { throw refuse("rounds by '\(rounding)'") }
    if let slope = negativeSlope, slope < 0 || (slope > 0 && slope.significand != 1) {
      throw refuse("has the negative slope \(slope), which is no power of two")
    }
    let maximum = try number("max_value", 1)
    guard maximum ?? 1 > 0 else { throw refuse("has no positive maximum") }
    return QKerasPowers(
      bits: try width(8),
      maximum: maximum,
      isQuadratic: try flag("quadratic_approximation") ?? false,
      floors: rounding == "floor",
      negativeSlope: negativeSlope
    )
  }

  // MARK: - Arguments

  private func alpha(_ position: Int) throws -> QKerasAlpha {
    guard let value = call["alpha", position] else { return isKernel ? .automatic(isPowerOfTwo: true) : .one }
    if let number = value.number {
      guard number.isFinite, number != 0 else { throw refuse("has alpha \(number)") }
      return number == 1 ? .one : .number(number)
    }
    switch value.string {
    case "auto": return .automatic(isPowerOfTwo: false)
    case "auto_po2": return .automatic(isPowerOfTwo: true)
    default: throw refuse("has an alpha that is neither a number nor 'auto' nor 'auto_po2'")
    }
  }

  private func width(_ fallback: Int) throws -> Int {
    let bits = try int("bits", 0) ?? fallback
    guard (1...32).contains(bits) else { throw refuse("has \(bits) bits") }
    return bits
  }

  private func integer(_ fallback: Int = 0) throws -> Int {
    let bits = try int("integer", 1) ?? fallback
    guard abs(bits) <= 64 else { throw refuse("has \(bits) integer bits") }
    return bits
  }

  private func int(_ key: String, _ position: Int? = nil) throws -> Int? {
    guard let number = try number(key, position) else { return nil }
    guard let value = Int(exactly: number) else { throw refuse("sets '\(key)' to \(number)") }
    return value
  }

  private func number(_ key: String, _ position: Int? = nil) throws -> Double? {
    guard let value = call[key, position] else { return nil }
    guard let number = value.number ?? value.bool.map({ $0 ? 1 : 0 }), number.isFinite else {
      throw refuse("sets '\(key)' to something that is not a number")
    }
    return number
  }

  private func flag(_ key: String, _ position: Int? = nil) throws -> Bool? {
    try number(key, position).map { $0 != 0 }
  }

  /// While training is warmed up, quantised and unquantised numbers may be mixed.
  private func checkNoise() throws {
    guard let noise = try? number("qnoise_factor"), noise != 1 else { return }
    throw refuse("mixes quantised and unquantised numbers (qnoise_factor \(noise))")
  }

  private func refuse(_ what: String) -> Diagnostic {
    .error(
      "unsupported-quantizer",
      "\(title), \(call.name), \(what)",
      at: origin,
      hint: "quantise with quantized_bits or quantized_relu"
    )
  }
}
