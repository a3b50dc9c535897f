import FixedPoint
import NetlistIR
import TestSupport
import Testing

@testable import Lowering

/// Tables read for all arguments, those beyond their ends among them.
@Suite struct TableLookupTests {
  /// A falling function, steeper than a line, of as many arguments from `first` on.
  private func function(first: Int128, count: Int) -> TabulatedFunction {
    TabulatedFunction(entries: (0..<count).map { Int64((count - $0) * (count - $0) / 7 - 3) }, first: first)
  }

  /// The netlist of the cheapest plan, checked for every argument.
  private func netlist(_ function: TabulatedFunction, arguments: Interval) throws -> Netlist {
    var builder = NetlistBuilder(name: "table")
    builder.beginScope(NetlistScope(name: "table", kind: "Activation"))
    let type = FixedPointType.containing(arguments, fractionBits: 0)
    let x = builder.input(NetlistPort(tensor: "x", element: 0, type: type, range: arguments))
    let plan = TablePlan.cheapest(for: function, arguments: arguments, isOutsideFree: false)
    let result = builder.read(plan, at: x, name: "table")
    let range = builder.range(result)
    builder.output(result, as: NetlistPort(tensor: "y", element: 0, type: .containing(range, fractionBits: 0)))
    try NetlistVerifier.verify(builder.netlist)
    let interpreter = NetlistInterpreter(builder.netlist)
    for q in arguments.lower...arguments.upper {
      let index = Int(min(max(q, function.first), function.last) - function.first)
      let found = interpreter.outputs(for: [q])
      #expect(found == [Int128(function.entries[index])], "argument \(q)")
      guard found == [Int128(function.entries[index])] else { break }
    }
    return builder.netlist
  }

  /// What lies beyond both ends is selected behind a table of half the entries.
  @Test(
    arguments: [(64, 65), (64, 66), (0, 65), (-32, 65), (-200, 66), (37, 33), (5, 3), (5, 2), (5, 1)] as [(Int, Int)]
  )
  func `a few entries too many for a power of two cost selections`(first: Int, count: Int) throws {
    let netlist = try netlist(function(first: Int128(first), count: count), arguments: Interval(-300, 300))
    #expect(netlist.roms.allSatisfy { $0.entries.count <= 64 })
  }

  @Test(arguments: [Interval(0, 300), Interval(-300, 100), Interval(64, 128), Interval(64, 200), Interval(10, 128)])
  func `arguments beyond one end or none`(arguments: Interval) throws {
    _ = try netlist(function(first: 64, count: 65), arguments: arguments)
  }

  @Test(arguments: 1...80) func `tables of any length`(count: Int) throws {
    _ = try netlist(function(first: Int128(count % 7 - 3), count: count), arguments: Interval(-100, 100))
  }
}
