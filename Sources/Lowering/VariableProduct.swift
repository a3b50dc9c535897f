import FixedPoint
import FixedPointIR
import NetlistIR

/// Products of two values.
///
/// Narrow ones are made of look-up tables: a table for each bit of the result where both factors together have as many bits
/// as a table, else one row for every two bits of a factor, each row a look-up table and a bit of a carry chain per bit
/// (Kumm, Abbas and Zipf, ARITH 2015). An 8 × 8 product takes 36 tables; synthesis makes 182 of `a * b` without DSP blocks.
extension NetlistBuilder {
  /// What a DSP block is worth: rows of more bits are left to it.
  private static let tablesOfBlock = 80
  private static let tableInputs = 6
  /// A product that may take a DSP block; what synthesis would leave to tables by itself takes half as many of these.
  mutating func blockProduct(_ a: ScaledValue, _ b: ScaledValue) -> ScaledValue {
    Netlist.isForBlocks(product: a.range.bitWidth, b.range.bitWidth) ? product(a, b) : tableProduct(a, b)
  }

  /// - Parameter atAnyWidth: Whether wide products are no block's, either.
  mutating func tableProduct(_ a: ScaledValue, _ b: ScaledValue, atAnyWidth: Bool = false) -> ScaledValue {
    if a.range.isConstant || b.range.isConstant { return product(a, b) }
    for (bit, other) in [(a, b), (b, a)] where bit.range == .bit {
      let zero = constant(0)
      let id = select(bit.id, other.id, zero)
      return scaled(id, fractionBits: a.fractionBits + b.fractionBits, range: other.range.union(Interval(0)))
    }
    let range = a.id == b.id ? a.range.squared : a.range * b.range
    let id: ValueID
    if a.id != b.id && a.range.bitWidth + b.range.bitWidth <= Self.tableInputs {
      id = smallProduct(a, b)
    } else {
      let (x, y) = (rowBits(a.range, times: b.range), rowBits(b.range, times: a.range))
      guard atAnyWidth || min(x, y) <= Self.tablesOfBlock else { return product(a, b) }
      id = x < y ? rows(a, times: b) : rows(b, times: a)
    }
    return scaled(id, fractionBits: a.fractionBits + b.fractionBits, range: range)
  }

  /// Every product in a table.
  private mutating func smallProduct(_ a: ScaledValue, _ b: ScaledValue) -> ValueID {
    let (wide, narrow) = (a.range.bitWidth, b.range.bitWidth)
    func number(_ pattern: Int, _ range: Interval) -> Int64 {
      let width = range.bitWidth
      return Int64(range.lower < 0 && pattern >> (width - 1) != 0 ? pattern - (1 << width) : pattern)
    }
    let entries = (0..<1 << (wide + narrow)).map { address in
      number(address & ((1 << wide) - 1), a.range) * number(address >> wide, b.range)
    }
    let table = rom(Rom(name: "product\(wide)x\(narrow)", entries: entries))
    let low = bits(a.id, low: 0, width: wide)
    let high = bits(b.id, low: 0, width: narrow)
    return lookup(table, address: sum(low, shift: 0, high, shift: wide))
  }

  /// A row for each digit of a factor, from the lowest up: below a row, the bits of the sum are done.
  private mutating func rows(_ factor: ScaledValue, times digits: ScaledValue) -> ValueID {
    let (multiple, number) = (narrowed(factor.id, to: factor.range), narrowed(digits.id, to: digits.range))
    var sum = constant(0)
    for (row, part) in Self.parts(of: digits.range).enumerated() {
      let next = accumulated(sum, multiple, digits: number, place: 2 * row, shift: 2 * row)
      sum = narrowed(next, to: factor.range * part)
    }
    return sum
  }

  /// Bits of the carry chains.
  private func rowBits(_ factor: Interval, times digits: Interval) -> Int {
    Self.parts(of: digits).enumerated().reduce(0) { $0 + (factor * $1.element).bitWidth - 2 * $1.offset }
  }

  /// What the digits up to each one add up to: the low bits as two's complement, at last the number itself.
  private static func parts(of numbers: Interval) -> [Interval] {
    let count = RadixFourDigit.count(numbers)
    return (1...count).map { row in
      guard row < count else { return numbers }
      let half = Int128(1) << (2 * row - 1)
      return Interval(-half, half - 1)
    }
  }
}
