import FixedPointIR
import Fuzzing
import HLSBackend
import Testing

/// Random networks as compiled C++ against the simulator.
@Suite struct RandomNetworkTests {
  @Test(.enabled(if: CppTools.areAvailable, CppTools.absence), arguments: [3])
  func `random networks equal the simulator`(block: Int) async throws {
    var networks: [FixedPointGraph] = []
    let samples = 16
    var events = [[Double]](repeating: [], count: samples)
    for seed in block * 1000..<block * 1000 + 14 {
      var random = RandomFixedPointGraph(seed: UInt64(seed))
      random.allowsTrees = false
      let network = random.graph(layers: random.int(1...5))
      // A few have tables without bits, or state, which are refused.
      guard (try? FixedPointGraphVerifier.verify(network)) != nil, (try? HLSProject(network)) != nil else { continue }
      for sample in events.indices { events[sample] += random.inputs(for: network) }
      networks.append(network)
    }
    #expect(networks.count >= 6)
    let union = FixedPointGraph.union(of: networks, named: "random")
    try await expectSimulator(union, inputs: events.flatMap { $0 }, samples: samples)
  }
}
