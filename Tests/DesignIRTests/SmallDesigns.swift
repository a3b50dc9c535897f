import DesignIR
import FixedPoint
import NetlistIR

/// Designs that a person can check.
enum SmallDesigns {
  static let byte = FixedPointType(width: 8, integerBits: 8)
  static let everyCycle = DesignInterface(handshake: .everyCycle, latency: 1, interval: 1, clockPeriod: 5)

  static func design(_ module: HardwareModule) throws -> Design {
    var builder = DesignBuilder(name: "small")
    _ = builder.add(module)
    return try builder.finish(interface: everyCycle)
  }

  /// A counter modulo ten that counts where `go` is 1.
  static func counter() throws -> HardwareModule {
    var builder = ModuleBuilder(name: "counter")
    let go = builder.bit("go")
    let count = builder.register("count", range: Interval(0, 9), reset: 0)
    let (value, nine) = (builder.value(of: count), builder.logic.constant(9))
    let last = builder.logic.equal(value, nine)
    let below = builder.logic.clamp(value, to: Interval(0, 8))
    let next = builder.logic.sum(below, builder.logic.constant(1))
    builder.setNext(count, builder.logic.select(last, builder.logic.constant(0), next), enable: go)
    builder.output(
      DesignPort(name: "value", elements: [.containing(Interval(0, 9), fractionBits: 0)], ranges: [Interval(0, 9)]),
      [value]
    )
    builder.output(bit: "last", last)
    return try builder.finish()
  }

  /// `y = 3x + 1` in two stages.
  static var affine: Circuit {
    var builder = NetlistBuilder(name: "affine")
    builder.beginScope(NetlistScope(name: "affine", kind: "Dense"))
    let x = builder.input(NetlistPort(tensor: "x", element: 0, type: byte))
    let triple = builder.sum(x, shift: 1, x)
    let y = builder.sum(triple, builder.constant(1))
    builder.output(y, as: NetlistPort(tensor: "y", element: 0, type: FixedPointType(width: 10, integerBits: 10)))
    let stages = builder.netlist.values.indices.map { Int32($0 == y.index ? 1 : 0) }
    return Circuit(netlist: builder.netlist, stages: stages, latency: 2, clockPeriod: 5, worstStageDelay: 0)
  }
}
