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

  @Test func adderTakesALUTForEachBitOfItsChain() {
    var (builder, x) = builder([8, 8])
    let sum = builder.sum(x[0], x[1])
    let result = estimate(builder, outputs: [sum])
    #expect(result.total.lut == 9 && result.total.carry8 == 2 && result.total.carry4 == 3)
    // The sum behind the last rank, and the valid bit.
    #expect(result.total.ff == 9 + 1)
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

  @Test(arguments: [(4, 8, 4), (6, 8, 8)])
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

  @Test func longDelaysAreShiftRegisters() {
    var (builder, x) = builder([8, 8])
    let late = builder.sum(x[0], x[1])
    let wait = estimate(builder, outputs: [late], stages: [late: 5], latency: 6)
    // Sixteen bits over five ranks take a LUT each, beside the adder's nine.
    #expect(wait.total.lut == 9 + 16)
    let short = estimate(builder, outputs: [late], stages: [late: 2], latency: 3)
    #expect(short.total.lut == 9 && short.total.ff == 2 * 16 + 9 + 3)
  }

  @Test func latencyAndLayersAreAsScheduled() throws {
    var (builder, x) = builder([8, 8])
    builder.beginScope(NetlistScope(name: "second", kind: "Test"))
    let sum = builder.sum(x[0], x[1])
    let result = estimate(builder, outputs: [sum], stages: [sum: 1], latency: 2)
    #expect(result.latencyCycles == 2 && result.initiationInterval == 1 && result.latencyNanoseconds == 10)
    let second = try #require(result.layers.last)
    #expect(second.name == "second" && second.stages == 1...1 && second.resources.lut == 9)
    #expect(result.layers.reduce(0) { $0 + $1.resources.lut } == result.total.lut)
  }
}
