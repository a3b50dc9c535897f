import ModelIR
import Testing

@testable import ONNXFrontend

/// What layers are called after the nodes of a file.
@Suite struct FileNamingTests {
  /// A Gemm with scale and bias, then two nodes.
  private func model(names: [String], input: String = "x") -> TestModel {
    var model = TestModel()
    model.input(input, [2])
    model.constant("w", [2, 2], [1, 2, 3, 4])
    model.constant("c", [2], [1, 1])
    model.node("Gemm", [input, "w", "c"], "a", .float("alpha", 0.5))
    model.node("Relu", ["a"], "b")
    model.node("Tanh", ["b"], "y")
    model.output("y")
    for (index, name) in names.enumerated() { model.proto.graph.node[index].name = name }
    return model
  }

  private func names(_ model: TestModel, _ names: ONNXLayerNames = .file) throws -> [String] {
    try model.load(names: names).nodes.map(\.name)
  }

  @Test func layersBearTheNamesOfTheFile() throws {
    let model = model(names: ["/fc1/Gemm", "act", "model.out:0"], input: "tracks")
    #expect(try names(model) == ["tracks", "/fc1/Gemm", "/fc1/Gemm_mul", "/fc1/Gemm_add", "act", "model.out:0"])
    #expect(try names(model, .hls4ml) == ["global_in", "Dense_MatMul_0", "bn_Mul_0", "bn_Add_0", "Relu_0", "Tanh_0"])
  }

  @Test func nodesWithoutNamesAreCounted() throws {
    #expect(try names(model(names: [])) == ["x", "Gemm_0", "Gemm_0_mul", "Gemm_0_add", "Relu_0", "Tanh_0"])
  }

  @Test func sameNamesGetNumbers() throws {
    let found = try names(model(names: ["fc", "fc", "fc_add"]))
    #expect(found == ["x", "fc", "fc_mul", "fc_add", "fc_2", "fc_add_2"])
    #expect(try names(model(names: ["x", "x", "x"])) == ["x", "x_2", "x_mul", "x_add", "x_3", "x_4"])
  }

  @Test func oddCharactersBecomeUnderscores() throws {
    let found = try names(model(names: ["fc 1\n", "µ\"act\"", "a=b;c"], input: "in put"))
    #expect(found == ["in_put", "fc_1_", "fc_1__mul", "fc_1__add", "__act_", "a_b_c"])
  }

  /// A file as qonnx leaves it: hls4ml reads it as it is.
  @Test func cleanFilesKeepTheirNamesForHLS4ML() throws {
    var model = TestModel()
    model.input("x.1", [2])
    model.constant("w", [2, 2], [1, 2, 3, 4])
    model.node("MatMul", ["x.1", "w"], "a")
    model.node("Relu", ["a"], "y")
    model.output("y")
    model.proto.graph.node[0].name = "fc1"
    model.proto.graph.node[1].name = "act"
    model.proto.graph.valueInfo = [.with("a", ["N", "2"], .float)]
    #expect(try names(model, .hls4ml) == ["x_1", "Dense_fc1", "act"])
    #expect(try names(model) == ["x.1", "fc1", "act"])
  }
}
