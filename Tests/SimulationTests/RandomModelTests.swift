import FixedPointIR
import Fuzzing
import ModelIR
import Simulation
import TestSupport
import Testing

/// The random recurrences and networks on particles that `tricot fuzz` makes.
@Suite struct RandomModelTests {
  /// What the fixed-point graphs of many networks hold.
  private func census(_ make: (inout RandomModel) throws -> ModelGraph) throws -> (graphs: Int, kinds: [String: Int]) {
    var (graphs, kinds) = (0, [String: Int]())
    for seed in 0..<120 as Range<UInt64> {
      var random = RandomModel(seed: seed)
      let model = try make(&random)
      try ModelGraphVerifier.verify(model)
      guard let graph = try? random.quantized(model) else { continue }
      try FixedPointGraphVerifier.verify(graph)
      graphs += 1
      for node in model.nodes { kinds[node.operation.kindName, default: 0] += 1 }
      let inputs = (0..<4 * graph.inputCount).map { _ in Double.random(in: -2...2, using: &random.generator) }
      let evaluator = ReferenceFixedPointEvaluator(graph)
      let found = (0..<4).flatMap {
        evaluator.outputs(for: Array(inputs[$0 * graph.inputCount..<($0 + 1) * graph.inputCount]))
      }
      #expect(try Simulator(graph).run(inputs, samples: 4).outputs == found, "seed \(seed): \(model)")
    }
    return (graphs, kinds)
  }

  @Test func `cells of all kinds are made`() throws {
    let (graphs, kinds) = try census { try $0.sequence() }
    #expect(graphs > 90, "\(graphs)")
    for kind in ["SimpleRNN", "LSTM", "GRU", "Concatenate", "Merge", "Reduction", "Gather", "Dense"] {
      #expect(kinds[kind, default: 0] > 5, "\(kind) in \(kinds)")
    }
  }

  @Test func `attention, norms, mixers and interactions are made`() throws {
    let (graphs, kinds) = try census { try $0.particles() }
    #expect(graphs > 90, "\(graphs)")
    for kind in ["Einsum", "Softmax", "Reduction", "Merge", "Gather", "Concatenate", "ApplyAlpha"] {
      #expect(kinds[kind, default: 0] > 10, "\(kind) in \(kinds)")
    }
  }
}
