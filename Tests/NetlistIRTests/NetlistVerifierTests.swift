import FixedPoint
import NetlistIR
import Testing

@Suite struct NetlistVerifierTests {
  /// `7x` as `8x - x`, with the interval of the linear form.
  private func sevenfold() -> Netlist {
    var builder = NetlistBuilder(name: "test")
    builder.beginScope(NetlistScope(name: "layer", kind: "Dense"))
    let port = NetlistPort(tensor: "x", element: 0, type: FixedPointType(width: 4, integerBits: 4, isSigned: false))
    let x = builder.input(port)
    let product = builder.difference(x, shift: 3, x)
    builder.assume(product, in: Interval(0, 105))
    let type = FixedPointType(width: 7, integerBits: 7, isSigned: false)
    builder.output(product, as: NetlistPort(tensor: "y", element: 0, type: type))
    return builder.netlist
  }

  @Test func `an interval proven by a linear form is accepted`() throws {
    try NetlistVerifier.verify(sevenfold())
  }

  @Test func `an interval narrower than the linear form is refused`() {
    var netlist = sevenfold()
    netlist.values[1].range = Interval(0, 104)
    #expect(throws: NetlistDefect.self) { try NetlistVerifier.verify(netlist) }
  }

  @Test(arguments: [
    Instruction.add(ValueID(0), aShift: 1, ValueID(0), bShift: 1),
    .add(ValueID(2), aShift: 0, ValueID(0), bShift: 0),
    .not(ValueID(0)),
    .select(condition: ValueID(0), ValueID(0), ValueID(0)),
    .lookup(RomID(0), address: ValueID(0)),
    .input(1),
    .clamp(ValueID(0), lower: 3, upper: 2),
  ])
  func `malformed instructions are refused`(instruction: Instruction) {
    var netlist = sevenfold()
    netlist.values[1].instruction = instruction
    netlist.values[1].range = Interval(-1000, 1000)
    #expect(throws: NetlistDefect.self) { try NetlistVerifier.verify(netlist) }
  }

  @Test func `an output too wide for its port is refused`() {
    var netlist = sevenfold()
    netlist.outputs[0].port.type.width = 6
    #expect(throws: NetlistDefect.self) { try NetlistVerifier.verify(netlist) }
  }

  @Test func `the text shows every value`() {
    #expect(
      sevenfold().description == """
        netlist 'test'
        input 0 'x' [0] ufixed<4,4>
        layer 0 'layer' Dense
        values of layer 0
          %0 = input 0 in [0, 15]
          %1 = (%0 << 3) - %0 in [0, 105]
        output 'y' [0] ufixed<7,7> = %1

        """
    )
  }

  @Test func `statistics count adders and their carry bits`() {
    let statistics = NetlistStatistics(sevenfold())
    #expect(statistics.adders == 1)
    #expect(statistics.adderBits == 7)
    #expect(statistics.wires == 1)
  }
}
