import Devices
import FixedPoint
import NetlistIR
import NetlistPasses
import TestSupport
import Testing

/// What every pass over netlists owes: the same bits, a well-formed netlist, nothing left to do.
@Suite struct NetlistPassTests {
  struct Pass: CustomTestStringConvertible, Sendable {
    var testDescription: String
    var run: @Sendable (Netlist) -> Netlist
  }

  private static let passes = [
    Pass(testDescription: "dead value elimination") { DeadValueElimination.run($0) },
    Pass(testDescription: "constant sinking") { ConstantSinking.run($0) },
    Pass(testDescription: "ternary sums") {
      TernarySums.run($0, delays: DelayModel.of(.ultraScalePlus), options: PipelineOptions(clockPeriod: 2.5))
    },
  ]

  @Test(arguments: passes, 0..<40 as Range<UInt64>)
  func `a pass keeps every bit`(pass: Pass, seed: UInt64) throws {
    var random = RandomNetlist(seed: seed, events: 30)
    for _ in 0..<120 { random.step() }
    var netlist = random.finish().netlist
    // With few outputs, sums have one reader and much is dead.
    netlist.outputs = Array(netlist.outputs.suffix(3))
    netlist = DeadValueElimination.run(netlist)
    let result = pass.run(netlist)
    try NetlistVerifier.verify(result)
    let (before, after) = (NetlistInterpreter(netlist), NetlistInterpreter(result))
    for inputs in random.inputs { #expect(before.outputs(for: inputs) == after.outputs(for: inputs)) }
    #expect(NetlistStatistics(result).adders <= NetlistStatistics(netlist).adders)
  }

  @Test(arguments: 0..<60 as Range<UInt64>)
  func `sums with constants keep every bit`(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    var builder = NetlistBuilder(name: "sums")
    builder.beginScope(NetlistScope(name: "layer", kind: "Dense"))
    let type = FixedPointType(width: 6, integerBits: 6)
    let inputs = (0..<7).map { builder.input(NetlistPort(tensor: "x", element: $0, type: type)) }
    for output in 0..<3 {
      var sum = inputs[0]
      for _ in 0..<8 {
        let next = inputs[Int.random(in: 0..<7, using: &generator)]
        let (s, t) = (Int.random(in: 0...2, using: &generator), Int.random(in: 0...2, using: &generator))
        switch Int.random(in: 0...3, using: &generator) {
        case 0: sum = builder.sum(sum, shift: s, next, shift: t)
        case 1: sum = builder.difference(sum, shift: s, next, shift: t)
        case 2: sum = builder.difference(next, shift: s, sum, shift: t)
        default:
          let pair = builder.sum(next, inputs[Int.random(in: 0..<7, using: &generator)])
          sum = builder.sum(sum, pair)
        }
      }
      let constant = builder.constant(Int128(Int.random(in: -50...50, using: &generator)))
      sum = output == 1 ? builder.difference(constant, sum) : builder.sum(sum, constant)
      builder.output(
        sum,
        as: NetlistPort(tensor: "y", element: output, type: FixedPointType(width: 40, integerBits: 40))
      )
    }
    let netlist = builder.netlist
    let result = ConstantSinking.run(netlist)
    try NetlistVerifier.verify(result)
    for _ in 0..<30 {
      let event = (0..<7).map { _ in Int128.random(in: -32...31, using: &generator) }
      #expect(NetlistInterpreter(netlist).outputs(for: event) == NetlistInterpreter(result).outputs(for: event))
    }
  }

  @Test func `a bias costs no level where a term waits`() throws {
    var builder = NetlistBuilder(name: "sum")
    builder.beginScope(NetlistScope(name: "layer", kind: "Dense"))
    let type = FixedPointType(width: 6, integerBits: 6)
    let x = (0..<3).map { builder.input(NetlistPort(tensor: "x", element: $0, type: type)) }
    let constant = builder.constant(5)
    let pair = builder.sum(x[0], x[1])
    let sum = builder.sum(pair, x[2])
    let biased = builder.sum(sum, constant)
    builder.output(biased, as: NetlistPort(tensor: "y", element: 0, type: FixedPointType(width: 8, integerBits: 8)))
    let result = ConstantSinking.run(builder.netlist)
    let last = result[result.outputs[0].value].instruction
    // Now `(x0 + x1) + (x2 + 5)`.
    for operand in last.operands {
      #expect(result[operand].instruction.operands.allSatisfy { result[$0].instruction.operands.isEmpty })
    }
    #expect(NetlistStatistics(result).adders == 3)
  }
}
