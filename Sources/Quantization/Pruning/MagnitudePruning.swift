import Diagnostics
import ModelIR
import TextForm

/// Sets the smallest weights of dense layers and convolutions to zero.
///
/// Biases stay. Weights that are zero already count toward the sparsity. Among equal magnitudes the one that stands later
/// goes first, so that the result depends on nothing but the model.
package struct MagnitudePruning: ModelPass {
  /// Among which weights the smallest are sought.
  package enum Scope: String, Sendable, CaseIterable, Codable {
    /// Within each layer: every layer gets the sparsity.
    case layer
    /// In the whole model: the layers with the larger weights keep more.
    case global
  }

  /// The share of weights that are zero afterwards, at least.
  package var sparsity: Double
  package var scope: Scope

  package init(sparsity: Double, scope: Scope = .layer) {
    self.sparsity = sparsity
    self.scope = scope
  }

  package func run(_ graph: ModelGraph, log: DiagnosticLog) throws -> ModelGraph {
    guard sparsity >= 0, sparsity <= 1 else {
      throw Diagnostic.error(
        "bad-option",
        "the sparsity is \(sparsity)",
        hint: "choose a sparsity from 0 (keep all weights) to 1 (keep none)"
      )
    }
    var kernels: [(node: Int, kernel: ParameterTensor)] = []
    for (index, node) in graph.nodes.enumerated() {
      if let kernel = node.operation.kernel { kernels.append((index, kernel)) }
    }
    switch scope {
    case .layer:
      for k in kernels.indices {
        let pruned = Self.prune([kernels[k].kernel.values], sparsity: sparsity)
        kernels[k].kernel.values = pruned[0]
      }
    case .global:
      let pruned = Self.prune(kernels.map(\.kernel.values), sparsity: sparsity)
      for k in kernels.indices { kernels[k].kernel.values = pruned[k] }
    }
    var result = graph
    for (node, kernel) in kernels { result.nodes[node].operation.kernel = kernel }
    PassTrace.record(.magnitudePruning, result)
    return result
  }

  /// The kernels with their smallest weights, over all of them, set to zero.
  private static func prune(_ kernels: [[Double]], sparsity: Double) -> [[Double]] {
    var order: [(magnitude: Double, kernel: Int, index: Int)] = []
    for (k, kernel) in kernels.enumerated() {
      order += kernel.enumerated().map { (abs($1), k, $0) }
    }
    order.sort { a, b in
      a.magnitude != b.magnitude ? a.magnitude < b.magnitude : (a.kernel, a.index) > (b.kernel, b.index)
    }
    var result = kernels
    let count = Int((sparsity * Double(order.count)).rounded(.toNearestOrAwayFromZero))
    for entry in order.prefix(count) { result[entry.kernel][entry.index] = 0 }
    return result
  }
}
