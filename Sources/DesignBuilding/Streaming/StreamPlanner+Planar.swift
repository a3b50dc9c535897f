import FixedPointIR

// Tensors with their channels in front of their positions, as PyTorch's images have them: inside, channels come last, so a
// transposition stands behind the inputs and before the outputs. A stream needs none: its beats are positions either way.
extension StreamPlanner {
  /// The tensor that everybody reads in the place of an input, the same elements with the channels last, and its positions.
  func planarReader(of id: FixedTensorID) -> (tensor: FixedTensorID, positions: Int)? {
    let readers = graph.nodes.filter { $0.inputs.contains(id) }
    guard !graph.outputs.contains(id), let first = readers.first, let channels = graph[first.output].shape.last,
      case let positions = graph[id].count / channels, channels > 1, positions > 1,
      readers.allSatisfy({ $0.transposes(rows: channels, of: id, in: graph) }),
      tokenTypes(of: first.output, positions: positions) != nil
    else { return nil }
    return (first.output, positions)
  }

  /// Whether a layer does nothing but to put the channels of a stream first, and its result is only handed out.
  func isPlanarResult(_ node: FixedNode) -> Bool {
    guard case .gather = node.operation, node.inputs.count == 1, graph.outputs.contains(node.output),
      let id = streams[node.inputs[0].index], !plan.inputs.contains(id), plan[id].positions > 1, plan[id].elements > 1
    else { return false }
    return node.transposes(rows: plan[id].positions, of: node.inputs[0], in: graph)
      && !graph.nodes.contains { $0.inputs.contains(node.output) }
  }
}

extension FixedNode {
  /// Whether it only transposes a matrix with so many rows, and changes no number.
  fileprivate func transposes(rows: Int, of id: FixedTensorID, in graph: FixedPointGraph) -> Bool {
    guard case .gather(let gather) = operation, inputs == [id], rows > 0, gather.sources.count == graph[id].count,
      graph[id].count.isMultiple(of: rows)
    else { return false }
    let columns = graph[id].count / rows
    let (types, given) = (graph[output].types, graph[id].types)
    return gather.sources.enumerated().allSatisfy { index, source in
      source.element == index % rows * columns + index / rows && types[index] == given[source.element]
    }
  }
}
