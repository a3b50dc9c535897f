import FixedPoint

/// How many instructions of each kind a netlist has, and what its adders cost.
package struct NetlistStatistics: Hashable, Sendable {
  package private(set) var adders = 0
  /// Bits of the carry chains of all adders; see ``AdderSpan``.
  package private(set) var adderBits = 0
  package private(set) var multipliers = 0
  package private(set) var clamps = 0
  package private(set) var comparisons = 0
  package private(set) var selects = 0
  /// Conditions combined or inverted.
  package private(set) var gates = 0
  package private(set) var lookups = 0
  /// Bits of all ROMs, as wide as their entries.
  package private(set) var romBits = 0
  /// Shifts, bit fields, inputs and constants.
  package private(set) var wires = 0

  package init(_ netlist: Netlist) {
    for (index, value) in netlist.values.enumerated() {
      switch value.instruction {
      case .add, .subtract, .addThree, .accumulate:
        adders += 1
        adderBits += netlist.adderSpan(of: ValueID(index))?.carryBits ?? 0
      case .multiply: multipliers += 1
      case .clamp: clamps += 1
      case .less, .equal: comparisons += 1
      case .select: selects += 1
      case .and, .or, .not: gates += 1
      case .lookup: lookups += 1
      case .input, .constant, .shiftLeft, .shiftRight, .bits, .wrap: wires += 1
      }
    }
    romBits = netlist.roms.reduce(0) { $0 + $1.entries.count * $1.range.bitWidth }
  }
}
