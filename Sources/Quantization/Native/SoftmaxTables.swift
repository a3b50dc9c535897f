import FixedPoint
import FixedPointIR
import Glibc

/// The tables of a softmax: differences to the maximum on a grid on which each has an entry, the exact sum, its reciprocal.
///
/// The largest element's difference is 0 and its exponential exactly 1, so the sum lies within `1...n`, and the reciprocal's
/// table needs to cover no more.
struct SoftmaxTables {
  /// The types and proven ranges of the argument.
  let types: ElementTypes
  let ranges: [Interval]
  /// Fraction bits of an exponential.
  let entryBits: Int
  /// The binary logarithm of the largest table.
  let tableBits: Int

  func normalized(_ groups: SoftmaxGroups) -> NormalizedSoftmax {
    let entryType = FixedPointType(width: entryBits + 1, integerBits: 1, isSigned: false)
    let grid = types.alignmentFractionBits
    let widest = widestDifference
    let step = Self.differenceFractionBits(
      widest: ConstantQuantization.scaled(Double(widest), by: -grid),
      grid: grid,
      tableBits: tableBits
    )
    let whole = FixedPointType.containing(Interval(0, widest), fractionBits: grid)
    // One integer bit more than the range, for the carry of rounding.
    let differenceBits = max(whole.integerBits + 1 + step, 1)
    let difference = FixedPointType(
      width: differenceBits,
      integerBits: differenceBits - step,
      isSigned: false,
      rounding: .roundHalfUp
    )
    let exponentials = exponentialEntries(widest: widest, grid: grid, step: step)
    let size = groups.size
    let sumType = FixedPointType.containing(
      Interval(0, Int128(size) << entryBits),
      fractionBits: entryBits
    )
    let room = tableBits + 1
    let sumStep = min(max(0, room - Self.log2(size - 1)), entryBits)
    let largest = Int128(size) << sumStep
    let reciprocalInput = FixedPointType.containing(Interval(0, largest), fractionBits: sumStep)
      .with(rounding: .roundHalfUp)
    let one = Int64(1) << sumStep
    let last = max(one, min(Int64(largest), one + (Int64(1) << room) - 1))
    let reciprocals = (one...last).map { raw in
      ConstantQuantization.raw(Double(one) / Double(raw), fractionBits: entryBits)
    }
    return NormalizedSoftmax(
      differenceType: difference,
      exponential: AddressedTable(
        table: LookupTable(entries: exponentials, type: entryType),
        addressing: .linear(base: 0, shift: 0)
      ),
      sumType: sumType,
      reciprocalInputType: reciprocalInput,
      reciprocal: AddressedTable(
        table: LookupTable(entries: reciprocals, type: entryType),
        addressing: .linear(base: one, shift: 0)
      )
    )
  }

  /// The largest possible distance of two elements, on the grid of the tensor.
  private var widestDifference: Int128 {
    let grid = types.alignmentFractionBits
    let ranges = ranges.enumerated().map { element, range in
      ExactRange(raw: range, fractionBits: types[element].fractionBits).raw(on: grid)
    }
    return max((ranges.map(\.upper).max() ?? 0) - (ranges.map(\.lower).min() ?? 0), 1)
  }

  /// The grid of the differences: as fine as the table allows while what it leaves out stays smaller than its step's error.
  private static func differenceFractionBits(widest: Double, grid: Int, tableBits: Int) -> Int {
    func error(_ step: Int) -> Double {
      // A probability p errs by p(1-p) <= 1/4 times the error of its difference, half a step.
      let rounding = step >= grid ? 0 : ConstantQuantization.scaled(0.125, by: -step)
      let covered = ConstantQuantization.scaled(1, by: tableBits - step)
      return max(rounding, widest > covered ? exp(-covered) : 0)
    }
    let candidates = min(0, grid)...max(0, min(grid, tableBits + 8))
    return candidates.min { error($0) < error($1) } ?? 0
  }

  private func exponentialEntries(widest: Int128, grid: Int, step: Int) -> [Int64] {
    let reachable = ConstantQuantization.scaled(Double(widest), by: step - grid).rounded(.up)
    let size = Int(min(reachable + 1, Double(1 << tableBits)))
    return (0..<size).map { index in
      // The last entry also stands for all that lies beyond, down to 0.
      let beyond = index == size - 1 && reachable >= Double(size) ? 0.5 : 1
      let value = exp(-ConstantQuantization.scaled(Double(index), by: -step)) * beyond
      return ConstantQuantization.raw(value, fractionBits: entryBits)
    }
  }

  /// The bits of a positive number, 0 for 0: the smallest power of two above it.
  private static func log2(_ value: Int) -> Int { value > 0 ? Int.bitWidth - (value - 1).leadingZeroBitCount : 0 }
}
