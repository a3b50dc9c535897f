import DesignIR
import Devices
import FixedPoint
import NetlistIR
import Testing

@testable import Estimation

/// What is counted for modules with registers.
@Suite struct ModuleEstimateTests {
  private static let byte = FixedPointType(width: 8, integerBits: 8)

  /// Resources of a module with an 8-bit register, whose next value `next` makes of its own, a control bit and two bytes.
  private func resources(
    _ next: (inout ModuleBuilder, _ own: ValueID, _ control: ValueID, _ x: [ValueID]) -> ValueID
  ) throws -> ResourceCount {
    var builder = ModuleBuilder(name: "module")
    let control = builder.bit("control")
    let x = builder.input(DesignPort(name: "x", elements: [Self.byte, Self.byte]))
    let register = builder.register("state", type: Self.byte)
    let own = builder.value(of: register)
    builder.setNext(register, next(&builder, own, control, x))
    builder.output(DesignPort(name: "y", elements: [Self.byte]), [own])
    var design = DesignBuilder(name: "module")
    _ = design.add(try builder.finish())
    let interface = DesignInterface(handshake: .everyCycle, latency: 1, interval: 1, clockPeriod: 5)
    return DesignEstimate(try design.finish(interface: interface)).total
  }

  @Test func `a register that keeps its value has a clock enable`() throws {
    let kept = try resources { $0.logic.select($2, $3[0], $1) }
    #expect(kept.lut == 0 && kept.ff == 8)
    let chosen = try resources { $0.logic.select($2, $3[0], $3[1]) }
    #expect(chosen.lut == 8)
  }

  @Test func `a register that becomes zero has a reset`() throws {
    let cleared = try resources { $0.logic.select($2, $0.logic.constant(0), $3[0]) }
    #expect(cleared.lut == 0)
  }

  /// As yosys leaves it on UltraScale parts.
  @Test func `a sum behind a product is a carry chain beside the DSP block`() throws {
    let accumulated = try resources { builder, own, _, x in
      let product = builder.logic.product(x[0], x[1])
      return builder.logic.wrap(builder.logic.sum(own, product), width: 8, signed: true)
    }
    #expect(accumulated.dsp == 1 && accumulated.lut == 8 && accumulated.carry8 == 1 && accumulated.ff == 8)
  }
}
