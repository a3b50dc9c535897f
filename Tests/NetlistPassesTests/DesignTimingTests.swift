import DesignIR
import Devices
import FixedPoint
import NetlistIR
import Testing

@testable import NetlistPasses

/// The longest way through modules.
@Suite struct DesignTimingTests {
  private static let delays = DelayModel.of(.ultraScalePlus)
  private static let byte = FixedPointType(width: 8, integerBits: 8)
  private static let sum = FixedPointType.containing(Interval(-256, 254), fractionBits: 0)

  /// A sum of two bytes without a register.
  private func adder(_ design: inout DesignBuilder) throws -> ModuleID {
    var builder = ModuleBuilder(name: "adder")
    let x = builder.input(DesignPort(name: "x", elements: [Self.byte, Self.byte]))
    builder.output(DesignPort(name: "y", elements: [Self.sum]), [builder.logic.sum(x[0], x[1])])
    return design.add(try builder.finish())
  }

  private func timing(isRegistered: Bool) throws -> Int {
    var design = DesignBuilder(name: "top")
    let adder = try adder(&design)
    var builder = ModuleBuilder(name: "top")
    let x = builder.input(DesignPort(name: "x", elements: [Self.byte, Self.byte]))
    var first = builder.instance("first", of: adder, in: design, inputs: [x])[0][0]
    if isRegistered { first = builder.registered(first, "between") }
    let low = builder.logic.wrap(first, width: 8, signed: true)
    let second = builder.instance("second", of: adder, in: design, inputs: [[low, x[1]]])[0][0]
    let last = builder.registered(second, "last")
    builder.output(DesignPort(name: "y", elements: [Self.sum]), [last])
    _ = design.add(try builder.finish())
    let interface = DesignInterface(handshake: .everyCycle, latency: 1, interval: 1, clockPeriod: 5)
    return DesignTiming(try design.finish(interface: interface), delays: Self.delays).worst
  }

  @Test func `ways go through instances, and end in registers`() throws {
    let adder = Self.delays.adder(bits: 9)
    #expect(try timing(isRegistered: true) == adder + Self.delays.registerOverhead)
    #expect(try timing(isRegistered: false) == 2 * adder + Self.delays.registerOverhead)
  }

  @Test(arguments: [(2, 1), (6, 1), (7, 2)])
  func `gates of up to six bits are one look-up table`(bits: Int, tables: Int) throws {
    var design = DesignBuilder(name: "top")
    var builder = ModuleBuilder(name: "top")
    let x = (0..<bits).map { builder.bit("x\($0)") }
    let all = x.dropFirst().reduce(x[0]) { builder.logic.not(builder.logic.and($0, $1)) }
    builder.output(bit: "y", builder.registered(all, "last"))
    _ = design.add(try builder.finish())
    let interface = DesignInterface(handshake: .everyCycle, latency: 1, interval: 1, clockPeriod: 5)
    let timing = DesignTiming(try design.finish(interface: interface), delays: Self.delays)
    #expect(timing.worst == tables * Self.delays.lut + Self.delays.registerOverhead)
  }

  @Test func `a pipeline is as long as its longest stage`() {
    var builder = NetlistBuilder(name: "one")
    builder.beginScope(NetlistScope(name: "one", kind: "Test"))
    let x = builder.input(NetlistPort(tensor: "x", element: 0, type: Self.byte))
    builder.output(x, as: NetlistPort(tensor: "y", element: 0, type: Self.byte))
    let circuit = Circuit(netlist: builder.netlist, stages: [0], latency: 1, clockPeriod: 5, worstStageDelay: 1234)
    #expect(DesignTiming(Design(circuit), delays: Self.delays).worst == 1234)
  }
}
