import FixedPoint
import NetlistIR

/// What one table adds to a sum: an unsigned number.
struct TableTerm {
  var value: ScaledValue
  /// The largest entry less the value, if the table is so small that a subtractor takes it into its own look-up tables.
  var complement: ScaledValue?

  /// The place of its lowest bit, as a power of two, and the one above its highest.
  fileprivate var low: Int { -value.fractionBits }
  fileprivate var high: Int { low + value.range.bitWidth }
}

/// Terms that have no place in common: side by side, they are one operand of an adder.
struct TermRow {
  /// From the lowest places up.
  private(set) var terms: [TableTerm]

  private var bits: Int { terms.reduce(0) { $0 + $1.value.range.bitWidth } }
  private var low: Int { terms[0].low }
  private var high: Int { terms[terms.count - 1].high }

  /// Terms in as few rows as there are terms at the fullest place; those of small tables by themselves, behind the others.
  ///
  /// An adder has a look-up table for each bit in any case: rows save levels of adders, and carry chains.
  static func packed(_ terms: [TableTerm]) -> [TermRow] {
    let small = rows(terms.filter { $0.complement != nil })
    // The first of a chain is not taken in by an adder: it should be small.
    return rows(terms.filter { $0.complement == nil }) + small.sorted { $0.bits < $1.bits }
  }

  private static func rows(_ terms: [TableTerm]) -> [TermRow] {
    func isBefore(_ a: TableTerm, _ b: TableTerm) -> Bool {
      (a.low, b.high, a.value.id.raw) < (b.low, a.high, b.value.id.raw)
    }
    var rows: [TermRow] = []
    for term in terms.sorted(by: isBefore) {
      let free = rows.indices.filter { rows[$0].high <= term.low }
      // The row that leaves the least of a gap.
      if let row = free.max(by: { (rows[$0].high, $1) < (rows[$1].high, $0) }) {
        rows[row].terms.append(term)
      } else {
        rows.append(TermRow(terms: [term]))
      }
    }
    return rows
  }
}
