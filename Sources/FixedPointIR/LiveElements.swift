import FixedPoint

/// Which elements of a graph's tensors matter to its outputs.
///
/// An element matters if an output is made of it: dead are those that only zero weights and elements without bits read.
package struct LiveElements: Sendable {
  /// By tensor, then by element.
  private var isLive: [[Bool]]

  /// - Precondition: the graph passed ``FixedPointGraphVerifier``.
  package init(_ graph: FixedPointGraph) {
    isLive = graph.tensors.map { [Bool](repeating: false, count: $0.count) }
    for output in graph.outputs { markAll(output) }
    for node in graph.nodes.reversed() { markReads(of: node, graph) }
  }

  package subscript(_ id: FixedTensorID) -> [Bool] { isLive[id.index] }

  private mutating func markAll(_ id: FixedTensorID) {
    isLive[id.index] = [Bool](repeating: true, count: isLive[id.index].count)
  }

  private mutating func markReads(of node: FixedNode, _ graph: FixedPointGraph) {
    let types = graph[node.output].types
    // An element without bits is zero, whatever it reads.
    let results = isLive[node.output.index].enumerated().map { $1 && types[$0].width > 0 }
    switch node.operation {
    case .input: break
    case .dense(let dense): markDense(dense, results, node.inputs[0])
    case .affine, .rectifier, .clampedLinear, .table, .exponentialUnit, .merge, .requantize:
      for input in node.inputs { mark(input) { results[$0] } }
    case .softmax(let softmax): markGroups(softmax.groups, results, node.inputs[0])
    case .treeEnsemble(let ensemble): markFeatures(ensemble, results, node.inputs[0])
    case .argmax(let groups): markGroups(groups, results, node.inputs[0])
    case .gather(let gather):
      for (element, source) in gather.sources.enumerated() where results[element] {
        isLive[node.inputs[source.input].index][source.element] = true
      }
    }
  }

  private mutating func mark(_ id: FixedTensorID, where isRead: (Int) -> Bool) {
    for element in isLive[id.index].indices where isRead(element) { isLive[id.index][element] = true }
  }

  private mutating func markGroups(_ groups: SoftmaxGroups, _ results: [Bool], _ input: FixedTensorID) {
    for group in 0..<groups.count {
      let members = group * groups.size..<(group + 1) * groups.size
      guard results[members].contains(true) else { continue }
      mark(input) { members.contains($0) }
    }
  }

  private mutating func markFeatures(_ ensemble: TreeEnsembleOperation, _ results: [Bool], _ input: FixedTensorID) {
    for tree in ensemble.trees where tree.outputs.contains(where: { results[$0] }) {
      for case .split(let feature, _, _, _) in tree.nodes { isLive[input.index][feature] = true }
    }
  }

  private mutating func markDense(_ dense: DenseOperation, _ results: [Bool], _ input: FixedTensorID) {
    mark(input) { element in
      let (position, i) = (element / dense.inputSize, element % dense.inputSize)
      return (0..<dense.outputSize).contains { j in
        results[position * dense.outputSize + j] && dense.weights[i * dense.outputSize + j] != 0
      }
    }
  }
}

extension FixedPointGraph {
  /// The same graph without the weights of neurons that no output depends on; their values become meaningless.
  package var withoutDeadNeurons: FixedPointGraph {
    let live = LiveElements(self)
    var result = self
    for (index, node) in nodes.enumerated() {
      guard case .dense(var dense) = node.operation else { continue }
      let isLive = live[node.output]
      var bias = dense.bias.raw.count == 1 ? nil : dense.bias.raw
      for j in 0..<dense.outputSize {
        // Positions share the weights.
        if stride(from: j, to: isLive.count, by: dense.outputSize).contains(where: { isLive[$0] }) { continue }
        for i in 0..<dense.inputSize { dense.weights[i * dense.outputSize + j] = 0 }
        bias?[j] = 0
      }
      if let bias { dense.bias.raw = bias }
      result.nodes[index].operation = .dense(dense)
    }
    return result
  }
}
