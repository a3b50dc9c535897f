import FixedPointIR
import Lowering
import TestSupport
import Testing

@Suite struct RandomGraphTests {
  @Test(arguments: 0..<300)
  func `random graphs give the evaluator's bits`(seed: UInt64) throws {
    var random = RandomFixedPointGraph(seed: seed)
    let graph = random.graph(layers: 1 + Int(seed % 6))
    let events = (0..<30).map { _ in random.inputs(for: graph) }
    try expectSameBits(graph, events: events, "seed \(seed)")
  }
}
