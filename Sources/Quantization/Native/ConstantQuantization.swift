import FixedPoint
import FixedPointIR

/// Rounding of real constants to integers on power-of-two grids.
enum ConstantQuantization {
  /// The largest magnitude that a constant may take as an integer.
  static let limit = 0x1p62
  /// Grids finer than this serve only numbers that are as good as zero.
  static let finestGrid = 60

  /// `value · 2^fractionBits`, rounded to nearest, ties to even, kept inside 63 bits.
  static func raw(_ value: Double, fractionBits: Int, rounding: FloatingPointRoundingRule = .toNearestOrEven) -> Int64 {
    let scaled = scaled(value, by: fractionBits).rounded(rounding)
    guard scaled.isFinite else { return scaled > 0 ? Int64(limit) : -Int64(limit) }
    return Int64(min(max(scaled, -limit), limit))
  }

  static func scaled(_ value: Double, by places: Int) -> Double {
    value * Double(sign: .plus, exponent: min(max(places, -1000), 1000), significand: 1)
  }

  /// The finest grid on which numbers of magnitudes up to `magnitude` fit a signed word of `bits` bits without saturation.
  static func fractionBits(forMagnitude magnitude: Double, bits: Int) -> Int {
    guard magnitude > 0, magnitude.isFinite else { return 0 }
    let largest = Double((1 << (bits - 1)) - 1)
    var places = bits - 2 - Int(magnitude.exponent)
    // A magnitude just below a power of two may round up to it, and then needs the coarser grid.
    while scaled(magnitude, by: places).rounded(.toNearestOrEven) > largest { places -= 1 }
    return min(places, finestGrid)
  }

  /// Constants of at most `bits` significant bits on one common grid, as coarse as their values allow.
  static func vector(_ values: [Double], bits: Int) -> ConstantVector {
    let places = fractionBits(forMagnitude: values.map(abs).max() ?? 0, bits: bits + 1)
    return reduced(values.map { raw($0, fractionBits: places) }, fractionBits: places)
  }

  /// Without the factors of two that all values share, and as one value where all are equal.
  static func reduced(_ raw: [Int64], fractionBits: Int) -> ConstantVector {
    let shared = raw.filter { $0 != 0 }.map(\.trailingZeroBitCount).min()
    let values = raw.map { $0 >> (shared ?? 0) }
    let isUniform = values.allSatisfy { $0 == values.first }
    return ConstantVector(
      raw: isUniform ? Array(values.prefix(1)) : values,
      fractionBits: shared.map { fractionBits - $0 } ?? 0
    )
  }
}
