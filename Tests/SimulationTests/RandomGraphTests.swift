import FixedPointIR
import Fuzzing
import Testing

@testable import Simulation

/// The simulator against the evaluator that follows the definitions one event at a time.
@Suite struct RandomGraphTests {
  @Test(arguments: 0..<10)
  func `narrow graphs equal the definition`(block: Int) throws {
    try compare(seeds: block * 40..<(block + 1) * 40, width: 10, atLeast: 36)
  }

  @Test(arguments: 0..<4)
  func `graphs of 30 bits equal the definition`(block: Int) throws {
    try compare(seeds: 1000 + block * 40..<1040 + block * 40, width: 30, atLeast: 30)
  }

  @Test(arguments: 0..<4)
  func `graphs of 100 bits equal the definition`(block: Int) throws {
    try compare(seeds: 2000 + block * 40..<2040 + block * 40, width: 100, atLeast: 5)
  }

  /// - Parameter count: how many of the graphs must pass the verifier, so that the test tests something.
  private func compare(seeds: Range<Int>, width: Int, atLeast count: Int) throws {
    var compared = 0
    for seed in seeds {
      var random = RandomFixedPointGraph(seed: UInt64(seed))
      random.maximumWidth = width
      let graph = random.graph(layers: width > 50 ? 2 : 6)
      guard (try? FixedPointGraphVerifier.verify(graph)) != nil else { continue }
      let samples = 1 + seed % 9
      let inputs = (0..<samples).flatMap { _ in random.inputs(for: graph) }
      try expectDefinition(graph, inputs: inputs, samples: samples, "seed \(seed), width \(width)")
      compared += 1
    }
    #expect(compared >= count, "only \(compared) graphs passed the verifier")
  }
}
