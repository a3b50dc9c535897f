import TextForm

/// Removes the layers whose results nobody reads, directly or through others.
///
/// Model inputs stay, for they are the model's interface. Tensors keep their ids; those of removed layers are left without a maker.
package enum DeadNodeElimination {
  /// Runs the pass; returns whether it removed anything.
  @discardableResult
  package static func run(_ graph: inout ModelGraph) -> Bool {
    var isRead = [Bool](repeating: false, count: graph.tensors.count)
    for output in graph.outputs { isRead[output.index] = true }
    var kept: [ModelNode] = []
    for node in graph.nodes.reversed() {
      guard isRead[node.output.index] || node.isInput else { continue }
      for input in node.inputs { isRead[input.index] = true }
      kept.append(node)
    }
    let changed = kept.count < graph.nodes.count
    graph.nodes = kept.reversed()
    PassTrace.record(.deadLayers, graph)
    return changed
  }
}

extension ModelNode {
  /// Whether the node stands for a model input.
  package var isInput: Bool {
    if case .input = operation { true } else { false }
  }
}
