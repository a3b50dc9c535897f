import DesignIR
import Devices
import FixedPoint
import NetlistIR
import Testing

@testable import Estimation

/// What is counted for values one by one, by the structure that is emitted for them.
@Suite struct EstimationTests {
  private func builder(_ widths: [Int], signed: Bool = false) -> (NetlistBuilder, [ValueID]) {
    var builder = NetlistBuilder(name: "estimate")
    builder.beginScope(NetlistScope(name: "only", kind: "Test"))
    let inputs = widths.enumerated().map { element, width in
      builder.input(
        NetlistPort(
          tensor: "x",
          element: element,
          type: FixedPointType(width: width, integerBits: width, isSigned: signed)
        )
      )
    }
    return (builder, inputs)
  }

  /// All values in one stage, or in given ones.
  private func estimate(
    _ builder: NetlistBuilder,
    outputs: [ValueID],
    stages: [ValueID: Int32] = [:],
    latency: Int = 1
  ) -> DesignEstimate {
    var builder = builder
    for (element, value) in outputs.enumerated() {
      let type = FixedPointType.containing(builder.range(value), fractionBits: 0)
      builder.output(value, as: NetlistPort(tensor: "y", element: element, type: type))
    }
    let netlist = builder.netlist
    let circuit = Circuit(
      netlist: netlist,
      stages: netlist.values.indices.map { stages[ValueID($0)] ?? 0 },
      latency: latency,
      clockPeriod: 5,
      worstStageDelay: 1234
    )
    return DesignEstimate(Design(circuit))
  }

  @Test func adderTakesALUTForEachBitOfBothOperands() {
    var (builder, x) = builder([8, 8])
    let sum = builder.sum(x[0], x[1])
    let result = estimate(builder, outputs: [sum])
    // The highest bit is the carry alone.
    #expect(result.total.lut == 8 && result.total.carry8 == 2 && result.total.carry4 == 3)
    // The sum behind the last rank, and the valid bit.
    #expect(result.total.ff == 9 + 1)
  }

  @Test func `a sum of three takes a table for each bit that two terms decide`() {
    var (builder, x) = builder([8, 8, 8], signed: true)
    let terms = [SumTerm(x[0]), SumTerm(x[1], shift: 3), SumTerm(x[2], shift: 2, isNegative: true)]
    let sum = builder.simplified(.addThree(terms[0], terms[1], terms[2]))
    let result = estimate(builder, outputs: [sum])
    // 12 bits from -2044 to 1659; the lowest two are those of the first term.
    #expect(builder.range(sum).bitWidth == 12)
    #expect(result.total.lut == 10 && result.total.carry8 == 2)
  }

  @Test func `a sum of three takes a table, too, for a bit that is the carry alone`() {
    var (builder, x) = builder([4, 4, 4])
    let sum = builder.simplified(.addThree(SumTerm(x[0]), SumTerm(x[1]), SumTerm(x[2])))
    #expect(builder.range(sum).bitWidth == 6)
    #expect(estimate(builder, outputs: [sum]).total.lut == 6)
  }

  @Test func wiresAreFree() {
    var (builder, x) = builder([8, 4])
    let joined = builder.sum(builder.shiftLeft(x[0], 4), x[1])
    let middle = builder.bits(joined, low: 2, width: 6)
    let result = estimate(builder, outputs: [middle])
    #expect(result.total.lut == 0 && result.total.carry8 == 0)
  }

  @Test func choiceAmongFourBitsIsOneLUT() {
    var (builder, x) = builder([1, 1, 1, 1, 1, 1])
    let chosen = builder.select(x[0], builder.select(x[1], x[2], x[3]), builder.select(x[1], x[4], x[5]))
    #expect(estimate(builder, outputs: [chosen]).total.lut == 1)
  }

  @Test func comparisonWithAConstantOfSixBitsIsOneLUT() {
    var (builder, x) = builder([6])
    let less = builder.less(x[0], builder.constant(37))
    #expect(estimate(builder, outputs: [less]).total.lut == 1)
  }

  /// Two of the bits of the smaller table are equal.
  @Test(arguments: [(4, 8, 7), (6, 8, 8)])
  func smallTablesAreLUTs(address: Int, width: Int, lut: Int) {
    var (builder, x) = builder([address])
    let count = Int64(1) << Int64(address)
    let entries = (0..<count).map { entry -> Int64 in entry == 1 ? 255 : entry * 37 % 255 }
    let rom = builder.rom(Rom(name: "table", entries: entries))
    let word = builder.lookup(rom, address: x[0])
    #expect(builder[word].width == width)
    let result = estimate(builder, outputs: [word])
    #expect(result.total.lut == lut && result.total.bram18 == 0)
  }

  @Test func largeTablesBehindARegisterAreBlockMemories() {
    var (builder, x) = builder([10])
    let rom = builder.rom(Rom(name: "table", entries: (0..<Int64(1024)).map { $0 * 7919 % 65536 }))
    let word = builder.lookup(rom, address: x[0])
    let result = estimate(builder, outputs: [word], stages: [word: 1], latency: 2)
    #expect(result.total.lut == 0 && result.total.bram18 == 1)
  }

  /// Yosys 0.23 weighs a block of 18 kbit against 129 look-up tables of 64 bits.
  @Test(arguments: [(8, 32, 0), (8, 33, 1), (9, 16, 0), (9, 17, 1), (10, 8, 0), (10, 9, 1), (13, 1, 0)])
  func blockMemoriesAreWorthTheirPrice(address: Int, width: Int, blocks: Int) {
    var (builder, x) = builder([address])
    let count = 1 << address
    let entries = (0..<count).map { entry -> Int64 in
      if entry == 0 { return 0 }
      return entry == 1
        ? Int64(1) << Int64(width) - 1 : Int64(truncatingIfNeeded: entry &* 0x9E37_79B9_7F4A) >> 3 & (1 << width - 1)
    }
    let rom = builder.rom(Rom(name: "table", entries: entries))
    let word = builder.lookup(rom, address: x[0])
    #expect(builder[word].width == width)
    #expect(estimate(builder, outputs: [word], latency: 1).total.bram18 == blocks)
  }

  /// The register stands behind the shift, and is the memory's own all the same.
  @Test func wiresBehindATableLeaveItsRegisterInTheMemory() {
    var (builder, x) = builder([10])
    let rom = builder.rom(Rom(name: "table", entries: (0..<Int64(1024)).map { $0 * 7919 % 65536 }))
    let word = builder.lookup(rom, address: x[0])
    let direct = estimate(builder, outputs: [word], latency: 1).total
    let shift = builder.shiftLeft(word, 3)
    let shifted = estimate(builder, outputs: [shift], latency: 1).total
    #expect(shifted == direct && shifted.bram18 == 1 && shifted.lut == 0)
    // No more than the event's valid bit.
    #expect(shifted.ff == 1)
  }

  @Test func longDelaysAreShiftRegisters() {
    var (builder, x) = builder([8, 8])
    let late = builder.sum(x[0], x[1])
    let wait = estimate(builder, outputs: [late], stages: [late: 5], latency: 6)
    // Sixteen bits over five ranks take a LUT each, beside the adder's eight.
    #expect(wait.total.lut == 8 + 16)
    let short = estimate(builder, outputs: [late], stages: [late: 2], latency: 3)
    #expect(short.total.lut == 8 && short.total.ff == 2 * 16 + 9 + 3)
  }

  @Test func latencyAndLayersAreAsScheduled() throws {
    var (builder, x) = builder([8, 8])
    builder.beginScope(NetlistScope(name: "second", kind: "Test"))
    let sum = builder.sum(x[0], x[1])
    let result = estimate(builder, outputs: [sum], stages: [sum: 1], latency: 2)
    #expect(result.latencyCycles == 2 && result.initiationInterval == 1 && result.latencyNanoseconds == 10)
    let second = try #require(result.layers.last)
    #expect(second.name == "second" && second.stages == 1...1 && second.resources.lut == 8)
    #expect(result.layers.reduce(0) { $0 + $1.resources.lut } == result.total.lut)
  }

  @Test func `bits that nobody needs and bits that are there already cost nothing`() {
    var (builder, x) = builder([8, 8], signed: true)
    let sum = builder.sum(x[0], x[1])
    // Sign-extended, both operands repeat their highest bits: one table for all of them.
    #expect(estimate(builder, outputs: [sum]).total.lut == 8)
    // The low bits are needed for their carries, the high ones are not.
    let low = builder.bits(sum, low: 2, width: 3)
    let result = estimate(builder, outputs: [low])
    #expect(result.total.lut == 5 && result.total.carry4 == 2 && result.total.ff == 3 + 1)
    // The same bits twice behind the same rank are the same registers.
    let again = builder.bits(x[0], low: 0, width: 4)
    #expect(estimate(builder, outputs: [x[0], again]).total.ff == 8 + 1)
  }

  @Test func `a rectifier before a register is its reset`() {
    var (builder, x) = builder([8], signed: true)
    let negative = builder.less(x[0], builder.constant(0))
    let rectified = builder.select(negative, builder.constant(0), x[0])
    #expect(estimate(builder, outputs: [rectified]).total.lut == 0)
    // Read in its own stage, too, it is logic: the sum's look-up tables take it in, the chain's second input needs it.
    let sum = builder.sum(rectified, x[0])
    #expect(estimate(builder, outputs: [rectified, sum]).total.lut > 7)
  }

  @Test func `an adder takes gates into its look-up tables`() {
    var (builder, x) = builder([6, 6, 1])
    let masked = builder.select(x[2], x[1], builder.constant(0))
    let sum = builder.sum(x[0], masked)
    #expect(estimate(builder, outputs: [sum]).total.lut == 6)
  }

  @Test(arguments: [(6, 1), (12, 4), (18, 6), (24, 8)])
  func `comparisons with constants take two look-up tables for six bits`(width: Int, lut: Int) {
    var (builder, x) = builder([width])
    let bound = Int128(0x2A_AAAB & ((1 << width) - 1))
    let less = builder.less(x[0], builder.constant(bound))
    #expect(estimate(builder, outputs: [less]).total.lut == lut)
  }

  @Test func `tables of bits that are wires are wires`() {
    var (builder, x) = builder([8])
    // Bit 1 of the entry is bit 7 of the address, bit 0 the parity of the two lowest bits.
    let entries = (0..<Int64(256)).map { ($0 >> 7) << 1 | ($0 ^ $0 >> 1) & 1 }
    let rom = builder.rom(Rom(name: "table", entries: entries))
    let word = builder.lookup(rom, address: x[0])
    #expect(estimate(builder, outputs: [word]).total.lut == 1)
  }
}
