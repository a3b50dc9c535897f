import DesignIR
import Devices
import FixedPoint
import NetlistIR
import TestSupport
import Testing

@testable import NetlistPasses

/// What the scheduler rewrites where that saves a stage, and leaves where it does not.
@Suite struct StageSavingTests {
  private static let delays = DelayModel.of(.ultraScalePlus)
  private static let type = FixedPointType(width: 8, integerBits: 8)

  private static func builder(inputs: Int) -> (NetlistBuilder, [ValueID]) {
    var builder = NetlistBuilder(name: "net")
    builder.beginScope(NetlistScope(name: "layer", kind: "Test"))
    let x = (0..<inputs).map { builder.input(NetlistPort(tensor: "x", element: $0, type: type)) }
    return (builder, x)
  }

  private static func circuit(_ builder: NetlistBuilder, of value: ValueID, period: Double) throws -> Circuit {
    var builder = builder
    let type = FixedPointType.containing(builder.range(value), fractionBits: 0)
    builder.output(value, as: NetlistPort(tensor: "y", element: 0, type: type))
    let netlist = builder.netlist
    let options = PipelineOptions(clockPeriod: period, margin: 0)
    let circuit = PipelineScheduler.schedule(netlist, delays: delays, options: options)
    try CircuitVerifier.verify(circuit)
    #expect(Double(circuit.worstStageDelay) <= period * 1000)
    var generator = SeededGenerator(seed: 5)
    let (before, after) = (NetlistInterpreter(netlist), NetlistInterpreter(circuit.netlist))
    for _ in 0..<300 {
      let event = netlist.inputs.map { _ in Int128.random(in: -128...127, using: &generator) }
      #expect(before.outputs(for: event) == after.outputs(for: event))
    }
    return circuit
  }

  @Test(arguments: [true, false])
  func `the largest of four is found in one comparison's time where two do not fit`(isLargest: Bool) throws {
    var (builder, x) = Self.builder(inputs: 4)
    func extreme(_ a: ValueID, _ b: ValueID) -> ValueID {
      builder.select(isLargest ? builder.less(a, b) : builder.less(b, a), b, a)
    }
    let result = extreme(extreme(x[0], x[1]), extreme(x[2], x[3]))
    let short = try Self.circuit(builder, of: result, period: 2.1)
    #expect(short.latency == 1)
    #expect(NetlistStatistics(short.netlist).comparisons == 6)
    // One stage in either way, or two: the tournament stays.
    for (period, latency) in [(5.0, 1), (1.6, 2)] {
      let other = try Self.circuit(builder, of: result, period: period)
      #expect(other.latency == latency && NetlistStatistics(other.netlist).comparisons == 3)
    }
  }

  @Test func `a constant costs no level where that saves a stage`() throws {
    var (builder, x) = Self.builder(inputs: 4)
    let left = builder.sum(x[0], shift: 1, x[1])
    let right = builder.difference(x[2], x[3])
    let sum = builder.difference(builder.constant(37), builder.sum(left, right))
    let short = try Self.circuit(builder, of: sum, period: 2.1)
    #expect(short.latency == 1 && NetlistStatistics(short.netlist).adders == 3)
    let long = try Self.circuit(builder, of: sum, period: 5)
    #expect(long.latency == 1 && NetlistStatistics(long.netlist).adders == 4)
    #expect(
      !long.netlist.values.contains { if case .addThree = $0.instruction { true } else { false } }
    )
  }

  @Test func `a block adds a constant to its product in no time`() throws {
    var (builder, x) = Self.builder(inputs: 2)
    let rounded = builder.sum(builder.product(x[0], x[1]), builder.constant(32))
    let short = try Self.circuit(builder, of: rounded, period: 2.1)
    // The register in the middle, and the one at the end.
    #expect(short.latency == 2)
    let sum = try #require(short.netlist.outputs.first).value
    #expect(short.netlist.productsOfConstantSums()[sum.index] != nil && short.stage(of: sum) == 1)
    let long = try Self.circuit(builder, of: rounded, period: 3)
    #expect(long.latency == 1)
  }

  @Test func `constants sink into products`() throws {
    var (builder, x) = Self.builder(inputs: 4)
    let sum = builder.sum(builder.product(x[0], x[1]), builder.product(x[2], x[3]))
    let rounded = builder.sum(sum, builder.constant(8))
    builder.output(
      rounded,
      as: NetlistPort(tensor: "y", element: 0, type: .containing(builder.range(rounded), fractionBits: 0))
    )
    let result = ConstantSinking.run(builder.netlist)
    #expect(result.productsOfConstantSums().count { $0 != nil } == 1)
    for event in [[1, 2, 3, 4], [-128, 127, -128, -128]] as [[Int128]] {
      #expect(NetlistInterpreter(result).outputs(for: event) == NetlistInterpreter(builder.netlist).outputs(for: event))
    }
  }

  @Test(arguments: [false, true])
  func `products keep both their registers where sums are joined`(joinsSums: Bool) throws {
    var (builder, x) = Self.builder(inputs: 6)
    let products = [0, 2, 4].map { builder.product(x[$0], x[$0 + 1]) }
    let sum = builder.sum(builder.sum(products[0], products[1]), products[2])
    builder.output(
      sum,
      as: NetlistPort(tensor: "y", element: 0, type: .containing(builder.range(sum), fractionBits: 0))
    )
    let circuit = PipelineScheduler.schedule(
      builder.netlist,
      delays: Self.delays,
      options: PipelineOptions(clockPeriod: 2.1, margin: 0, joinsSums: joinsSums)
    )
    try CircuitVerifier.verify(circuit)
    #expect(circuit.worstStageDelay <= 2100 && circuit.latency == 3)
  }
}
