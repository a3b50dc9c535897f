/// Delays of a fabric's primitives, in picoseconds, with an average net in each level.
///
/// Cell delays are of the order of the families' data sheets at their middle speed grade; the net is the share that place
/// and route adds to a level in a filled region. Uncalibrated: a report with real timing may replace them.
package struct DelayModel: Sendable, Hashable {
  /// Clock to output plus set-up of the registers around a stage.
  package var registerOverhead: Int
  /// One look-up table and the net to it.
  package var lut: Int
  /// Entering and leaving a carry chain, with the net to it.
  package var carryEntry: Int
  /// Eight bits of a carry chain.
  package var carryPerEight: Int
  /// What a third operand adds to the entry of a carry chain: a look-up table's other output and a short net to its neighbour.
  package var thirdOperand: Int
  /// A multiplier block, combinational.
  package var multiplier: Int
  /// The longer half of a multiplier block with a register in its middle and one at its end, with the net to it.
  package var multiplierHalf: Int
  /// A ROM of distributed LUTs beyond 64 entries, for each doubling.
  package var romDoubling: Int

  package static func of(_ family: DeviceFamily) -> DelayModel {
    switch family {
    case .ultraScalePlus:
      DelayModel(
        registerOverhead: 180,
        lut: 520,
        carryEntry: 760,
        carryPerEight: 45,
        thirdOperand: 320,
        multiplier: 2600,
        multiplierHalf: 1400,
        romDoubling: 180
      )
    case .ultraScale:
      DelayModel(
        registerOverhead: 220,
        lut: 650,
        carryEntry: 930,
        carryPerEight: 60,
        thirdOperand: 400,
        multiplier: 3200,
        multiplierHalf: 1700,
        romDoubling: 230
      )
    case .series7:
      DelayModel(
        registerOverhead: 300,
        lut: 820,
        carryEntry: 1150,
        carryPerEight: 110,
        thirdOperand: 500,
        multiplier: 3900,
        multiplierHalf: 2100,
        romDoubling: 300
      )
    }
  }

  /// A two-operand adder, subtractor or comparator whose carry chain has `bits` bits.
  package func adder(bits: Int) -> Int {
    bits <= 0 ? 0 : bits <= 2 ? lut : carryEntry + carryPerEight * ((bits + 7) / 8)
  }

  /// A three-operand adder: its bits are look-up tables with two outputs, of which one goes to the next bit's table.
  package func ternaryAdder(bits: Int) -> Int {
    bits <= 0 ? 0 : carryEntry + thirdOperand + carryPerEight * ((bits + 7) / 8)
  }

  /// A tree of look-up tables over `inputs` bits.
  package func logic(inputs: Int) -> Int {
    var levels = 1
    var reach = 6
    while reach < inputs {
      reach *= 6
      levels += 1
    }
    return inputs <= 1 ? 0 : levels * lut
  }

  /// A table of `entries` words in LUTs.
  package func rom(entries: Int) -> Int {
    let addressBits = max(1, (entries - 1).bitWidth - max(0, entries - 1).leadingZeroBitCount)
    return lut + max(0, addressBits - 6) * romDoubling
  }
}
