import Diagnostics
import FixedPoint
import FixedPointIR
import TestSupport

/// A graph of inputs and one operation, over rows where there are several positions.
func graph(
  of operation: FixedOperation,
  inputs: [ElementTypes],
  output: ElementTypes,
  positions: Int = 1,
  strategy: ImplementationChoice.Strategy = .distributedArithmetic
) -> FixedPointGraph {
  var graph = FixedPointGraph(name: "test")
  let origin = Origin(file: "test")
  let ids = inputs.enumerated().map { index, types in
    graph.append(
      .input,
      named: "input\(index)",
      kind: "Input",
      inputs: [],
      shape: positions > 1 ? [positions, types.count / positions] : [types.count],
      types: types,
      origin: origin
    )
  }
  let result = graph.append(
    operation,
    named: "layer",
    kind: "Test",
    inputs: ids,
    shape: [output.count],
    types: output,
    origin: origin,
    implementation: ImplementationChoice(strategy: strategy)
  )
  graph.outputs = [result]
  return graph
}

/// Every value of a type, or many of them and both ends.
func values(of type: FixedPointType, using generator: inout SeededGenerator) -> [Double] {
  let range = type.rawRange
  if range.upper - range.lower < 4096 {
    return (0...Int(range.upper - range.lower)).map { type.value(ofRaw: range.lower + Int128($0)) }
  }
  var raw: [Int128] = [range.lower, range.upper, 0, 1, range.upper - 1, range.lower + 1]
  for _ in 0..<200 {
    // Numbers of every size, so that wide types are not tested by wide numbers alone.
    let places = Int.random(in: 0..<type.width, using: &generator)
    raw.append(Int128.random(in: range.lower...range.upper, using: &generator) >> places)
  }
  return raw.map { type.value(ofRaw: $0) }
}
