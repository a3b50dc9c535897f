import AdderGraphs
import DataFiles
import Diagnostics
import FixedPoint

/// A matrix of integers, read from a `.npy`.
struct MatrixFile {
  var inputs: Int
  var outputs: Int
  /// Row-major `[inputs][outputs]`.
  var coefficients: [Int64]
  /// The file's numbers are `coefficients · 2^-fractionBits`.
  var fractionBits: Int

  /// Coefficients beyond this leave no room for exact sums in 64 bits.
  private static let largest = 1 << 31
  private static let mostFractionBits = 40
  private static let mostEntries = 1 << 24

  /// - Throws: A diagnostic if the file is no matrix of finite numbers on a binary grid.
  init(_ bytes: [UInt8], file: String) throws {
    let array = try NumPyArray(npy: bytes, file: file)
    let origin = Origin(file: file, place: "shape [\(array.shape.map(String.init).joined(separator: ", "))]")
    guard array.shape.count == 2, array.count > 0, array.count <= Self.mostEntries else {
      throw Diagnostic.error(
        "wrong-shape",
        "not a matrix",
        at: origin,
        hint: "save an array of shape [inputs, outputs]"
      )
    }
    (inputs, outputs) = (array.shape[0], array.shape[1])
    if let index = array.firstNonFinite {
      throw Diagnostic.error(
        "not-finite",
        "the entry [\(index / outputs), \(index % outputs)] is \(array.values[index])",
        at: origin,
        hint: "replace it by a number"
      )
    }
    guard let fractionBits = Self.grid(of: array.values) else {
      throw Diagnostic.error(
        "not-integers",
        "the entries are no integers, nor multiples of 2^-\(Self.mostFractionBits)",
        at: origin,
        hint: "round the matrix first: numpy.round(W * 2**f)"
      )
    }
    self.fractionBits = fractionBits
    let scale = Double(sign: .plus, exponent: fractionBits, significand: 1)
    if let index = array.values.firstIndex(where: { abs($0 * scale) > Double(Self.largest) }) {
      throw Diagnostic.error(
        "too-large",
        "the entry [\(index / outputs), \(index % outputs)] has more than 31 bits on the grid of 2^-\(fractionBits)",
        at: origin,
        hint: "use fewer fraction bits"
      )
    }
    coefficients = array.values.map { Int64($0 * scale) }
  }

  /// The fewest fraction bits that hold all values, or nil.
  private static func grid(of values: [Double]) -> Int? {
    let bits = values.reduce(0) { most, value in
      guard value != 0 else { return most }
      // The exponent of the least significant bit.
      let lowest = value.exponent - Double.Exponent(value.significandWidth)
      return max(most, Int(-lowest))
    }
    return bits <= mostFractionBits ? bits : nil
  }
}
