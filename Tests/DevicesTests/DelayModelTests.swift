import Devices
import Testing

@Suite struct DelayModelTests {
  @Test(arguments: DeviceFamily.allCases) func nothingTakesNoTime(family: DeviceFamily) {
    let delays = DelayModel.of(family)
    #expect(delays.adder(bits: 0) == 0 && delays.adder(bits: -3) == 0)
    #expect(delays.logic(inputs: 0) == 0 && delays.logic(inputs: 1) == 0)
  }

  /// Two bits fit one look-up table; longer sums pay for the chain, by started blocks of eight.
  @Test(arguments: DeviceFamily.allCases) func addersGrowByBlocks(family: DeviceFamily) {
    let delays = DelayModel.of(family)
    #expect(delays.adder(bits: 2) == delays.lut)
    #expect(delays.adder(bits: 3) == delays.carryEntry + delays.carryPerEight)
    #expect(delays.adder(bits: 8) == delays.adder(bits: 3))
    #expect(delays.adder(bits: 9) == delays.carryEntry + 2 * delays.carryPerEight)
  }

  @Test(arguments: [(2, 1), (6, 1), (7, 2), (36, 2), (37, 3), (216, 3), (217, 4)])
  func logicIsATreeOfSixInputs(inputs: Int, levels: Int) {
    let delays = DelayModel.of(.series7)
    #expect(delays.logic(inputs: inputs) == levels * delays.lut)
  }

  @Test(arguments: [(1, 0), (2, 0), (64, 0), (65, 1), (128, 1), (129, 2), (1024, 4)])
  func romsGrowByDoublings(entries: Int, doublings: Int) {
    let delays = DelayModel.of(.ultraScale)
    #expect(delays.rom(entries: entries) == delays.lut + doublings * delays.romDoubling)
  }

  @Test func newerFamiliesAreFaster() {
    let families = [DeviceFamily.ultraScalePlus, .ultraScale, .series7].map(DelayModel.of)
    for (newer, older) in zip(families, families.dropFirst()) {
      #expect(newer.lut < older.lut && newer.registerOverhead < older.registerOverhead)
      #expect(newer.adder(bits: 24) < older.adder(bits: 24) && newer.multiplier < older.multiplier)
    }
  }
}
