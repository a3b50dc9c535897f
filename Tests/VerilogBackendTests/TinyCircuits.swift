import DesignIR
import FixedPoint
import NetlistIR

/// Hand-made circuits that a person can check.
enum TinyCircuits {
  /// `y = max(4a - b, 0)` and `z = (a + b) mod 2^8`, three stages.
  static var rectifiedDifference: Circuit {
    var builder = NetlistBuilder(name: "tiny")
    let byte = FixedPointType(width: 8, integerBits: 4)
    builder.beginScope(NetlistScope(name: "x", kind: "Input"))
    let a = builder.input(NetlistPort(tensor: "x", element: 0, type: byte))
    let b = builder.input(NetlistPort(tensor: "x", element: 1, type: byte))
    builder.beginScope(NetlistScope(name: "fc1", kind: "Dense"))
    builder.element = 0
    let difference = builder.difference(a, shift: 2, b, shift: 0)
    builder.element = 1
    let sum = builder.sum(a, b)
    builder.beginScope(NetlistScope(name: "relu", kind: "Activation"))
    builder.element = 0
    let positive = builder.clamp(difference, to: Interval(0, 255))
    builder.element = 1
    let wrapped = builder.wrap(sum, width: 8, signed: true)
    builder.output(positive, as: port("y", FixedPointType(width: 8, integerBits: 4, isSigned: false)))
    builder.output(wrapped, as: port("z", byte))
    return circuit(builder.netlist, stage: { netlist, id in netlist[id].scope.index == 2 ? 1 : 0 }, latency: 3)
  }

  /// A table behind a delay of five ranks, beside a chain of sums in one stage.
  static var tableAndChain: Circuit {
    var builder = NetlistBuilder(name: "tiny2")
    builder.beginScope(NetlistScope(name: "in", kind: "Input"))
    let types = [3, 6, 6, 6].map { FixedPointType(width: $0, integerBits: $0, isSigned: $0 == 6) }
    let x = types.enumerated().map { index, type in
      builder.input(NetlistPort(tensor: "in", element: index, type: type))
    }
    builder.beginScope(NetlistScope(name: "exp", kind: "Softmax"))
    let rom = builder.rom(Rom(name: "exp table", entries: [1, 2, 4, 7, 12, 20, 33, 55]))
    let entry = builder.lookup(rom, address: x[0])
    builder.beginScope(NetlistScope(name: "sum", kind: "Dense"))
    let chain = builder.wrap(builder.sum(builder.sum(x[1], x[2]), x[3]), width: 6, signed: true)
    builder.output(entry, as: port("output", FixedPointType(width: 6, integerBits: 6, isSigned: false)))
    builder.output(chain, as: port("chain", types[1]))
    return circuit(builder.netlist, stage: { netlist, id in id == entry ? 5 : 0 }, latency: 6)
  }

  private static func port(_ tensor: String, _ type: FixedPointType) -> NetlistPort {
    NetlistPort(tensor: tensor, element: 0, type: type)
  }

  private static func circuit(_ netlist: Netlist, stage: (Netlist, ValueID) -> Int, latency: Int) -> Circuit {
    Circuit(
      netlist: netlist,
      stages: netlist.values.indices.map { Int32(stage(netlist, ValueID($0))) },
      latency: latency,
      clockPeriod: 2.5,
      worstStageDelay: 0
    )
  }
}
