/// A graph, and what is proven about it.
package struct AnalysedGraph: Sendable {
  package var graph: FixedPointGraph
  package var analysis: RangeAnalysis

  /// - Precondition: the analysis is of this graph.
  package init(_ graph: FixedPointGraph, _ analysis: RangeAnalysis) {
    self.graph = graph
    self.analysis = analysis
  }

  package init(_ graph: FixedPointGraph) { self.init(graph, RangeAnalysis(graph)) }
}
