import DesignIR
import Devices
import FixedPoint
import NetlistIR
import TestSupport
import Testing

@testable import NetlistPasses

@Suite struct PipelineSchedulerTests {
  private static let delays = DelayModel.of(.ultraScalePlus)

  @Test(
    "legal, fast enough, equivalent, and no more registers than the latest schedule",
    arguments: 0..<40 as Range<UInt64>
  )
  func schedulesRandomNetlists(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let netlist = randomNetlist(&generator)
    for (period, latency) in [(1.5, nil), (2.5, nil), (5.0, nil), (5.0, 9)] as [(Double, Int?)] {
      let options = PipelineOptions(clockPeriod: period, latency: latency)
      let circuit = PipelineScheduler.schedule(netlist, delays: Self.delays, options: options)
      try CircuitVerifier.verify(circuit)
      let read = try Circuit(parsing: circuit.description, file: "circuit")
      #expect(read.description == circuit.description && read.stages == circuit.stages)
      #expect(read.latency == circuit.latency && read.clockPeriod == period)
      if let latency { #expect(circuit.latency >= latency) }
      let timing = StageTiming(circuit.netlist, delays: Self.delays, options: options)
      #expect(timing.worstDelay(of: circuit.stages) <= max(Int(timing.budget), timing.slowest), "seed \(seed)")
      var late = circuit
      late.stages = timing.latestStages(latency: circuit.latency)
      try CircuitVerifier.verify(late)
      #expect(circuit.registerBits <= late.registerBits, "seed \(seed)")
      try expectSameOutputs(circuit, &generator)
    }
  }

  @Test("products in blocks are registered in the middle and at the end where a stage is too short for them")
  func registersProducts() throws {
    var builder = NetlistBuilder(name: "product")
    let type = FixedPointType(width: 12, integerBits: 12, isSigned: true)
    let factors = (0..<3).map { index in
      builder.input(NetlistPort(tensor: "x", element: index, type: type))
    }
    let product = builder.product(factors[0], factors[1])
    let sum = builder.sum(product, factors[2])
    let out = FixedPointType(width: 26, integerBits: 26, isSigned: true)
    builder.output(sum, as: NetlistPort(tensor: "y", element: 0, type: out))
    builder.output(product, as: NetlistPort(tensor: "y", element: 1, type: out))
    let netlist = builder.netlist
    func circuit(period: Double) throws -> Circuit {
      let circuit = PipelineScheduler.schedule(
        netlist,
        delays: Self.delays,
        options: PipelineOptions(clockPeriod: period)
      )
      try CircuitVerifier.verify(circuit)
      var generator = SeededGenerator(seed: 1)
      try expectSameOutputs(circuit, &generator)
      return circuit
    }
    let slow = try circuit(period: 5)
    #expect(slow.latency == 1 && slow.netlist.values.count == netlist.values.count)
    let fast = try circuit(period: 2.1)
    // The product, its copy, and the sum behind both ranks.
    #expect(fast.latency == 3 && fast.netlist.values.count == netlist.values.count + 1)
    #expect(fast.worstStageDelay <= 2100)
  }

  @Test func oneStageWhenTheClockIsSlow() {
    var generator = SeededGenerator(seed: 3)
    let circuit = PipelineScheduler.schedule(
      randomNetlist(&generator),
      delays: Self.delays,
      options: PipelineOptions(clockPeriod: 500)
    )
    #expect(circuit.latency == 1)
  }

  private func expectSameOutputs(_ circuit: Circuit, _ generator: inout SeededGenerator) throws {
    let interpreter = NetlistInterpreter(circuit.netlist)
    var evaluator = CircuitEvaluator(circuit)
    let events = (0..<6).map { _ in
      circuit.netlist.inputs.map { Int128.random(in: $0.type.minimumRaw...$0.type.maximumRaw, using: &generator) }
    }
    for cycle in 0..<(events.count + circuit.latency) {
      let outputs = evaluator.step(cycle < events.count ? events[cycle] : events[0])
      let event = cycle - circuit.latency
      if event >= 0 { #expect(outputs == interpreter.outputs(for: events[event])) }
    }
  }

  private func randomNetlist(_ generator: inout SeededGenerator) -> Netlist {
    var builder = NetlistBuilder(name: "random")
    builder.beginScope(NetlistScope(name: "only", kind: "Test"))
    let type = FixedPointType(width: 7, integerBits: 7)
    var values = (0..<5).map { builder.input(NetlistPort(tensor: "x", element: $0, type: type)) }
    let squares = builder.rom(Rom(name: "squares", entries: (0..<8).map { $0 * $0 }))
    var condition = builder.isNegative(values[0])
    for _ in 0..<60 {
      let a = values.randomElement(using: &generator) ?? values[0]
      let b = values.randomElement(using: &generator) ?? values[0]
      let made: ValueID
      switch Int.random(in: 0..<13, using: &generator) {
      case 0, 1: made = builder.sum(a, shift: Int.random(in: 0...2, using: &generator), b, shift: 0)
      case 2: made = builder.difference(a, shift: 0, b, shift: Int.random(in: 0...2, using: &generator))
      case 3: made = builder.shiftRight(a, 2)
      case 4: made = builder.clamp(a, to: Interval(-20, 31))
      case 5: made = builder.select(builder.less(a, b), a, b)
      case 6: made = builder.wrap(a, width: 5, signed: true)
      case 7: made = builder.and(builder.less(a, b), builder.not(condition))
      case 8: made = builder.or(condition, builder.isNegative(a))
      case 9: made = builder.select(condition, builder.isNegative(b), builder.less(b, a))
      case 10: made = builder.sum(a, builder.constant(Int128.random(in: -50...50, using: &generator)))
      case 11:
        let factors = [a, b].map { builder.wrap($0, width: 6, signed: true) }
        made = builder.product(factors[0], factors[1])
      default: made = builder.lookup(squares, address: builder.bits(a, low: 0, width: 3))
      }
      if builder.range(made).bitWidth == 1, !builder.range(made).isConstant, builder.range(made).lower == 0 {
        condition = made
      }
      values.append(builder[made].width > 30 ? builder.wrap(made, width: 12, signed: true) : made)
    }
    for (k, value) in values.suffix(6).enumerated() {
      let range = builder.range(value)
      builder.output(
        value,
        as: NetlistPort(tensor: "y", element: k, type: .containing(range, fractionBits: 0))
      )
    }
    return builder.netlist
  }
}
