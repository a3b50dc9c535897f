import FixedPoint
import FixedPointIR
import Simulation

/// How far the sums of a layer may go, by all that its inputs can be, and how far events made them go.
package struct RangeCoverage: Sendable, Hashable {
  package var layer: String
  /// The greatest magnitudes.
  package var proven: Double
  package var seen: Double

  /// Worst cases of sums of many numbers are several times what they come to; from this factor on nobody has seen what the
  /// layer does in most of its range.
  package var isPoor: Bool { proven >= 32 * seen }
}

extension HeldOutEvaluation {
  /// What the layers of a finished network that add up numbers can reach, and what events reach that nothing was fitted to.
  package func coverage(of graph: FixedPointGraph) throws -> [RangeCoverage] {
    let count = min(events, Self.mostTraced)
    let width = inputs.count / max(events, 1)
    let result = try Simulator(graph).run(
      Array(inputs.prefix(count * width)),
      samples: count,
      options: SimulationOptions(threads: threads, trace: true)
    )
    let analysis = RangeAnalysis(graph)
    return graph.nodes.compactMap { node in
      guard node.operation.addsUp, let values = result.trace(of: node.name)?.doubles else { return nil }
      let types = graph[node.output].types
      let proven = analysis[node.output].enumerated().reduce(0.0) { greatest, entry in
        let step = types[entry.offset].step
        let magnitude = max(abs(Double(entry.element.lower)), abs(Double(entry.element.upper)))
        return max(greatest, magnitude * step)
      }
      return RangeCoverage(layer: node.name, proven: proven, seen: values.reduce(0) { max($0, abs($1)) })
    }
  }

  private static let mostTraced = 1024
}

extension FixedOperation {
  /// Whether a layer, or its kernel, is sums of products.
  fileprivate var addsUp: Bool {
    if case .dense = self { return true }
    return facts.bodies.contains { body in body.nodes.contains { $0.operation.addsUp } }
  }
}
