import FixedPoint
import NetlistIR
import TestSupport
import Testing

@Suite struct NetlistBuilderTests {
  @Test(arguments: 0..<60)
  func `simplified instructions compute the same`(seed: UInt64) throws {
    var random = RandomNetlist(seed: seed, events: 40)
    for _ in 0..<150 { random.step() }
    let (netlist, expected) = random.finish()
    try NetlistVerifier.verify(netlist)
    let interpreter = NetlistInterpreter(netlist)
    for (event, inputs) in random.inputs.enumerated() {
      let values = interpreter.evaluate(inputs)
      #expect(netlist.outputs.map { values[$0.value.index] } == expected[event])
      for (index, value) in values.enumerated() {
        #expect(netlist.values[index].range.contains(value))
      }
    }
  }

  private func builder() -> (NetlistBuilder, ValueID, ValueID) {
    var builder = NetlistBuilder(name: "test")
    builder.beginScope(NetlistScope(name: "layer", kind: "Test"))
    let type = FixedPointType(width: 8, integerBits: 8)
    let x = builder.input(NetlistPort(tensor: "x", element: 0, type: type))
    let y = builder.input(NetlistPort(tensor: "x", element: 1, type: type))
    return (builder, x, y)
  }

  @Test func `equal computations are one value`() {
    var (builder, x, y) = builder()
    #expect(builder.sum(x, y) == builder.sum(y, x))
    let inner = builder.sum(x, shift: 2, y)
    #expect(builder.sum(x, shift: 3, y, shift: 1) == builder.shiftLeft(inner, 1))
    #expect(builder.sum(x, x) == builder.shiftLeft(x, 1))
    #expect(builder.difference(builder.shiftLeft(x, 2), builder.shiftLeft(x, 2)) == builder.constant(0))
    let rom = Rom(name: "first", entries: [1, 2])
    #expect(builder.rom(rom) == builder.rom(Rom(name: "second", entries: [1, 2])))
  }

  @Test func `clamps of clamps are one clamp`() {
    var (builder, x, _) = builder()
    let once = builder.clamp(x, to: Interval(0, 1000))
    let twice = builder.clamp(once, to: Interval(-5, 15))
    #expect(builder.instruction(twice) == .clamp(x, lower: 0, upper: 15))
    let constant = builder.clamp(twice, to: Interval(15, 20))
    #expect(builder.range(constant) == Interval(15))
  }

  @Test func `bits of bits reach the source`() {
    var (builder, x, _) = builder()
    let high = builder.bits(x, low: 2, width: 5)
    let middle = builder.bits(high, low: 1, width: 2)
    #expect(builder.instruction(middle) == .bits(x, low: 3, width: 2))
    #expect(builder.bits(builder.shiftLeft(x, 4), low: 0, width: 4) == builder.constant(0))
    let wrapped = builder.wrap(builder.wrap(x, width: 6, signed: false), width: 4, signed: true)
    #expect(builder.instruction(wrapped) == .wrap(x, width: 4, signed: true))
  }

  @Test func `selects between conditions are conditions`() {
    var (builder, x, y) = builder()
    let less = builder.less(x, y)
    #expect(builder.select(less, builder.constant(1), builder.constant(0)) == less)
    #expect(builder.select(builder.not(less), x, y) == builder.select(less, y, x))
    #expect(builder.not(builder.not(less)) == less)
    #expect(builder.equal(less, builder.constant(0)) == builder.not(less))
  }

  @Test func `a shift too far is too wide, not wrong`() {
    var (builder, x, _) = builder()
    let far = builder.shiftLeft(x, 300)
    #expect(builder.range(far).isTooWide)
    let constant = builder.constant(3)
    let farConstant = builder.shiftLeft(constant, 126)
    #expect(builder.range(farConstant).isTooWide)
  }
}
