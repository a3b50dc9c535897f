import FixedPoint
import FixedPointIR

/// The way from a raw argument to a table index, decoded once; see ``AddressedTable/index(ofRaw:fractionBits:)``.
struct AddressProgram: Sendable, Hashable {
  enum Rule: Sendable, Hashable {
    /// `trunc0(x · multiplier / 2^drop) << lift) + offset`.
    case scaled(multiplier: Int128, drop: Int, lift: Int, offset: Int128)
    /// `(x >> drop << lift) - base`.
    case linear(drop: Int, lift: Int, base: Int128)
    /// `(x & mask) >> drop`.
    case leadingBits(mask: Int128, drop: Int)
  }

  var rule: Rule
  var last: Int
  var work: WorkWidth

  func apply<W: WorkInteger>(to values: UnsafeMutablePointer<W>, count: Int) {
    switch rule {
    case .scaled(let multiplier, let drop, let lift, let offset):
      let factor = W(truncatingIfNeeded: multiplier)
      let down = W(truncatingIfNeeded: min(drop, W.bitWidth - 1))
      let up = W(truncatingIfNeeded: lift)
      let term = W(truncatingIfNeeded: offset)
      let mask = (W(1) &<< down) &- 1
      let sign = W(truncatingIfNeeded: W.bitWidth - 1)
      for i in 0..<count {
        let product = values[i] &* factor
        values[i] = (((product &+ ((product &>> sign) & mask)) &>> down) &<< up) &+ term
      }
      clamp(values, count)
    case .linear(let drop, let lift, let base):
      let down = W(truncatingIfNeeded: min(drop, W.bitWidth - 1))
      let up = W(truncatingIfNeeded: lift)
      let start = W(truncatingIfNeeded: base)
      for i in 0..<count { values[i] = ((values[i] &>> down) &<< up) &- start }
      clamp(values, count)
    case .leadingBits(let mask, let drop):
      let bits = W(truncatingIfNeeded: mask)
      let down = W(truncatingIfNeeded: drop)
      for i in 0..<count { values[i] = (values[i] & bits) &>> down }
    }
  }

  private func clamp<W: WorkInteger>(_ values: UnsafeMutablePointer<W>, _ count: Int) {
    let top = W(truncatingIfNeeded: last)
    for i in 0..<count { values[i] = min(max(values[i], 0), top) }
  }
}

extension NodeContext {
  /// The program that finds the entry for arguments of a known range.
  func addressProgram(_ table: AddressedTable, range: Interval, fractionBits: Int) throws -> AddressProgram {
    let count = table.table.entries.count
    try require(count > 0, "a table without entries")
    var held = [range, Interval(0, Int128(count))]
    let rule: AddressProgram.Rule
    switch table.addressing {
    case .scaled(let scaled):
      try require((0..<126).contains(scaled.rangeLog2), "a table range that is not a small power of two")
      let drop = scaled.rangeLog2 + max(fractionBits, 0)
      let lift = min(max(-fractionBits, 0), 32)
      let product = range.scaled(by: Int128(scaled.multiplier))
      let shifted = product.shifted(by: -scaled.rangeLog2).union(Interval(0)).shifted(by: lift)
      held += [product, shifted, shifted + Interval(Int128(scaled.offset)), Interval(Int128(scaled.multiplier))]
      rule = .scaled(multiplier: Int128(scaled.multiplier), drop: drop, lift: lift, offset: Int128(scaled.offset))
    case .linear(let base, let shift):
      let shifted = range.shifted(by: -shift)
      held += [shifted, shifted - Interval(Int128(base))]
      rule = .linear(drop: max(shift, 0), lift: max(-shift, 0), base: Int128(base))
    case .leadingBits(let bits, let width):
      try require(
        0 <= bits && bits <= width && width <= FixedPointType.maximumWidth && bits < 32 && count >= 1 << bits,
        "a table that its address does not fit"
      )
      held.append(Interval(0, Int128(1) << width))
      rule = .leadingBits(mask: (Int128(1) << width) - 1, drop: width - bits)
    }
    for interval in held { try check(interval) }
    return AddressProgram(rule: rule, last: count - 1, work: held.reduce(.int32) { max($0, WorkWidth(holding: $1)) })
  }
}
