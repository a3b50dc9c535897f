import FixedPoint

/// The contents of a ROM: raw values of one type.
package struct LookupTable: Hashable, Sendable {
  package var entries: [Int64]
  package var type: FixedPointType

  package init(entries: [Int64], type: FixedPointType) {
    self.entries = entries
    self.type = type
  }
}

/// A table and the rule that turns an argument into an address.
package struct AddressedTable: Hashable, Sendable {
  package var table: LookupTable
  package var addressing: TableAddressing

  package init(table: LookupTable, addressing: TableAddressing) {
    self.table = table
    self.addressing = addressing
  }
}

/// How an argument becomes a table index.
package enum TableAddressing: Hashable, Sendable {
  /// hls4ml's scaled index, clamped to the table; see ``ScaledAddressing``.
  case scaled(ScaledAddressing)
  /// `clamp(floor(x_raw / 2^shift) - base, 0, N - 1)`; a negative shift multiplies. The native rule: the table covers the
  /// proven range of the argument.
  case linear(base: Int64, shift: Int)
  /// The top `bits` bits of the argument's raw pattern of `width` bits, read as unsigned: hls4ml's softmax tables.
  case leadingBits(bits: Int, width: Int)
}

/// hls4ml's address of a table over `[-range/2, range/2)`, or over negative arguments:
/// `index = trunc0(trunc0(x_raw · multiplier / 2^rangeLog2) / 2^F) + offset`, clamped to `[0, N-1]`, where `F` is the
/// argument's fraction bits (a negative `F` multiplies) and `trunc0` truncates toward zero.
package struct ScaledAddressing: Hashable, Sendable {
  /// The table size `N`, negated for tables over `-x`.
  package var multiplier: Int64
  package var rangeLog2: Int
  package var offset: Int64

  package init(multiplier: Int64, rangeLog2: Int, offset: Int64) {
    self.multiplier = multiplier
    self.rangeLog2 = rangeLog2
    self.offset = offset
  }
}

extension AddressedTable {
  /// The address of a raw argument with `fractionBits`: the definition that simulator and firmware reproduce.
  package func index(ofRaw raw: Int128, fractionBits: Int) -> Int {
    let last = Int128(table.entries.count - 1)
    switch addressing {
    case .scaled(let rule):
      let scaled = raw * Int128(rule.multiplier) / (Int128(1) << rule.rangeLog2)
      let whole =
        fractionBits >= 0
        ? scaled / (Int128(1) << min(fractionBits, 126)) : scaled << min(-fractionBits, 32)
      return Int(min(max(whole + Int128(rule.offset), 0), last))
    case .linear(let base, let shift):
      let position = shift >= 0 ? raw >> min(shift, 127) : raw << -shift
      return Int(min(max(position - Int128(base), 0), last))
    case .leadingBits(let bits, let width):
      let pattern = raw & ((Int128(1) << width) - 1)
      return Int(pattern >> (width - bits))
    }
  }

  /// The entry that a raw argument selects.
  package func entry(ofRaw raw: Int128, fractionBits: Int) -> Int64 {
    table.entries[index(ofRaw: raw, fractionBits: fractionBits)]
  }
}
