import DataFiles
import Diagnostics
import KerasFrontend
import ModelIR
import TestSupport
import Testing

/// Real trigger models and the reference frontend's view of them.
@Suite(.enabled(if: SharedData.isAvailable, SharedData.absence))
struct SharedModelTests {
  private func load(_ json: String, _ weights: String) throws -> ModelGraph {
    try KerasFrontend.load(
      architectureJSON: SharedData.bytes(json),
      jsonFile: json,
      weightsH5: SharedData.bytes(weights),
      weightsFile: weights,
      log: DiagnosticLog()
    )
  }

  private func model(_ name: String) throws -> ModelGraph {
    try load("models/keras/\(name).json", "models/keras/\(name)_weights.h5")
  }

  @Test(arguments: [
    ("KERAS_3layer", 4389, [16], [5]), ("KERAS_3layer_batch_norm", 4389 + 4 * 133, [16], [5]),
    ("KERAS_dense_16x100x100x100x100x100x5", 1700 + 4 * 10100 + 505, [16], [5]), ("merge_ops", 108, [8], [36]),
  ])
  func readsDenseModels(name: String, parameters: Int, input: [Int], output: [Int]) throws {
    let graph = try model(name)
    #expect(graph.parameterCount == parameters)
    #expect(graph.inputs.map { graph[$0].shape } == [input])
    #expect(graph.outputs.map { graph[$0].shape } == [output])
    try expectTextRoundTrip(graph)
  }

  @Test func readsADeployedModel() throws {
    let folder = "vectors/deployed/AXOL1TL_v3"
    let graph = try load("\(folder)/keras.json", "\(folder)/keras_weights.h5")
    #expect(graph.nodes.map(\.name).first == "input_3")
    #expect(graph.nodes.map(\.name).contains("q_dense_linear"))
    #expect(graph.nodes.map(\.name).last == "mu_quantized_bits")
    #expect(graph.outputs.map { graph[$0].shape } == [[8]])
    try expectTextRoundTrip(graph)
  }

  @Test(arguments: [
    ("KERAS_3layer", "KERAS_3layer"), ("KERAS_dense_16x100x100x100x100x100x5", "KERAS_dense_16x100x100x100x100x100x5"),
    ("merge_ops", "merge_ops__auto"), ("KERAS_conv1d_small", "KERAS_conv1d_small"),
    ("KERAS_conv2d_model", "KERAS_conv2d_model"), ("jetTagger_Conv2D_Small", "jetTagger_Conv2D_Small"),
    ("pool1d", "pool1d__auto"), ("pool2d", "pool2d__auto"), ("qkeras_3layer", "qkeras_3layer"),
    ("qkeras_mnist_cnn", "qkeras_mnist_cnn"),
  ])
  func computesWhatKerasComputed(name: String, vectors: String) throws {
    let graph = try model(name)
    let inputs = try SharedData.array("vectors/hls4ml/\(vectors)/inputs.npy")
    let expected = try SharedData.array("vectors/hls4ml/\(vectors)/float.npy")
    let samples = min(200, inputs.shape[0])
    let evaluator = ReferenceEvaluator(graph)
    let outputs = evaluator.evaluate(Array(inputs.values.prefix(samples * evaluator.inputSize)), samples: samples)
      .outputs
    for (ours, theirs) in zip(outputs, expected.values) { #expect(abs(ours - theirs) <= 1e-4 * max(1, abs(theirs))) }
  }

  @Test func readsOtherWeightsOfAModel() throws {
    let graph = try load("models/keras/KERAS_3layer.json", "models/keras/KERAS_3layer_70pruned_retrained_weights.h5")
    #expect(graph.parameterCount == 4389)
  }
}
