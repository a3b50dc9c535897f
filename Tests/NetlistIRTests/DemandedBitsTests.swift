import FixedPoint
import NetlistIR
import TestSupport
import Testing

@Suite("Demanded bits") struct DemandedBitsTests {
  @Test("a wrapped sum needs only the low bits of its terms")
  func wrappedSum() {
    var builder = NetlistBuilder(name: "n")
    builder.beginScope(NetlistScope(name: "l", kind: "Dense"))
    let type = FixedPointType(width: 10, integerBits: 10)
    let (a, b) = (builder.input(port(0, type)), builder.input(port(1, type)))
    let sum = builder.sum(a, shift: 0, b, shift: 3)
    let wrapped = builder.wrap(sum, width: 6, signed: true)
    builder.output(wrapped, as: port(0, FixedPointType(width: 6, integerBits: 6)))
    let widths = builder.netlist.demandedWidths
    #expect([a, b, sum, wrapped].map { widths[$0.index] } == [6, 3, 6, 6])
  }

  @Test("decisions need whole values, unread values nothing")
  func decisions() {
    var builder = NetlistBuilder(name: "n")
    builder.beginScope(NetlistScope(name: "l", kind: "Activation"))
    let a = builder.input(port(0, FixedPointType(width: 10, integerBits: 10)))
    let dead = builder.shiftRight(a, 2)
    let low = builder.bits(a, low: 1, width: 3)
    let chosen = builder.select(builder.isNegative(a), builder.constant(0), low)
    builder.output(chosen, as: port(0, FixedPointType(width: 3, integerBits: 3, isSigned: false)))
    let widths = builder.netlist.demandedWidths
    #expect([a, dead, low, chosen].map { widths[$0.index] } == [10, 0, 3, 3])
  }

  @Test("bits above the demanded ones never reach an output", arguments: 0..<40)
  func random(seed: Int) {
    var random = RandomNetlist(seed: UInt64(seed), events: 16)
    for _ in 0..<30 { random.step() }
    var netlist = random.finish().netlist
    netlist.outputs = netlist.outputs.suffix(3)
    for index in netlist.outputs.indices { netlist.outputs[index].port.type.width = 5 }
    let widths = netlist.demandedWidths
    for event in random.inputs {
      let values = NetlistInterpreter(netlist).evaluate(event)
      var generator = SystemRandomNumberGenerator()
      var disturbed: [Int128] = []
      for (index, value) in netlist.values.enumerated() {
        // Nobody reads it, or it is a constant.
        if widths[index] == 0 {
          disturbed.append(values[index])
          continue
        }
        let exact = NetlistInterpreter.result(of: value.instruction, inputs: event, roms: netlist.roms) {
          disturbed[$0.index]
        }
        let mask = (Int128(1) << widths[index]) - 1
        #expect(exact & mask == values[index] & mask, "value \(index)")
        let isCut = widths[index] < value.width
        disturbed.append(isCut ? exact ^ (Int128.random(in: 0...7, using: &generator) << widths[index]) : exact)
      }
    }
  }

  private func port(_ element: Int, _ type: FixedPointType) -> NetlistPort {
    NetlistPort(tensor: "x", element: element, type: type)
  }
}
