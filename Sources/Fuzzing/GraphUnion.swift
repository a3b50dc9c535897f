import FixedPointIR

extension FixedPointGraph {
  /// Several graphs side by side, as one that takes all their inputs and returns all their outputs.
  ///
  /// Layers and tensors get the graph's number before their names: `n3_layer1`. Many small networks then share one
  /// hardware build, which costs far more time than they do.
  package static func union(of graphs: [FixedPointGraph], named name: String) -> FixedPointGraph {
    var union = FixedPointGraph(name: name)
    for (number, graph) in graphs.enumerated() {
      let offset = union.tensors.count
      func moved(_ id: FixedTensorID) -> FixedTensorID { FixedTensorID(id.index + offset) }
      for tensor in graph.tensors {
        var tensor = tensor
        tensor.name = "n\(number)_\(tensor.name)"
        union.tensors.append(tensor)
      }
      for node in graph.nodes {
        var node = node
        node.name = "n\(number)_\(node.name)"
        node.inputs = node.inputs.map(moved)
        node.output = moved(node.output)
        union.nodes.append(node)
      }
      union.outputs += graph.outputs.map(moved)
    }
    return union
  }
}
