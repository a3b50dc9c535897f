import FixedPoint
import FixedPointIR

/// A monotone function as a table over the arguments that matter.
///
/// The table covers the raw arguments between the points beyond which the quantised function no longer changes; each entry
/// is the function at the middle of the arguments that select it, so it is exact to half a step where every argument has an
/// entry of its own.
struct FunctionTable {
  /// The arguments that occur, on one grid.
  var arguments: Interval
  var fractionBits: Int
  /// The type of the entries; they are rounded to nearest and clamped to ``clamp``.
  var type: FixedPointType
  /// The raw values that entries may take.
  var clamp: Interval
  /// The binary logarithm of the largest table.
  var sizeLog2: Int
  var function: (Double) -> Double

  /// The argument that a raw value, or the middle between two, stands for.
  private func argument(_ first: Int128, _ last: Int128) -> Double {
    ConstantQuantization.scaled((Double(first) + Double(last)) / 2, by: -fractionBits)
  }

  private func entry(_ first: Int128, _ last: Int128) -> Int128 {
    let value = function(argument(first, last))
    let raw = type.with(rounding: .roundHalfToEven, overflow: .saturate).quantize(value.isNaN ? 0 : value).raw
    return min(max(raw, clamp.lower), clamp.upper)
  }

  /// The last argument, from one end, that still gives the same entry as that end.
  private func endOfPlateau(from end: Int128, toward other: Int128) -> Int128 {
    let level = entry(end, end)
    var inside = end
    var outside = other
    if entry(other, other) == level { return other }
    while abs(outside - inside) > 1 {
      let middle = inside + (outside - inside) / 2
      if entry(middle, middle) == level { inside = middle } else { outside = middle }
    }
    return inside
  }

  var addressed: AddressedTable {
    let first = endOfPlateau(from: arguments.lower, toward: arguments.upper)
    let last = max(endOfPlateau(from: arguments.upper, toward: arguments.lower), first)
    var shift = 0
    while (last >> shift) - (first >> shift) >= Int128(1) << sizeLog2 { shift += 1 }
    let base = first >> shift
    let entries = (base...(last >> shift)).map { address -> Int64 in
      let low = address << shift
      let high = low + (Int128(1) << shift) - 1
      return Int64(entry(min(max(low, first), last), max(min(high, last), first)))
    }
    return AddressedTable(
      table: LookupTable(entries: entries, type: type),
      addressing: .linear(base: Int64(base), shift: shift)
    )
  }
}
