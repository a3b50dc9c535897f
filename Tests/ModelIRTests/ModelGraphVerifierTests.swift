import Diagnostics
import ModelIR
import Testing

@Suite struct ModelGraphVerifierTests {
  private func refusal(of graph: ModelGraph) -> Diagnostic? {
    do {
      try ModelGraphVerifier.verify(graph)
      return nil
    } catch { return error as? Diagnostic }
  }

  @Test func acceptsAGoodGraph() {
    #expect(
      refusal(of: singleLayer(dense(2, 3, [1, 2, 3, 4, 5, 6], bias: [0, 0, 0]), input: [2], output: [3])) == nil
    )
    #expect(refusal(of: singleLayer(dense(2, 1, [1, 2]), input: [4, 2], output: [4, 1])) == nil)
    #expect(refusal(of: singleLayer(.merge(.average), input: [4], inputs: 3)) == nil)
    #expect(refusal(of: singleLayer(.concatenate(axis: 0), input: [2, 3], output: [4, 3], inputs: 2)) == nil)
    #expect(refusal(of: singleLayer(.reshape, input: [2, 3], output: [6])) == nil)
  }

  @Test func namesTheFirstNonFiniteWeight() throws {
    let graph = singleLayer(dense(2, 3, [1, 2, 3, 4, .nan, .infinity]), input: [2], output: [3])
    let diagnostic = try #require(refusal(of: graph))
    #expect(diagnostic.code == "non-finite-parameter")
    #expect(diagnostic.message == "the kernel of 'layer' holds nan at [1, 1]")
    #expect(diagnostic.origin == here.at("layer"))
    #expect(diagnostic.hint != nil)
  }

  @Test(
    arguments: [
      (.relu(ReLUParameters(maximum: .nan)), "maximum"),
      (.relu(ReLUParameters(negativeSlope: .nan)), "negative slope"),
      (.relu(ReLUParameters(threshold: .nan)), "threshold"),
      (.leakyReLU(alpha: .nan), "alpha"),
      (.thresholdedReLU(theta: .nan), "theta"),
      (.elu(alpha: .nan), "alpha"),
      (.hardSigmoid(slope: .nan, shift: 0), "slope"),
      (.hardTanh(slope: 1, shift: .nan), "shift"),
      (.hardShrink(threshold: .nan), "threshold"),
    ] as [(ActivationFunction, String)]
  )
  func namesNonFiniteParametersOfActivations(function: ActivationFunction, parameter: String) throws {
    let diagnostic = try #require(refusal(of: singleLayer(.activation(function), input: [1])))
    #expect(diagnostic.code == "non-finite-parameter")
    #expect(diagnostic.message == "the \(parameter) of 'layer' is nan")
  }

  @Test(
    arguments: [
      (singleLayer(dense(3, 1, [1, 2, 3]), input: [2], output: [1]), "shape-mismatch"),
      (singleLayer(dense(2, 2, [1, 2, 3, 4]), input: [2], output: [3]), "shape-mismatch"),
      (singleLayer(dense(2, 2, [1, 2, 3, 4], bias: [1]), input: [2]), "bad-parameters"),
      (singleLayer(.dense(DenseLayer(kernel: vector([1, 2]), bias: nil)), input: [2]), "bad-parameters"),
      (singleLayer(.affine(AffineLayer(scale: vector([1, 2]), bias: nil)), input: [3]), "bad-parameters"),
      (singleLayer(.affine(AffineLayer(scale: nil, bias: vector([.infinity]))), input: [3]), "non-finite-parameter"),
      (singleLayer(.activation(.parametricReLU(alpha: vector([1, 2]))), input: [3]), "bad-parameters"),
      (singleLayer(.activation(.elu(alpha: .nan)), input: [3]), "non-finite-parameter"),
      (singleLayer(.activation(.softmax(axis: 1)), input: [3]), "bad-axis"),
      (singleLayer(.activation(.softmax(axis: -1)), input: [3]), "bad-axis"),
      (singleLayer(.concatenate(axis: 2), input: [3], inputs: 2), "bad-axis"),
      (singleLayer(.reshape, input: [4], output: [3]), "shape-mismatch"),
      (singleLayer(.reshape, input: [4], output: [0]), "bad-shape"),
      (singleLayer(.reshape, input: [4], output: []), "bad-shape"),
      (singleLayer(.merge(.subtract), input: [4], inputs: 3), "bad-arity"),
      (singleLayer(.merge(.add), input: [4], inputs: 1), "bad-arity"),
      (singleLayer(.input, input: [4]), "bad-arity"),
      (singleLayer(.activation(.tanh), input: [1 << 40]), "absurd-size"),
      (singleLayer(.activation(.tanh), input: [Int.max, 3]), "absurd-size"),
      (singleLayer(.activation(.tanh), input: [-1]), "bad-shape"),
      (singleLayer(.batchNormalization(normalization(variance: [1, 1, 1])), input: [2]), "bad-parameters"),
      (singleLayer(.batchNormalization(normalization(variance: [1, -1])), input: [2]), "bad-parameters"),
    ])
  func refuses(graph: ModelGraph, code: String) {
    #expect(refusal(of: graph)?.code == code)
  }

  @Test func refusesBadWiring() {
    var graph = singleLayer(.activation(.tanh), input: [3])
    graph.nodes[1].name = "in0"
    #expect(refusal(of: graph)?.code == "duplicate-name")

    graph = singleLayer(.activation(.tanh), input: [3])
    graph.nodes.swapAt(0, 1)
    #expect(refusal(of: graph)?.code == "operand-order")

    graph = singleLayer(.activation(.tanh), input: [3])
    graph.nodes[1].output = TensorID(0)
    #expect(refusal(of: graph)?.code == "operand-order")

    graph = singleLayer(.activation(.tanh), input: [3])
    graph.nodes[1].inputs = [TensorID(99)]
    #expect(refusal(of: graph)?.code == "operand-order")

    graph = singleLayer(.activation(.tanh), input: [3])
    graph.outputs = []
    #expect(refusal(of: graph)?.code == "no-outputs")

    graph.outputs = [TensorID(7)]
    #expect(refusal(of: graph)?.code == "no-outputs")

    #expect(refusal(of: ModelGraph(name: "empty", source: .onnx))?.code == "no-inputs")
  }

  @Test func refusesTensorsOfDifferentShapes() {
    var graph = singleLayer(.merge(.add), input: [4], inputs: 2)
    graph.tensors[1].shape = [1]
    #expect(refusal(of: graph)?.code == "shape-mismatch")
    graph.nodes[2].operation = .concatenate(axis: 0)
    graph.tensors[2].shape = [5]
    #expect(refusal(of: graph) == nil)
    graph.tensors[1].shape = [1, 1]
    #expect(refusal(of: graph)?.code == "shape-mismatch")
  }

  private static func normalization(variance: [Double]) -> BatchNormalizationLayer {
    BatchNormalizationLayer(gamma: nil, beta: nil, mean: vector([0, 0]), variance: vector(variance), epsilon: 1e-3)
  }
}
