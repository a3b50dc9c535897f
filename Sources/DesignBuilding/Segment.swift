import FixedPoint
import FixedPointIR

/// A part of a model that is built at once: neighbouring flat layers, or one layer of another form.
struct Segment {
  /// Nodes, in order.
  var nodes: [Int]
  var form: LayerForm
  /// Tensors that it reads from outside, in order.
  var inputs: [FixedTensorID] = []
  /// Tensors that others or the model's user read, in order.
  var outputs: [FixedTensorID] = []

  /// Cuts a model at its layers of other forms; the segments stand in topological order.
  static func all(of model: FormedGraph) -> [Segment] {
    let graph = model.graph
    // Flat layers between the same cuts belong together.
    var level = [Int](repeating: 0, count: graph.tensors.count)
    var segments: [Segment] = []
    var flatSegment: [Int: Int] = [:]
    var order: [(level: Int, segment: Int)] = []
    for (index, node) in graph.nodes.enumerated() {
      if node.operation.kind == .input { continue }
      let first = node.inputs.reduce(0) { max($0, level[$1.index]) }
      if model.forms[index] == .flat {
        level[node.output.index] = first
        if let segment = flatSegment[first] {
          segments[segment].nodes.append(index)
        } else {
          flatSegment[first] = segments.count
          order.append((2 * first, segments.count))
          segments.append(Segment(nodes: [index], form: .flat))
        }
      } else {
        level[node.output.index] = first + 1
        order.append((2 * first + 1, segments.count))
        segments.append(Segment(nodes: [index], form: model.forms[index]))
      }
    }
    // Layers of other forms read what the flat segment of their level makes.
    order.sort { $0 < $1 }
    let owner = owners(segments, of: graph)
    return order.map { segments[$0.segment].connected(in: graph, own: $0.segment, owner: owner) }
  }

  /// By tensor, the segment that makes it; nil for inputs.
  private static func owners(_ segments: [Segment], of graph: FixedPointGraph) -> [Int?] {
    var owner = [Int?](repeating: nil, count: graph.tensors.count)
    for (number, segment) in segments.enumerated() {
      for node in segment.nodes { owner[graph.nodes[node].output.index] = number }
    }
    return owner
  }

  private func connected(in graph: FixedPointGraph, own number: Int, owner: [Int?]) -> Segment {
    var result = self
    var read = [Bool](repeating: false, count: graph.tensors.count)
    for node in nodes {
      for input in graph.nodes[node].inputs where owner[input.index] != number { read[input.index] = true }
    }
    result.inputs = read.indices.filter { read[$0] }.map { FixedTensorID($0) }
    var wanted = [Bool](repeating: false, count: graph.tensors.count)
    for output in graph.outputs { wanted[output.index] = true }
    for (index, node) in graph.nodes.enumerated() where !nodes.contains(index) {
      for input in node.inputs { wanted[input.index] = true }
    }
    result.outputs = nodes.map { graph.nodes[$0].output }.filter { wanted[$0.index] }
    return result
  }
}

extension Segment {
  /// The segment as a model of its own, whose inputs are what it reads.
  func graph(of model: FixedPointGraph) -> FixedPointGraph {
    var result = FixedPointGraph(name: model.nodes[nodes[nodes.count - 1]].name)
    var names: [FixedTensorID: FixedTensorID] = [:]
    for input in inputs {
      let tensor = model[input]
      let origin = model.nodes.first { $0.output == input }?.origin
      names[input] = result.append(
        .input,
        named: tensor.name,
        kind: "Input",
        inputs: [],
        shape: tensor.shape,
        types: tensor.types,
        origin: origin ?? model.nodes[nodes[0]].origin
      )
    }
    for index in nodes {
      var node = model.nodes[index]
      let output = FixedTensorID(result.tensors.count)
      result.tensors.append(model[node.output])
      names[node.output] = output
      node.inputs = node.inputs.compactMap { names[$0] }
      node.output = output
      result.nodes.append(node)
    }
    result.outputs = outputs.compactMap { names[$0] }
    return result
  }
}
