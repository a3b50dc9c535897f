import Diagnostics
import ModelIR
import Testing

@testable import Quantization

/// Pruning of networks with windows: what is removed must not show.
@Suite struct ConvolutionPruningTests {
  private let origin = Origin(file: "test.h5")

  private func numbers(_ count: Int, _ salt: Int) -> [Double] {
    (0..<count).map { Double(($0 * 7919 + salt * 104729 + $0 * $0 * 31) % 13 - 6) }
  }

  /// Dense at every position, convolution in groups, pooling, padding, global pooling, dense.
  private func network() -> ModelGraph {
    var model = ModelGraph(name: "test", source: .keras)
    func append(_ operation: ModelOperator, _ name: String, _ input: TensorID, _ shape: [Int]) -> TensorID {
      model.append(operation, named: name, inputs: [input], shape: shape, origin: origin)
    }
    let x = model.append(.input, named: "x", inputs: [], shape: [6, 2], origin: origin)
    // Channel 1 of the first layer is constant, channel 3 is read by nobody.
    let first = DenseLayer(
      kernel: ParameterTensor(shape: [2, 4], values: [1, 0, 2, 3, -1, 0, 1, 2]),
      bias: ParameterTensor([0.5, 3, 0, 1])
    )
    let dense = append(.dense(first), "dense", x, [6, 4])
    var kernel = numbers(3 * 2 * 4, 1)
    for index in kernel.indices where index / 4 % 2 == 1 && index % 4 >= 2 { kernel[index] = 0 }
    let convolution = ConvolutionLayer(
      kernel: ParameterTensor(shape: [3, 2, 4], values: kernel),
      bias: ParameterTensor([1, 2, 3, 4]),
      window: SlidingWindow(axes: [.init(size: 3, before: 1, after: 1)]),
      groups: 2
    )
    let convolved = append(.convolution(convolution), "conv", dense, [6, 4])
    let pooling = PoolingLayer(kind: .maximum, window: SlidingWindow(axes: [.init(size: 2, stride: 2)]))
    let pooled = append(.pool(pooling), "pool", convolved, [3, 4])
    let padded = append(.pad(PaddingLayer(before: [1, 0], after: [0, 0], value: 1)), "pad", pooled, [4, 4])
    let mean = append(.reduce(ReductionLayer(kind: .mean, axes: [0], keepsAxes: false)), "mean", padded, [4])
    let last = DenseLayer(kernel: ParameterTensor(shape: [4, 2], values: numbers(8, 2)), bias: nil)
    model.outputs = [append(.dense(last), "last", mean, [2])]
    return model
  }

  @Test func `removed elements do not show in what windows see`() throws {
    let model = network()
    try ModelGraphVerifier.verify(model)
    for sparsity in [0, 0.3, 0.6] {
      let pruned = try MagnitudePruning(sparsity: sparsity).run(model, log: DiagnosticLog())
      let (result, _) = DeadNeuronElimination().eliminate(pruned)
      try ModelGraphVerifier.verify(result)
      let inputs = numbers(3 * 12, 7)
      let before = ReferenceEvaluator(pruned).evaluate(inputs, samples: 3).outputs
      let after = ReferenceEvaluator(result).evaluate(inputs, samples: 3).outputs
      for (a, b) in zip(before, after) { #expect(abs(a - b) < 1e-9) }
    }
  }

  @Test func `kernels of convolutions are pruned and reported`() throws {
    let model = network()
    let pruned = try MagnitudePruning(sparsity: 0.75).run(model, log: DiagnosticLog())
    let report = PruningReport(before: model, after: pruned, calibration: nil)
    #expect(report.layers.map(\.name) == ["dense", "conv", "last"])
    #expect(report.layers[1].neuronsAfter == 4)
    #expect(report.layers[1].weightsAfter <= 6 && report.layers[1].weightsAfter < report.layers[1].weightsBefore)
  }

  @Test func `what no window multiplies is dead`() {
    let dead = network().nodes.firstIndex { $0.name == "dense" }.map { KeptElements(network()).live[$0] } ?? []
    // By position: channels 0, 1 and 2 are read; channel 3 has zero weights in both kernels of its group.
    #expect(dead == (0..<24).map { $0 % 4 != 3 })
  }

  @Test func `a convolution of constants is one`() {
    var model = network()
    model.nodes[2].operation.kernel = ParameterTensor(shape: [3, 2, 4], values: [Double](repeating: 0, count: 24))
    let constants = ConstantElements(model)
    #expect(constants[model.nodes[2].output] == (0..<24).map { Double($0 % 4 + 1) })
    #expect(constants[model.nodes[1].output] == (0..<24).map { $0 % 4 == 1 ? 3 : nil })
  }
}
