import Diagnostics
import ModelIR
import Testing

@Suite struct ReferenceEvaluatorTests {
  private func evaluate(_ graph: ModelGraph, _ inputs: [Double], samples: Int = 1) throws -> [Double] {
    try ModelGraphVerifier.verify(graph)
    return ReferenceEvaluator(graph).evaluate(inputs, samples: samples).outputs
  }

  @Test func denseOnSamplesAndPositions() throws {
    let flat = singleLayer(dense(2, 3, [1, 2, 3, 10, 20, 30], bias: [0.5, 0, -1]), input: [2], output: [3])
    #expect(try evaluate(flat, [1, 2, -1, 0], samples: 2) == [21.5, 42, 62, -0.5, -2, -4])
    let positions = singleLayer(dense(2, 1, [1, 10]), input: [3, 2], output: [3, 1])
    #expect(try evaluate(positions, [1, 2, 3, 4, 5, 6]) == [21, 43, 65])
  }

  @Test func affineBroadcastsOverChannelsAndElements() throws {
    let perChannel = AffineLayer(scale: vector([1, 10]), bias: vector([0.5]))
    #expect(try evaluate(singleLayer(.affine(perChannel), input: [2, 2]), [1, 2, 3, 4]) == [1.5, 20.5, 3.5, 40.5])
    let perElement = AffineLayer(scale: nil, bias: vector([1, 2, 3, 4]))
    #expect(try evaluate(singleLayer(.affine(perElement), input: [2, 2]), [0, 0, 0, 0]) == [1, 2, 3, 4])
  }

  @Test func batchNormalization() throws {
    let layer = BatchNormalizationLayer(
      gamma: vector([2, 1]),
      beta: vector([1, 0]),
      mean: vector([3, 0]),
      variance: vector([3, 15]),
      epsilon: 1
    )
    #expect(try evaluate(singleLayer(.batchNormalization(layer), input: [2]), [5, 8]) == [3, 2])
  }

  @Test(
    arguments: [
      (.maximum, [-0.5, 1, 1, 2, 0, -3, 0, 0]), (.sum, [1.0 / 3, -2.0 / 3, 0.5, 0.5, 1, 0, 0, 0]),
      (.euclidean, [0.6, -0.8, 1, 0, 0, -1, 0, 0]),
    ] as [(VectorNorm, [Double])]
  )
  func rowsAreDividedByTheirNorm(_ norm: VectorNorm, _ expected: [Double]) throws {
    let inputs: [Double] =
      switch norm {
      case .maximum: [-1, 2, -2, -4, 0, -3, 0, 0]
      case .sum: [1, -2, 4, 4, 3, 0, 0, 0]
      case .euclidean: [3, -4, 7, 0, 0, -2, 0, 0]
      }
    let found = try evaluate(singleLayer(.normalize(norm), input: [2, 2]), inputs, samples: 2)
    for (found, expected) in zip(found, expected) { #expect(abs(found - expected) < 1e-12) }
  }

  @Test func softmaxIsSafeAndKnowsItsAxis() throws {
    let last = singleLayer(.activation(.softmax(axis: 0)), input: [2])
    #expect(try evaluate(last, [1000, 1000, -1000, 1000], samples: 2) == [0.5, 0.5, 0, 1])
    let first = singleLayer(.activation(.softmax(axis: 0)), input: [2, 2])
    #expect(try evaluate(first, [7, 800, 7, -800]) == [0.5, 1, 0.5, 0])
  }

  @Test(
    arguments: [
      (.linear, 2.5, 2.5),
      (.relu(ReLUParameters()), -2, 0),
      (.relu(ReLUParameters(maximum: 6, negativeSlope: 0.5, threshold: 1)), 7, 6),
      (.relu(ReLUParameters(maximum: 6, negativeSlope: 0.5, threshold: 1)), 0, -0.5),
      (.relu(ReLUParameters(maximum: 6, negativeSlope: 0.5, threshold: 1)), 3, 3),
      (.leakyReLU(alpha: 0.25), -4, -1),
      (.thresholdedReLU(theta: 1), 1, 0),
      (.thresholdedReLU(theta: 1), 1.5, 1.5),
      (.elu(alpha: 2), -1e9, -2),
      (.selu, 1, 1.0507009873554805),
      (.selu, -1e9, -1.7580993408473766),
      (.sigmoid, 0, 0.5),
      (.sigmoid, -1e9, 0),
      (.sigmoid, 1e9, 1),
      (.hardSigmoid(slope: 0.2, shift: 0.5), -1, 0.3),
      (.hardSigmoid(slope: 0.2, shift: 0.5), 9, 1),
      (.tanh, 1e9, 1),
      (.hardTanh(slope: 0.5, shift: 0.5), 0.25, 0.25),
      (.hardTanh(slope: 0.5, shift: 0.5), -3, -1),
      (.hardShrink(threshold: 0.5), 0.5, 0),
      (.hardShrink(threshold: 0.5), -0.5, 0),
      (.hardShrink(threshold: 0.5), -0.625, -0.625),
      (.hardShrink(threshold: 0.5), 3, 3),
      (.hardShrink(threshold: -1), 0.25, 0.25),
      (.softplus, -1e9, 0),
      (.softplus, 1e9, 1e9),
      (.softplus, 0, 0.6931471805599453),
      (.softsign, -3, -0.75),
    ] as [(ActivationFunction, Double, Double)]
  )
  func activations(function: ActivationFunction, x: Double, y: Double) throws {
    let result = try evaluate(singleLayer(.activation(function), input: [1]), [x])
    #expect(abs(result[0] - y) <= 1e-15 * abs(y))
  }

  @Test func parametricReLU() throws {
    let graph = singleLayer(.activation(.parametricReLU(alpha: vector([0.5, 2]))), input: [2])
    #expect(try evaluate(graph, [-4, -4, 3, 3], samples: 2) == [-2, -8, 3, 3])
  }

  @Test(
    arguments: [
      (.add, [9, 9]), (.subtract, [-3, 7]), (.multiply, [18, 8]), (.average, [4.5, 4.5]), (.maximum, [6, 8]),
      (.minimum, [3, 1]),
    ] as [(MergeKind, [Double])]
  )
  func merges(kind: MergeKind, expected: [Double]) throws {
    #expect(try evaluate(singleLayer(.merge(kind), input: [2], inputs: 2), [3, 8, 6, 1]) == expected)
  }

  @Test func concatenatesAlongEachAxis() throws {
    let first = singleLayer(.concatenate(axis: 0), input: [2, 2], output: [4, 2], inputs: 2)
    #expect(try evaluate(first, [1, 2, 3, 4, 5, 6, 7, 8]) == [1, 2, 3, 4, 5, 6, 7, 8])
    let last = singleLayer(.concatenate(axis: 1), input: [2, 2], output: [2, 4], inputs: 2)
    #expect(
      try evaluate(last, [1, 2, 3, 4, 5, 6, 7, 8, 10, 20, 30, 40, 50, 60, 70, 80], samples: 2)
        == [1, 2, 5, 6, 3, 4, 7, 8, 10, 20, 50, 60, 30, 40, 70, 80]
    )
  }

  @Test func severalInputsAndOutputs() throws {
    var graph = ModelGraph(name: "two", source: .keras)
    let a = graph.append(.input, named: "a", inputs: [], shape: [2], origin: here)
    let b = graph.append(.input, named: "b", inputs: [], shape: [1], origin: here)
    let ab = graph.append(.concatenate(axis: 0), named: "ab", inputs: [b, a], shape: [3], origin: here)
    let r = graph.append(.activation(.relu(ReLUParameters())), named: "r", inputs: [ab], shape: [3], origin: here)
    graph.outputs = [b, r]
    try ModelGraphVerifier.verify(graph)
    let evaluator = ReferenceEvaluator(graph)
    #expect(evaluator.inputSize == 3)
    #expect(evaluator.outputSize == 4)
    let all = evaluator.evaluate([1, -2, -3, 4, 5, 6], samples: 2)
    #expect(all.outputs == [-3, 0, 1, 0, 6, 6, 4, 5])
    #expect(all[ab] == [-3, 1, -2, 6, 4, 5])
    let few = evaluator.evaluate([1, -2, -3, 4, 5, 6], samples: 2, keeping: .outputs)
    #expect(few.outputs == all.outputs)
    #expect(few[ab].isEmpty)
    #expect(evaluator.evaluate([], samples: 0).outputs.isEmpty)
  }
}
