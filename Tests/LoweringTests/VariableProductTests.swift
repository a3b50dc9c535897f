import FixedPoint
import NetlistIR
import TestSupport
import Testing

@testable import Lowering

/// Products of two values without multipliers, for all values of both.
@Suite struct VariableProductTests {
  private static let words = [
    Interval(0, 1), Interval(-1, 0), Interval(0, 3), Interval(-2, 1), Interval(0, 5), Interval(-4, 3), Interval(0, 15),
    Interval(-8, 7), Interval(-16, 15), Interval(0, 31), Interval(-20, 9), Interval(3, 90), Interval(-64, 63),
  ]

  private func product(_ a: Interval, _ b: Interval) throws -> (netlist: Netlist, inputs: [NetlistPort]) {
    var builder = NetlistBuilder(name: "product")
    builder.beginScope(NetlistScope(name: "product", kind: "Merge"))
    let factors = [a, b].enumerated().map { index, range in
      let type = FixedPointType.containing(range, fractionBits: 0)
      let port = NetlistPort(tensor: "x", element: index, type: type, range: range)
      return builder.scaled(builder.input(port), fractionBits: 0)
    }
    let result = builder.tableProduct(factors[0], factors[1])
    let type = FixedPointType.containing(a * b, fractionBits: 0)
    let output = builder.requantize(result, to: type)
    builder.output(output, as: NetlistPort(tensor: "y", element: 0, type: type))
    try NetlistVerifier.verify(builder.netlist)
    return (builder.netlist, builder.netlist.inputs)
  }

  @Test(arguments: words, words)
  func `every product is right`(a: Interval, b: Interval) throws {
    let netlist = try product(a, b).netlist
    let interpreter = NetlistInterpreter(netlist)
    for x in a.lower...a.upper {
      for y in b.lower...b.upper {
        #expect(interpreter.outputs(for: [x, y]) == [x * y])
        guard interpreter.outputs(for: [x, y]) == [x * y] else { return }
      }
    }
    #expect(NetlistStatistics(netlist).multipliers == 0)
  }

  @Test func `wide factors keep a multiplier`() throws {
    let wide = Interval(-32768, 32767)
    #expect(NetlistStatistics(try product(wide, wide).netlist).multipliers == 1)
  }

  @Test(arguments: [(4, 4, 0), (3, 5, 0), (2, 12, 0), (3, 6, 1), (4, 5, 1), (8, 8, 1)])
  func `blocks are for what synthesis gives them`(a: Int, b: Int, blocks: Int) {
    var builder = NetlistBuilder(name: "product")
    builder.beginScope(NetlistScope(name: "product", kind: "Merge"))
    let factors = [a, b].enumerated().map { index, bits in
      let type = FixedPointType(width: bits, integerBits: bits)
      return builder.scaled(builder.input(NetlistPort(tensor: "x", element: index, type: type)), fractionBits: 0)
    }
    _ = builder.blockProduct(factors[0], factors[1])
    #expect(NetlistStatistics(builder.netlist).multipliers == blocks)
  }

  @Test func `a square is what is known of it`() throws {
    var builder = NetlistBuilder(name: "square")
    builder.beginScope(NetlistScope(name: "square", kind: "Merge"))
    let type = FixedPointType(width: 6, integerBits: 6)
    let x = builder.scaled(builder.input(NetlistPort(tensor: "x", element: 0, type: type)), fractionBits: 0)
    let square = builder.tableProduct(x, x)
    #expect(square.range == Interval(0, 1024))
    let wide = FixedPointType(width: 12, integerBits: 12)
    builder.output(builder.requantize(square, to: wide), as: NetlistPort(tensor: "y", element: 0, type: wide))
    let interpreter = NetlistInterpreter(builder.netlist)
    for value in -32...31 as ClosedRange<Int128> { #expect(interpreter.outputs(for: [value]) == [value * value]) }
  }
}
