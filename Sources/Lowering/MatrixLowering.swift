import AdderGraphs
import FixedPoint
import NetlistIR
import NetlistPasses

extension Lowering {
  /// The netlist of a single matrix: `y = x · W` by an adder graph, integers in and out.
  ///
  /// - Precondition: the graph computes the problem.
  package static func lower(_ graph: AdderGraph, for problem: ConstantMatrixProblem, named name: String) -> Netlist {
    var builder = NetlistBuilder(name: name)
    builder.beginScope(NetlistScope(name: name, kind: "Matrix"))
    let variables = problem.inputRanges.enumerated().map { element, range in
      builder.input(NetlistPort(tensor: "x", element: element, type: .integer(containing: range)))
    }
    let values = builder.emit(graph, over: variables, elements: 0..<problem.outputCount)
    for (element, output) in graph.outputs.enumerated() {
      builder.element = Int32(element)
      var sum = output.value.map { values[Int($0)] } ?? builder.constant(0)
      if output.shift > 0 { sum = builder.shiftLeft(sum, output.shift) }
      if output.isNegated { sum = builder.negate(sum) }
      let port = NetlistPort(tensor: "y", element: element, type: .integer(containing: builder.range(sum)))
      builder.output(sum, as: port)
    }
    return DeadValueElimination.run(builder.netlist)
  }
}

extension FixedPointType {
  /// The narrowest type of integers that contains an interval.
  fileprivate static func integer(containing range: Interval) -> FixedPointType {
    FixedPointType(width: range.bitWidth, integerBits: range.bitWidth, isSigned: range.lower < 0)
  }
}
