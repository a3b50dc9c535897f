import Diagnostics
import Glibc
import ModelIR

// Quantisers that follow the range of what they quantise while they are trained.
extension LayerReader {
  /// A quantiser that found its integer bits while it was trained.
  mutating func adaptiveActivation() throws -> LayerMeaning {
    options.ignore([
      "current_step", "quantization_delay", "ema_freeze_delay", "ema_decay", "per_channel",
    ])
    let name = try options.string("activation") ?? "quantized_bits"
    guard let bits = try options.int("total_bits"), (1...32).contains(bits) else { throw missing("total_bits") }
    let isSymmetric = try options.bool("symmetric", default: true)
    let slope = try options.number("relu_neg_slope") ?? 0
    let isRectifier = name.hasPrefix("quantized_relu")
    let integer = try integerBits(of: bits, keepsNegative: !isRectifier || slope != 0, isSymmetric: isSymmetric)
    if isRectifier {
      guard slope >= 0, slope == 0 || slope.significand == 1 else {
        throw options.refuse("'\(layer.name)' has the negative slope \(slope), which is no power of two")
      }
      let bound = try options.number("relu_upper_bound")
      return .quantizer(
        .relu(
          QKerasReLU(bits: bits, integer: integer, usesSigmoid: false, negativeSlope: slope, upperBound: bound)
        )
      )
    }
    return .quantizer(
      .bits(QKerasBits(bits: bits, integer: integer, isSymmetric: isSymmetric, keepsNegative: true, alpha: .one))
    )
  }

  /// The integer bits that it settled on, as stored; else from the range that it saw last, as it sets them itself.
  private mutating func integerBits(of bits: Int, keepsNegative: Bool, isSymmetric: Bool) throws -> Int {
    let rounds = try options.bool("po2_rounding", default: false)
    func common(_ name: String) throws -> Double? {
      guard let stored = try weights.array(named: name, of: address), let first = stored.values.first else {
        return nil
      }
      guard stored.values.allSatisfy({ $0 == first }) else {
        throw options.refuse(
          "'\(layer.name)' has integer bits of its own for each channel",
          hint: "train it with per_channel=False"
        )
      }
      return first
    }
    let found: Double?
    if let stored = try common("quantizer_integer_bits") {
      found = stored
    } else if let least = try common("ema_min"), let greatest = try common("ema_max") {
      let range = keepsNegative ? (least, greatest) : (max(least, 0), max(greatest, 0))
      found = Double(
        Self.integerBits(
          from: Float(range.0),
          to: Float(range.1),
          unsigned: bits - (keepsNegative ? 1 : 0),
          isSymmetric: isSymmetric,
          rounds: rounds
        )
      )
    } else {
      found = nil
    }
    guard let found, let integer = Int(exactly: found), abs(integer) <= 64 else {
      throw Diagnostic.error(
        "missing-weight",
        "the integer bits that '\(layer.name)' found in training are not in the file",
        at: layer.origin,
        hint: "replace it by a QActivation with the bits that it settled on"
      )
    }
    return integer
  }

  /// Bits before the point that hold a range, in float32: the nearest power of two, or the next one.
  private static func integerBits(from least: Float, to greatest: Float, unsigned: Int, isSymmetric: Bool, rounds: Bool)
    -> Int
  {
    func bits(_ bound: Float) -> Float {
      let logarithm = logf(abs(bound)) / Float(log(2.0))
      return logarithm > 0 ? (rounds ? logarithm.rounded(.toNearestOrEven) : logarithm.rounded(.up)) : 0
    }
    func reach(_ bits: Float) -> Float { powf(2, bits) - powf(2, min(bits - Float(unsigned), 0)) }
    var (below, above) = (bits(least), bits(greatest))
    if !rounds {
      if greatest > reach(above) { above += 1 }
      if isSymmetric, least < -reach(below) { below += 1 }
    }
    return Int(min(Float(unsigned), max(below, above)).rounded())
  }
}
