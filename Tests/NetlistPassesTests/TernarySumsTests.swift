import DesignIR
import Devices
import FixedPoint
import Fuzzing
import NetlistIR
import TestSupport
import Testing

@testable import NetlistPasses

/// Adders of three operands: the same bits, no later, and as many as a matching allows.
@Suite struct TernarySumsTests {
  private static let delays = DelayModel.of(.ultraScalePlus)

  private func joined(_ netlist: Netlist, clockPeriod: Double = 5) -> Netlist {
    TernarySums.run(netlist, delays: Self.delays, options: PipelineOptions(clockPeriod: clockPeriod))
  }

  private func ternaryCount(_ netlist: Netlist) -> Int {
    netlist.values.count { if case .addThree = $0.instruction { true } else { false } }
  }

  @Test(arguments: 0..<60 as Range<UInt64>)
  func `sums keep every bit and no pipeline gets longer`(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let netlist = DeadValueElimination.run(RandomSums.netlist(terms: 40, &generator))
    for clockPeriod in [1.6, 2.4, 5] {
      let result = joined(netlist, clockPeriod: clockPeriod)
      try NetlistVerifier.verify(result)
      #expect(try Netlist(parsing: result.description, file: "joined").description == result.description)
      let (before, after) = (NetlistInterpreter(netlist), NetlistInterpreter(result))
      for inputs in RandomSums.events(10, of: netlist, &generator) {
        #expect(before.outputs(for: inputs) == after.outputs(for: inputs), "seed \(seed)")
      }
      #expect(NetlistStatistics(result).adders + ternaryCount(result) == NetlistStatistics(netlist).adders)
      var options = PipelineOptions(clockPeriod: clockPeriod)
      let binary = PipelineScheduler.schedule(netlist, delays: Self.delays, options: options)
      options.joinsSums = true
      let ternary = PipelineScheduler.schedule(netlist, delays: Self.delays, options: options)
      #expect(ternary.latency <= binary.latency, "seed \(seed)")
      #expect(ternary.worstStageDelay <= max(binary.worstStageDelay, Int(clockPeriod * 1000)))
    }
    #expect(ternaryCount(joined(netlist)) > 0)
  }

  @Test(arguments: [(3, 1), (4, 1), (5, 2), (8, 3), (9, 4)])
  func `a chain of sums is joined two by two`(terms: Int, count: Int) throws {
    var builder = NetlistBuilder(name: "chain")
    builder.beginScope(NetlistScope(name: "layer", kind: "Dense"))
    let type = FixedPointType(width: 8, integerBits: 8)
    let inputs = (0..<terms).map { builder.input(NetlistPort(tensor: "x", element: $0, type: type)) }
    let sum = inputs.dropFirst().reduce(inputs[0]) { builder.sum($0, $1) }
    builder.output(
      sum,
      as: NetlistPort(tensor: "y", element: 0, type: FixedPointType(width: 12, integerBits: 12))
    )
    #expect(ternaryCount(joined(builder.netlist)) == count)
  }

  @Test func `three negative terms, a shared sum and a table's adder stay as they are`() throws {
    var builder = NetlistBuilder(name: "apart")
    builder.beginScope(NetlistScope(name: "layer", kind: "Dense"))
    let type = FixedPointType(width: 5, integerBits: 5, isSigned: false)
    let inputs = (0..<4).map { builder.input(NetlistPort(tensor: "x", element: $0, type: type)) }
    let negative = builder.difference(builder.negate(inputs[0]), builder.sum(inputs[1], inputs[2]))
    let rom = builder.rom(Rom(name: "t", entries: (0..<32).map { Int64($0 * $0 % 29) }))
    let table = builder.sum(builder.sum(inputs[0], builder.lookup(rom, address: inputs[3])), inputs[1])
    let shared = builder.sum(inputs[2], inputs[3])
    let wide = FixedPointType(width: 12, integerBits: 12)
    for (index, value) in [negative, table, shared, builder.sum(shared, inputs[0])].enumerated() {
      builder.output(value, as: NetlistPort(tensor: "y", element: index, type: wide))
    }
    let before = DeadValueElimination.run(builder.netlist)
    let result = joined(before)
    for value in result.values {
      guard case .addThree(let a, let b, let c) = value.instruction else { continue }
      #expect([a, b, c].contains { !$0.isNegative })
      #expect([a, b, c].allSatisfy { if case .lookup = result[$0.value].instruction { false } else { true } })
      #expect([a, b, c].count { $0.value == shared } <= 1)
    }
    let (old, new) = (NetlistInterpreter(before), NetlistInterpreter(result))
    for x in stride(from: 0, to: 1 << 20, by: 9973) {
      let event = (0..<4).map { Int128(x >> (5 * $0) & 31) }
      #expect(old.outputs(for: event) == new.outputs(for: event))
    }
  }
}
