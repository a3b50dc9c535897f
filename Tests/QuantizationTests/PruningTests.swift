import Diagnostics
import ModelIR
import Testing

@testable import Quantization

@Suite struct PruningTests {
  private let origin = Origin(file: "test.h5")

  private func kernel(_ n: Int, _ m: Int, _ values: [Double]) -> ParameterTensor {
    ParameterTensor(shape: [n, m], values: values)
  }

  /// Two dense layers with a relu between them.
  private func network(first: [Double], bias: [Float], second: [Double]) -> ModelGraph {
    var model = ModelGraph(name: "test", source: .keras)
    let x = model.append(.input, named: "x", inputs: [], shape: [2], origin: origin)
    let a = DenseLayer(kernel: kernel(2, 3, first), bias: ParameterTensor(bias))
    let fc1 = model.append(.dense(a), named: "fc1", inputs: [x], shape: [3], origin: origin)
    let relu = model.append(
      .activation(.relu(ReLUParameters())),
      named: "relu",
      inputs: [fc1],
      shape: [3],
      origin: origin
    )
    let b = DenseLayer(kernel: kernel(3, 2, second), bias: nil)
    model.outputs = [model.append(.dense(b), named: "fc2", inputs: [relu], shape: [2], origin: origin)]
    return model
  }

  private func kernels(_ graph: ModelGraph) -> [[Double]] {
    graph.nodes.compactMap { node in
      if case .dense(let layer) = node.operation { layer.kernel.values } else { nil }
    }
  }

  @Test func `the smallest weights go, later ones first among equals`() throws {
    let model = network(first: [1, -2, 3, 1, 5, -1], bias: [0, 0, 0], second: [10, 20, 0.5, 40, 50, 60])
    let log = DiagnosticLog()
    let layer = try MagnitudePruning(sparsity: 1.0 / 3).run(model, log: log)
    #expect(kernels(layer) == [[1, -2, 3, 0, 5, 0], [0, 20, 0, 40, 50, 60]])
    let global = try MagnitudePruning(sparsity: 0.5, scope: .global).run(model, log: log)
    #expect(kernels(global) == [[0, 0, 0, 0, 5, 0], [10, 20, 0, 40, 50, 60]])
    #expect(try kernels(MagnitudePruning(sparsity: 0).run(model, log: log)) == kernels(model))
    #expect(try MagnitudePruning(sparsity: 1).run(model, log: log).nonzeroWeights == 0)
    for sparsity in [-0.1, 1.5, .nan] {
      #expect(throws: Diagnostic.self) { try MagnitudePruning(sparsity: sparsity).run(model, log: log) }
    }
  }

  @Test func `constant and unread neurons disappear`() throws {
    // Neuron 0 is the constant 2, neuron 1 lives, nobody reads neuron 2, and so nobody reads input 1.
    let model = network(first: [0, 3, 1, 0, 0, 1], bias: [2, 0, 0], second: [1, 2, 3, 4, 0, 0])
    let (result, report) = DeadNeuronElimination().eliminate(model)
    #expect(kernels(result) == [[3, 0], [3, 4]])
    guard case .dense(let last) = result.nodes[3].operation else { return }
    #expect(last.bias?.values == [2, 4])
    #expect(report.layers == [DeadNeuronElimination.Report.Layer(name: "fc1", before: 3, after: 1)])
    #expect(report.deadInputs == [DeadNeuronElimination.Report.DeadInput(input: "x", element: 1)])
    try ModelGraphVerifier.verify(result)
  }

  @Test func `a network without weights becomes its biases`() throws {
    let model = network(
      first: [0, 0, 0, 0, 0, 0],
      bias: [1, -1, 0.5],
      second: [1, 2, 3, 4, 5, 6]
    )
    let (result, _) = DeadNeuronElimination().eliminate(model)
    try ModelGraphVerifier.verify(result)
    #expect(result.nonzeroWeights == 0)
    let output = ReferenceEvaluator(result).evaluate([7, 8], samples: 1).outputs
    #expect(output == [3.5, 5])
  }

  @Test(arguments: 0..<200) func `outputs stay, sizes never grow`(seed: Int) throws {
    var random = RandomModelGraph(seed: UInt64(seed))
    random.sparsity = [0.5, 0.8, 0.95][seed % 3]
    let model = random.graph(layers: 8)
    try ModelGraphVerifier.verify(model)
    let (result, _) = DeadNeuronElimination().eliminate(model)
    try ModelGraphVerifier.verify(result)
    #expect(result.outputs.map { result[$0].shape } == model.outputs.map { model[$0].shape })
    #expect(result.inputs.map { result[$0].shape } == model.inputs.map { model[$0].shape })
    #expect(result.nonzeroWeights <= model.nonzeroWeights)
    let inputs = random.inputs(samples: 20, for: model)
    let before = ReferenceEvaluator(model).evaluate(inputs, samples: 20).outputs
    let after = ReferenceEvaluator(result).evaluate(inputs, samples: 20).outputs
    for (a, b) in zip(before, after) {
      #expect(abs(a - b) <= 1e-9 * max(1, abs(a)), "seed \(seed)\n\(model)\n\(result)")
    }
    let again = DeadNeuronElimination().eliminate(result).graph
    #expect(again.tensors == result.tensors && again.nonzeroWeights == result.nonzeroWeights)
  }

  @Test func `elimination finds work in random networks`() {
    var removed = 0
    for seed in 0..<60 as Range<UInt64> {
      var random = RandomModelGraph(seed: seed)
      random.sparsity = 0.8
      removed += DeadNeuronElimination().eliminate(random.graph(layers: 8)).report.layers.count
    }
    #expect(removed > 20, "\(removed)")
  }

  @Test func `a report says what pruning does`() throws {
    let model = network(first: [1, -2, 3, 1, 5, -1], bias: [0, 0, 0], second: [10, 20, 0.5, 40, 50, 60])
    let pruned = try MagnitudePruning(sparsity: 0.5).run(model, log: DiagnosticLog())
    let data = CalibrationData(inputs: [1, 0, 0, 1, 1, 1], samples: 3)
    let report = PruningReport(before: model, after: pruned, calibration: data)
    #expect(report.weightsBefore == 12 && report.weightsAfter == 6)
    #expect(report.effect?.samples == 3 && (report.effect?.maximumError ?? 0) > 0)
    #expect(report.layers.map(\.name) == ["fc1", "fc2"])
  }
}
