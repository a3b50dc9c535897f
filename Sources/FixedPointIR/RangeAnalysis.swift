import FixedPoint

/// What is proven about every number in a graph, for all inputs that the input types can represent.
///
/// Dense layers are exact from the real weights; tables count the entries that can be reached; correlations between
/// neighbours are not seen, so ranges may be too wide, never too narrow.
///
/// - Precondition: the graph passed ``FixedPointGraphVerifier``.
package struct RangeAnalysis: Sendable {
  /// The proven raw interval by tensor, then by element.
  package private(set) var raw: [[Interval]]
  /// By node, then by output element: the exact range before the value is quantised to its type; empty for inputs.
  package private(set) var exact: [[ExactRange]] = []
  /// By node: what may overflow.
  package private(set) var findings: [[OverflowFinding]] = []
  /// By node: what is proven inside its kernel, over all firings; nil for nodes without one.
  package private(set) var kernels: [RangeAnalysis?] = []
  /// Nodes that were analysed for this: more than the graph's own where some were analysed again.
  package private(set) var analysedNodes = 0

  package init(_ graph: FixedPointGraph) {
    raw = graph.tensors.map { _ in [] }
    for node in graph.nodes { append(node, of: graph) }
  }

  /// The analysis of a kernel whose operands are known better than by their types.
  ///
  /// - Parameter inputs: raw ranges by input, then by element, inside the types.
  package init(_ graph: FixedPointGraph, inputs: [[Interval]]) {
    raw = graph.tensors.map { _ in [] }
    var next = 0
    for node in graph.nodes {
      if case .input = node.operation {
        append(node, of: graph, inputRanges: inputs[next])
        next += 1
      } else {
        append(node, of: graph)
      }
    }
  }

  /// The analysis of a graph of which some operations changed, and nothing else, since it was analysed.
  ///
  /// Only the changed nodes are analysed again, and those whose inputs have other ranges now.
  ///
  /// - Parameter changed: the indices of the changed nodes.
  package init(_ graph: FixedPointGraph, updating former: RangeAnalysis, changed: [Int]) {
    raw = former.raw
    analysedNodes = former.analysedNodes
    for (index, node) in graph.nodes.enumerated() {
      // What a mean lies between is read off the layers before those that it adds.
      let looksFurther = node.operation.kind == .merge
      if changed.contains(index) || looksFurther
        || node.inputs.contains(where: { raw[$0.index] != former.raw[$0.index] })
      {
        append(node, of: graph)
      } else {
        exact.append(former.exact[index])
        findings.append(former.findings[index])
        kernels.append(former.kernels[index])
      }
    }
  }

  /// An analysis that grows with a graph under construction; see ``extend(_:)``.
  package init() { raw = [] }

  /// Analyses the nodes that the graph has gained since.
  package mutating func extend(_ graph: FixedPointGraph) {
    while raw.count < graph.tensors.count { raw.append([]) }
    for node in graph.nodes[exact.count...] { append(node, of: graph) }
  }

  /// The exact ranges of the results of a graph's last node, which is not analysed yet, whatever its output types.
  ///
  /// For those who choose the types by what they have to hold.
  package func exactResults(ofLastNodeOf graph: FixedPointGraph) -> [ExactRange] {
    guard let node = graph.nodes.last else { return [] }
    var transfer = RangeTransfer(node: node, graph: graph, ranges: raw)
    return transfer.results()
  }

  /// What is known of all rows together, of each of which more is known to the graph around: it has the findings, too.
  init(kernelOf map: MapOperation, raw: [[Interval]], exact: [[ExactRange]]) {
    self.raw = raw
    self.exact = exact
    findings = map.body.nodes.map { _ in [] }
    kernels = map.body.nodes.map { _ in nil }
  }

  /// The proven raw interval of every element.
  package subscript(_ id: FixedTensorID) -> [Interval] { raw[id.index] }

  private mutating func append(_ node: FixedNode, of graph: FixedPointGraph, inputRanges: [Interval]? = nil) {
    analysedNodes += 1
    let types = graph[node.output].types
    if case .input = node.operation {
      raw[node.output.index] = inputRanges ?? types.all.map(\.rawRange)
      exact.append([])
      findings.append([])
      kernels.append(nil)
      return
    }
    var transfer = RangeTransfer(node: node, graph: graph, ranges: raw)
    let results = transfer.results()
    raw[node.output.index] = results.enumerated().map { element, range in
      types[element].quantizedRange(of: range.raw, fractionBits: range.fractionBits)
    }
    exact.append(results)
    kernels.append(transfer.kernel)
    findings.append(
      OverflowFinding.collect(node: node, results: results, types: types, inner: transfer.innerOverflows)
        + OverflowFinding.collect(node: node, kernel: transfer.kernel)
    )
  }
}
