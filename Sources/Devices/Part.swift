/// An FPGA part: what it holds, and which delays its fabric has.
package struct Part: Sendable, Hashable {
  /// The family part of the ordering code, such as `xcvu13p`.
  package var name: String
  /// The full ordering code that Vivado wants, a common package and speed grade.
  package var orderingCode: String
  package var family: DeviceFamily
  package var capacity: ResourceCount
  /// Super logic regions (dies) of the part.
  package var superLogicRegions: Int

  package init(
    name: String,
    orderingCode: String,
    family: DeviceFamily,
    capacity: ResourceCount,
    superLogicRegions: Int
  ) {
    self.name = name
    self.orderingCode = orderingCode
    self.family = family
    self.capacity = capacity
    self.superLogicRegions = superLogicRegions
  }
}

/// Families with a common fabric.
package enum DeviceFamily: String, Sendable, Codable, CaseIterable {
  case series7 = "7-series"
  case ultraScale = "UltraScale"
  case ultraScalePlus = "UltraScale+"

  /// Bits of a carry block: `CARRY4` or `CARRY8`.
  ///
  /// In all three families a carry chain sums three operands with one look-up table a bit. Versal's look-up tables have
  /// the carry inside (`LOOKAHEAD8`) and would be a family of their own.
  package var carryBlockBits: Int {
    switch self {
    case .series7: 4
    case .ultraScale, .ultraScalePlus: 8
    }
  }

  /// The family's name for `yosys synth_xilinx -family`.
  package var yosysFamily: String {
    switch self {
    case .series7: "xc7"
    case .ultraScale: "xcu"
    case .ultraScalePlus: "xcup"
    }
  }
}

/// Amounts of the fabric's resources.
package struct ResourceCount: Sendable, Hashable, Codable {
  package var lut: Int
  package var ff: Int
  package var dsp: Int
  /// Block memories in halves of 18 kbit, the smallest amount that one takes.
  package var bram18: Int
  /// Carry blocks of eight bits; 7-series parts have blocks of four, counted as halves rounded up per chain.
  package var carry8: Int
  /// The same chains in blocks of four bits, as yosys counts them.
  package var carry4: Int

  package init(lut: Int = 0, ff: Int = 0, dsp: Int = 0, bram18: Int = 0, carry8: Int = 0, carry4: Int = 0) {
    self.lut = lut
    self.ff = ff
    self.dsp = dsp
    self.bram18 = bram18
    self.carry8 = carry8
    self.carry4 = carry4
  }

  /// Block memories of 36 kbit; two halves share one.
  package var bram36: Int { (bram18 + 1) / 2 }

  package static func + (a: ResourceCount, b: ResourceCount) -> ResourceCount {
    ResourceCount(
      lut: a.lut + b.lut,
      ff: a.ff + b.ff,
      dsp: a.dsp + b.dsp,
      bram18: a.bram18 + b.bram18,
      carry8: a.carry8 + b.carry8,
      carry4: a.carry4 + b.carry4
    )
  }

  package static func += (a: inout ResourceCount, b: ResourceCount) { a = a + b }
}
