import FixedPoint
import NetlistIR
import NetlistPasses
import Testing

@Suite struct DeadValueEliminationTests {
  @Test func `what no output needs is dropped, inputs stay`() throws {
    var builder = NetlistBuilder(name: "test")
    builder.beginScope(NetlistScope(name: "layer", kind: "Test"))
    let type = FixedPointType(width: 3, integerBits: 3, isSigned: false)
    let x = builder.input(NetlistPort(tensor: "x", element: 0, type: type))
    let y = builder.input(NetlistPort(tensor: "x", element: 1, type: type))
    let dead = builder.rom(Rom(name: "dead", entries: [1, 2, 3, 4, 5, 6, 7, 8]))
    let live = builder.rom(Rom(name: "live", entries: [8, 7, 6, 5, 4, 3, 2, 1]))
    _ = builder.lookup(dead, address: y)
    _ = builder.product(x, y)
    let result = builder.lookup(live, address: x)
    builder.output(
      result,
      as: NetlistPort(tensor: "y", element: 0, type: FixedPointType(width: 4, integerBits: 4, isSigned: false))
    )
    let netlist = DeadValueElimination.run(builder.netlist)
    try NetlistVerifier.verify(netlist)
    #expect(netlist.inputs.count == 2)
    #expect(netlist.values.map(\.instruction) == [.input(0), .input(1), .lookup(RomID(0), address: ValueID(0))])
    #expect(netlist.roms.map(\.name) == ["live"])
    for value in 0..<8 as Range<Int128> {
      let inputs = [value, 7 - value]
      #expect(
        NetlistInterpreter(netlist).outputs(for: inputs) == NetlistInterpreter(builder.netlist).outputs(for: inputs)
      )
    }
    #expect(DeadValueElimination.run(netlist).description == netlist.description)
  }
}
