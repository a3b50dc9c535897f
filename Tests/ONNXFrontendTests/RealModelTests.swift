import DataFiles
import Diagnostics
import ModelIR
import ONNXFrontend
import TestSupport
import Testing

/// Models as PyTorch wrote them, and as qonnx cleaned them.
@Suite(.enabled(if: SharedData.isAvailable, SharedData.absence)) struct RealModelTests {
  private func load(_ name: String, names: ONNXLayerNames = .hls4ml) throws -> ModelGraph {
    try ONNXFrontend.load(
      SharedData.bytes("models/onnx/\(name).onnx"),
      file: "\(name).onnx",
      names: names,
      log: DiagnosticLog()
    )
  }

  @Test(arguments: ["three_layer_pytorch", "three_layer_pytorch_clean"])
  func namesAndFloatOutputsOfThreeLayers(name: String) throws {
    let graph = try load(name)
    #expect(
      graph.nodes.map(\.name) == [
        "global_in", "Dense_MatMul_0", "bn_Add_0", "Relu_0", "Dense_MatMul_1", "bn_Add_1", "Relu_1", "Dense_MatMul_2",
        "bn_Add_2",
        "Relu_2", "Dense_MatMul_3", "bn_Add_3", "Softmax_0",
      ]
    )
    try expectTextRoundTrip(graph)
    let vectors = "vectors/hls4ml/onnx_three_layer_pytorch"
    let inputs = try SharedData.array("\(vectors)/inputs.npy")
    let expected = try SharedData.array("\(vectors)/float.npy")
    let outputs = ReferenceEvaluator(graph).evaluate(inputs.values, samples: inputs.shape[0]).outputs
    try #require(outputs.count == expected.count)
    let worst = zip(outputs, expected.values).map { abs($0 - $1) }.max() ?? 1
    #expect(worst < 1e-5)
  }

  @Test func batchNormalisedModelIsTheSameRawAndClean() throws {
    let raw = try load("three_layer_bn_pytorch")
    let clean = try load("three_layer_bn_pytorch_clean")
    #expect(raw.nodes.map(\.name) == clean.nodes.map(\.name))
    #expect(raw.nodes.count == 17)
    let inputs: [Double] = (0..<320).map { index in Double(index * 37 % 41) / 10 - 2 }
    #expect(
      ReferenceEvaluator(raw).evaluate(inputs, samples: 20).outputs
        == ReferenceEvaluator(clean).evaluate(inputs, samples: 20).outputs
    )
  }
}
