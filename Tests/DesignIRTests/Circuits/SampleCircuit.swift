import DesignIR
import FixedPoint
import NetlistIR

/// `y = (a + b) + a` with the sums one stage apart, so that `a` waits one rank for the second.
enum SampleCircuit {
  static let byte = FixedPointType(width: 8, integerBits: 8)

  /// Value 0 is `a`, 1 is `b`, 2 the first sum, 3 the second.
  static var netlist: Netlist {
    var builder = NetlistBuilder(name: "sample")
    builder.beginScope(NetlistScope(name: "x", kind: "Input"))
    let a = builder.input(NetlistPort(tensor: "x", element: 0, type: byte))
    let b = builder.input(NetlistPort(tensor: "x", element: 1, type: byte))
    builder.beginScope(NetlistScope(name: "sum", kind: "Add"))
    let sum = builder.sum(builder.sum(a, b), a)
    builder.output(
      sum,
      as: NetlistPort(tensor: "y", element: 0, type: FixedPointType(width: 10, integerBits: 10))
    )
    return builder.netlist
  }

  static func circuit(stages: [Int32] = [0, 0, 0, 1], latency: Int = 2) -> Circuit {
    Circuit(netlist: netlist, stages: stages, latency: latency, clockPeriod: 2.5, worstStageDelay: 1000)
  }
}
