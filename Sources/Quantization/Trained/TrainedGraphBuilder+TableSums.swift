import Diagnostics
import FixedPoint
import FixedPointIR
import ModelIR

extension TrainedGraphBuilder {
  /// Tables of exact numbers; over several rows, the kernel of a map.
  mutating func tableSum(_ node: ModelNode, _ sums: TableSum) throws -> FixedTensorID {
    let input = try exact(node.inputs[0], readBy: node)
    let grids = sums.edgesByOutput.map { sums.fractionBits(of: $0) }
    guard graph[input].count > sums.inputCount else {
      return append(.tableSum(sums), for: node, inputs: [input], grids: grids)
    }
    let places = WindowDomain(rowsOf: graph[input].shape)
    var builder = kernelBuilder(node, input: input, places)
    let result = builder.append(.tableSum(sums), named: "sums", inputs: [builder.window], count: sums.outputCount) {
      ElementTypes(each: $0.enumerated().map { Self.exactType($1, grid: grids[$0]) })
    }
    let rows = graph[input].count / sums.inputCount
    return append(
      .map(builder.map(returning: result, over: places)),
      for: node,
      inputs: [input],
      grids: (0..<rows).flatMap { _ in grids }
    )
  }
}
