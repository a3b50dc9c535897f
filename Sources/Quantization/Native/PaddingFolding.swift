import Diagnostics
import ModelIR

/// Lets convolutions pad by themselves: a layer of zeros around a tensor disappears where only convolutions read it.
package struct PaddingFolding: ModelPass {
  package init() {}

  package func run(_ graph: ModelGraph, log: DiagnosticLog) throws -> ModelGraph {
    var graph = graph
    for node in graph.nodes {
      guard case .pad(let padding) = node.operation, padding.value == 0, !graph.outputs.contains(node.output) else {
        continue
      }
      let readers = graph.nodes.indices.filter { graph.nodes[$0].inputs.contains(node.output) }
      let rank = padding.before.count
      let windows = readers.map { reader -> SlidingWindow? in
        guard case .convolution(let layer) = graph.nodes[reader].operation else { return nil }
        return padding.folded(into: layer.window, rank: rank)
      }
      guard !windows.contains(where: { $0 == nil }) else { continue }
      for (reader, window) in zip(readers, windows) {
        guard case .convolution(var layer) = graph.nodes[reader].operation, let window else { continue }
        layer.window = window
        graph.nodes[reader].operation = .convolution(layer)
        graph.nodes[reader].inputs = node.inputs
      }
    }
    DeadNodeElimination.run(&graph)
    return graph
  }
}

extension PaddingLayer {
  /// The window with this padding as its own; nil where other axes are padded.
  fileprivate func folded(into window: SlidingWindow, rank: Int) -> SlidingWindow? {
    let range = window.range(rank: rank)
    guard (0..<rank).allSatisfy({ range.contains($0) || (before[$0] == 0 && after[$0] == 0) }) else { return nil }
    var result = window
    for (axis, place) in range.enumerated() {
      result.axes[axis].before += before[place]
      result.axes[axis].after += after[place]
    }
    return result
  }
}
