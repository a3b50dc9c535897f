import Basics
import ModelIR
import Quantization
import Testing

@testable import Optimization

/// The freedom behind rectifiers: where it is, that nobody sees it, and that it is used well.
@Suite struct NeuronScalingTests {
  @Test(arguments: GradientTests.Network.allCases, [OutputMeaning.automatic, .numbers])
  func `scaled neurons are the same network`(_ kind: GradientTests.Network, _ meaning: OutputMeaning) throws {
    var network = try kind.make()
    let data = network.events(40)
    let tape = try TapeBuilding.tape(of: network.model, meaning: meaning)
    let float = NetworkParameters(tape, of: network.model)
    let scaling = NeuronScaling(tape)
    var scaled = float
    var free = 0
    for (k, place) in tape.kernels.enumerated() {
      free += (0..<place.outputs).count { scaling.isFree(k, $0) }
      // Powers of two, so that not a bit of a sum may change.
      scaling.apply((0..<place.outputs).map { $0 % 2 == 0 ? 2 : 0.25 }, k, to: &scaled)
    }
    // Rectified neurons that only weights read: 10 and 8, if they answer with numbers; four channels behind a maximum; none
    // where branches are joined.
    let expected =
      switch kind {
      case .classifier: meaning == .numbers ? 18 : 0
      case .image: 4
      case .joins: 0
      }
    #expect(free == expected)
    #expect((scaled.kernels.map(\.weights) != float.kernels.map(\.weights)) == (free > 0))
    let batch = TapeBatch(inputs: data.inputs.map { Float($0) }, events: 40)
    let runner = TapeRunner(tape, threads: 1)
    for head in tape.heads {
      #expect(runner.values(of: head.slot, scaled, batch) == runner.values(of: head.slot, float, batch))
    }
  }

  @Test func `channels that are compared with each other stay as they are`() throws {
    var network = TestNetworks(seed: 4, inputs: [3, 4])
    try network.dense(4, "rows")
    try network.relu("rows_relu")
    try network.add(.reduce(ReductionLayer(kind: .maximum, axes: [1], keepsAxes: false)), "largest")
    try network.dense(2, "last")
    let tape = try TapeBuilding.tape(of: network.model, meaning: .automatic)
    let scaling = NeuronScaling(tape)
    #expect((0..<4).allSatisfy { !scaling.isFree(0, $0) })
  }

  @Test func `a scale is taken where it is worth digits`() throws {
    // All weights are 0.75: two digits each; at 4/3 or 2/3 one is enough.
    let size = 9
    var hessian = [Double](repeating: 0, count: size * size)
    for i in 0..<size { hessian[i * size + i] = 1 }
    let problem = try #require(
      NeuronProblem(
        hessian: hessian,
        slope: [Double](repeating: 0, count: size),
        reference: [Double](repeating: 0.75, count: size - 1) + [0],
        damping: 1e-6
      )
    )
    let rounding = CostAwareRounding(
      prices: [Double](repeating: 1e-3, count: size - 1),
      finest: [Int](repeating: -8, count: size - 1)
    )
    let plain = rounding.solve(problem)
    #expect(plain.digits == [UInt8](repeating: 2, count: size - 1))
    let (scaled, factor) = rounding.solve(problem, .init(factors: [0.5, 2.0 / 3, 1, 1.25], rounding: 0))
    #expect(factor == 2.0 / 3 && scaled.digits == [UInt8](repeating: 1, count: size - 1))
    #expect(scaled.weights == [Float](repeating: 0.5, count: size - 1))
    // Not where the rounding of the sum would suffer more.
    let coarse = rounding.solve(problem, .init(factors: [2.0 / 3, 1], rounding: 1))
    #expect(coarse.factor == 1 && coarse.result.digits == plain.digits)
  }
}
