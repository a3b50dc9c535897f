import FixedPoint

/// A dense layer, alone or at several positions: a map whose kernel is one dense layer over the rows of the last axis.
///
/// Such maps are built position by position of what stands there, as if each position had a layer of its own; they are
/// recognised here only.
package struct DenseRows: Sendable {
  package var dense: DenseOperation
  /// 1 for a layer that is no map; row `p` starts at input element `p · inputSize` and at output element `p · outputSize`.
  package var positions: Int

  /// Nil for everything else, and for kernels that quantise their results to types that change them before the map quantises
  /// them to its own.
  ///
  /// - Parameter analysis: of the graph.
  package init?(nodeAt index: Int, of graph: FixedPointGraph, analysis: RangeAnalysis) {
    let node = graph.nodes[index]
    if case .dense(let dense) = node.operation {
      self.init(dense)
      return
    }
    guard case .map(let map) = node.operation, let dense = map.denseOverRows(of: graph[node.inputs[0]].shape),
      let sums = analysis.kernels[index]?.exact.last, map.keeps(sums, in: graph[node.output].types)
    else { return nil }
    self.init(dense: dense, positions: map.firings)
  }

  package init(_ dense: DenseOperation) { self.init(dense: dense, positions: 1) }

  private init(dense: DenseOperation, positions: Int) {
    self.dense = dense
    self.positions = positions
  }
}

extension FixedOperation {
  /// The dense layer that an operation is, or that its kernel is, whatever that reads.
  package var denseKernel: DenseOperation? {
    if case .dense(let dense) = self { return dense }
    // Two nodes with one input between them: the second reads the first.
    guard case .map(let map) = self, map.body.nodes.count == 2, map.accesses.count == 1,
      map.body.outputs == [map.body.nodes[1].output], case .dense(let dense) = map.body.nodes[1].operation
    else { return nil }
    return dense
  }

  /// Changes the dense layer that an operation or its kernel is.
  package mutating func replaceDenseKernel(by dense: DenseOperation) {
    guard denseKernel != nil else { return }
    guard case .map(var map) = self else {
      self = .dense(dense)
      return
    }
    map.body.nodes[1].operation = .dense(dense)
    self = .map(map)
  }
}

extension MapOperation {
  /// The dense layer that is fired at every row of an operand's last axis, in order; nil for all other maps.
  package func denseOverRows(of shape: [Int]) -> DenseOperation? {
    guard let dense = FixedOperation.map(self).denseKernel, domain == Array(shape.dropLast()),
      accesses.first?.axes == WindowAccess.rows(of: shape).axes
    else { return nil }
    return dense
  }

  /// Whether the kernel's own types change none of its exact results that the output's types would not change alike.
  func keeps(_ exact: [ExactRange], in output: ElementTypes) -> Bool {
    let types = body[body.outputs[0]].types
    if (0..<output.count).allSatisfy({ output[$0] == types[$0 % types.count] }) { return true }
    return exact.enumerated().allSatisfy { element, range in
      range.isZero
        || types[element].fractionBits >= range.fractionBits
          && types[element].holds(range.raw, fractionBits: range.fractionBits)
    }
  }
}

extension FixedPointGraph {
  /// Lets the kernel of the last node, if that is a map of a dense layer, quantise its results itself where all positions
  /// quantise them alike.
  ///
  /// - Precondition: the kernel's own types hold its exact results.
  package mutating func quantizeInLastKernel() {
    guard let node = nodes.last, node.operation.denseKernel != nil, case .map(var map) = node.operation else { return }
    let (types, count) = (self[node.output].types, map.resultCount)
    guard (0..<types.count).allSatisfy({ types[$0] == types[$0 % count] }) else { return }
    map.body[map.body.outputs[0]].types = ElementTypes(each: (0..<count).map { types[$0] })
    nodes[nodes.count - 1].operation = .map(map)
  }
}
