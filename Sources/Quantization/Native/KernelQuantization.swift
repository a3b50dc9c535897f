import FixedPoint
import FixedPointIR
import ModelIR

/// The weights of a dense layer as integers.
///
/// Weight `w_ij` is rounded to nearest on a grid of step `2^-(f_j - r_i)`. `f_j` is one per layer, or one per output. `r_i`
/// makes the grid of an input that never grows large coarser by as much: what counts is the error of `w_ij · x_i`, and so
/// each input contributes about the same error, and layers behind a batch normalisation lose nothing to its scales.
struct KernelQuantization {
  var weights: [Int64]
  var fractionBits: Int
  /// `rounded - exact` per weight, for bias correction.
  var errors: [Double]

  /// - Parameter magnitudes: how large each input gets.
  init(_ layer: DenseLayer, bits: Int, grid: NativeOptions.WeightGrid, magnitudes: [Double]) {
    let n = layer.inputSize
    let m = layer.outputSize
    let rows = Self.rowExponents(magnitudes)
    let scaled = layer.kernel.values.enumerated().map { index, weight in
      ConstantQuantization.scaled(weight, by: -rows[index / m])
    }
    let largest = (0..<m).map { j in (0..<n).reduce(0.0) { max($0, abs(scaled[$1 * m + j])) } }
    let coarsest = ConstantQuantization.fractionBits(forMagnitude: largest.max() ?? 0, bits: bits)
    let places = largest.map { magnitude in
      guard grid == .output, magnitude > 0 else { return coarsest }
      // No grid so much finer than another that shifted weights could leave 63 bits.
      return min(ConstantQuantization.fractionBits(forMagnitude: magnitude, bits: bits), coarsest + 24)
    }
    let finest = places.max() ?? 0
    let raw = scaled.enumerated().map { index, weight in
      let j = index % m
      return ConstantQuantization.raw(weight, fractionBits: places[j]) << (rows[index / m] + finest - places[j])
    }
    let shared = raw.filter { $0 != 0 }.map(\.trailingZeroBitCount).min()
    weights = raw.map { $0 >> (shared ?? 0) }
    let fractionBits = shared.map { finest - $0 } ?? 0
    self.fractionBits = fractionBits
    errors = zip(weights, layer.kernel.values).map { weight, exact in
      ConstantQuantization.scaled(Double(weight), by: -fractionBits) - exact
    }
  }

  /// By how many places the grid of each row is coarser than that of the input that grows largest.
  private static func rowExponents(_ magnitudes: [Double]) -> [Int] {
    guard let largest = magnitudes.max(), largest > 0, largest.isFinite else {
      return [Int](repeating: 0, count: magnitudes.count)
    }
    return magnitudes.map { magnitude in
      // Inputs that calibration never saw at work keep some precision.
      magnitude > 0 ? min(Int(largest.exponent - magnitude.exponent), 12) : 3
    }
  }
}
