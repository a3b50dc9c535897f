import FixedPoint
import TextForm

/// Which elements of a graph's tensors matter to its outputs.
///
/// An element matters if an output is made of it: dead are those that only zero weights and elements without bits read.
package struct LiveElements: Sendable {
  /// By tensor, then by element.
  private var isLive: [[Bool]]

  /// - Precondition: the graph passed ``FixedPointGraphVerifier``.
  package init(_ graph: FixedPointGraph) {
    self.init(graph, outputs: graph.outputs.map { [Bool](repeating: true, count: graph[$0].count) })
  }

  /// The same for somebody who reads only some elements of the outputs.
  package init(_ graph: FixedPointGraph, outputs: [[Bool]]) {
    isLive = graph.tensors.map { [Bool](repeating: false, count: $0.count) }
    for (output, isRead) in zip(graph.outputs, outputs) { mark(output) { isRead[$0] } }
    for node in graph.nodes.reversed() { markReads(of: node, graph) }
  }

  package subscript(_ id: FixedTensorID) -> [Bool] { isLive[id.index] }

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
    case .tableSum(let sums): markAddresses(sums, results, node.inputs[0])
    case .argmax(let groups): markGroups(groups, results, node.inputs[0])
    case .gather(let gather):
      for (element, source) in gather.sources.enumerated() where results[element] {
        isLive[node.inputs[source.input].index][source.element] = true
      }
    case .map(let map): markMap(map, results, node, graph)
    case .scan(let scan): markScan(scan, results, node)
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

  private mutating func markAddresses(_ sums: TableSum, _ results: [Bool], _ input: FixedTensorID) {
    for edge in sums.edges where results[edge.output] {
      for operand in edge.operands where operand.type.width > 0 { isLive[input.index][operand.input] = true }
    }
  }

  private mutating func markDense(_ dense: DenseOperation, _ results: [Bool], _ input: FixedTensorID) {
    mark(input) { i in
      (0..<dense.outputSize).contains { j in results[j] && dense.weights[i * dense.outputSize + j] != 0 }
    }
  }
}

extension LiveElements {
  private mutating func markMap(_ map: MapOperation, _ results: [Bool], _ node: FixedNode, _ graph: FixedPointGraph) {
    let length = map.resultCount
    // Points at which the same results matter read the same taps.
    var known: [ArraySlice<Bool>: [[Bool]]] = [:]
    map.forEachPoint { number, point in
      let here = results[number * length..<(number + 1) * length]
      guard here.contains(true) else { return }
      let taps = known[here] ?? map.liveTaps(Array(here))
      known[here] = taps
      for (input, access) in map.accesses.enumerated() {
        let id = node.inputs[input]
        for (tap, source) in access.sources(at: point, shape: graph[id].shape).enumerated() where taps[input][tap] {
          if let source { isLive[id.index][source] = true }
        }
      }
    }
  }

  private mutating func markScan(_ scan: ScanOperation, _ results: [Bool], _ node: FixedNode) {
    let inside = scan.liveElements(results)
    for (input, id) in node.inputs.enumerated() {
      let bodyInput = input < scan.slicedOperandCount ? scan.stateCount + input : input - scan.slicedOperandCount
      let isRead = inside[scan.body.inputs[bodyInput]]
      mark(id) { isRead[$0 % isRead.count] }
    }
  }
}

extension MapOperation {
  /// By operand, the taps that matter to some results of one firing.
  fileprivate func liveTaps(_ results: [Bool]) -> [[Bool]] {
    let inside = LiveElements(body, outputs: [results])
    return body.inputs.map { inside[$0] }
  }

  /// What matters inside the kernel, if an element matters in any of its firings.
  fileprivate func liveElements(_ results: [Bool]) -> LiveElements {
    let length = resultCount
    let isRead = (0..<length).map { element in
      stride(from: element, to: results.count, by: length).contains { results[$0] }
    }
    return LiveElements(body, outputs: [isRead])
  }
}

extension ScanOperation {
  /// What matters inside the kernel: states matter as far as the next step reads them.
  fileprivate func liveElements(_ results: [Bool]) -> LiveElements {
    let length = body[result].count
    let isRead = (0..<length).map { element in
      stride(from: element, to: results.count, by: length).contains { results[$0] }
    }
    var states = body.inputs.prefix(stateCount).map { [Bool](repeating: false, count: body[$0].count) }
    while true {
      let live = LiveElements(body, outputs: states + [isRead])
      let next = body.inputs.prefix(stateCount).map { live[$0] }
      if next == states { return live }
      for state in states.indices {
        for element in states[state].indices where next[state][element] { states[state][element] = true }
      }
    }
  }
}

extension FixedPointGraph {
  /// The same graph without the weights of neurons that no output depends on; their values become meaningless.
  package var withoutDeadNeurons: FixedPointGraph { removingDeadNeurons().graph }

  /// The same, and the indices of the nodes that changed by it.
  package func removingDeadNeurons() -> (graph: FixedPointGraph, changed: [Int]) {
    let result = removingDeadNeurons(LiveElements(self))
    PassTrace.record(.deadWeights, result.graph)
    return result
  }

  private func removingDeadNeurons(_ live: LiveElements) -> (graph: FixedPointGraph, changed: [Int]) {
    var result = self
    var changed: [Int] = []
    for (index, node) in nodes.enumerated() {
      let isLive = live[node.output]
      if case .map(var map) = node.operation {
        let (body, inside) = map.body.removingDeadNeurons(map.liveElements(isLive))
        map.body = body
        if !inside.isEmpty { changed.append(index) }
        result.nodes[index].operation = .map(map)
        continue
      }
      if case .scan(var scan) = node.operation {
        let (body, inside) = scan.body.removingDeadNeurons(scan.liveElements(isLive))
        scan.body = body
        if !inside.isEmpty { changed.append(index) }
        result.nodes[index].operation = .scan(scan)
        continue
      }
      if case .tableSum(var sums) = node.operation {
        sums.edges.removeAll { !isLive[$0.output] }
        if sums.edges.count < node.operation.edgeCount { changed.append(index) }
        result.nodes[index].operation = .tableSum(sums)
        continue
      }
      guard case .dense(var dense) = node.operation else { continue }
      var bias = dense.bias.raw.count == 1 ? nil : dense.bias.raw
      for j in 0..<dense.outputSize where !isLive[j] {
        for i in 0..<dense.inputSize { dense.weights[i * dense.outputSize + j] = 0 }
        bias?[j] = 0
      }
      if let bias { dense.bias.raw = bias }
      if case .dense(let before) = node.operation, before.weights != dense.weights || before.bias.raw != dense.bias.raw
      {
        changed.append(index)
      }
      result.nodes[index].operation = .dense(dense)
    }
    return (result, changed)
  }
}

extension FixedOperation {
  fileprivate var edgeCount: Int { if case .tableSum(let sums) = self { sums.edges.count } else { 0 } }
}
