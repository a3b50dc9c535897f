import BenchmarkNetworks
import DataFiles
import FixedPoint
import FixedPointIR
import TestSupport
import Testing

@testable import Simulation

/// The jet taggers on which compilers are compared, against exact integer references.
@Suite(.enabled(if: SharedData.isAvailable, SharedData.absence))
struct AdderGraphNetworkTests {
  @Test(arguments: ["dense_f6", "p70_f6"])
  func `no output of any sample differs`(name: String) throws {
    let folder = "vectors/adder-graphs/\(name)/"
    let graph = try IntegerNetwork(json: SharedData.bytes(folder + "network.json")).graph()
    let inputs = try SharedData.array(folder + "inputs.npy").values
    let expected = try SharedData.array(folder + "expected.npy").values
    let result = try Simulator(graph).run(inputs, samples: inputs.count / graph.inputCount)
    #expect(result.outputs.count == expected.count)
    #expect(zip(result.outputs, expected).count { $0 != $1 } == 0)
    // All sums are floats and need no further step: nothing else is fast enough.
    let plan = try SimulationPlan(graph)
    #expect(plan.kernels.count { ($0 as? Float32DenseKernel)?.dense.isIdentity == true } == 4)
  }
}
