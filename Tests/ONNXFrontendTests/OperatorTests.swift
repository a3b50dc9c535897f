import Diagnostics
import FoundationEssentials
import ModelIR
import SwiftProtobuf
import Testing

@testable import ONNXFrontend

/// What operators become, beyond the standard's own tests: attributes, opsets, shapes and the batch.
@Suite struct OperatorTests {
  @Test func gemmWithAlphaAndBetaBecomesThreeLayers() throws {
    var model = TestModel()
    model.input("x", [2])
    model.constant("w", [3, 2], [1, 2, 3, 4, 5, 6])
    model.constant("c", [3], [1, 1, 1])
    model.node("Gemm", ["x", "w", "c"], "y", .float("alpha", 0.5), .float("beta", 2), .int("transB", 1))
    model.output("y")
    #expect(try model.evaluate([2, 4]) == [7, 13, 19])
    #expect(try model.load().nodes.map(\.name) == ["global_in", "Dense_MatMul_0", "bn_Mul_0", "bn_Add_0"])
  }

  @Test func matrixProductsOverTheLastAxis() throws {
    let matrix = TestModel.single("MatMul", shape: [2, 2], constants: [("w", [2, 1], [1, 10])])
    #expect(try matrix.evaluate([1, 2, 3, 4]) == [21, 43])
    let vector = TestModel.single("MatMul", shape: [2, 2], constants: [("w", [2], [1, 10])])
    #expect(try vector.evaluate([1, 2, 3, 4]) == [21, 43])
  }

  @Test(
    arguments: [
      ("Add", [1], [11, 12]), ("Sub", [1], [-9, -8]), ("Mul", [1], [10, 20]), ("Div", [1], [0.1, 0.2]),
    ] as [(String, [Int], [Double])]
  )
  func constantsOnTheRight(type: String, shape: [Int], expected: [Double]) throws {
    let model = TestModel.single(type, shape: [2], constants: [("c", shape, [10])])
    let result = try model.evaluate([1, 2])
    for (a, b) in zip(result, expected) { #expect(abs(a - b) < 1e-7) }
    #expect(try model.load().nodes.map(\.name) == ["global_in", "bn_\(type)_0"])
  }

  @Test func constantOnTheLeftOfADifference() throws {
    var model = TestModel.single("Sub", shape: [2], constants: [("c", [2], [10, 20])])
    model.proto.graph.node[0].input = ["c", "x"]
    #expect(try model.evaluate([1, 2]) == [9, 18])
  }

  @Test func constantsBroadcastToChannelsAndElements() throws {
    let channels = TestModel.single("Mul", shape: [2, 2], constants: [("c", [2], [1, 10])])
    #expect(try channels.evaluate([1, 2, 3, 4]) == [1, 20, 3, 40])
    let rows = TestModel.single("Mul", shape: [2, 2], constants: [("c", [1, 2, 1], [1, 10])])
    #expect(try rows.evaluate([1, 2, 3, 4]) == [1, 2, 30, 40])
  }

  @Test func additionsOfNothingMakeNoLayer() throws {
    let model = TestModel.single("Add", shape: [2], constants: [("c", [2], [0, 0])])
    #expect(try model.load().nodes.map(\.name) == ["global_in"])
    #expect(try model.evaluate([1, 2]) == [1, 2])
  }

  @Test func softmaxBeforeAndAfterOpset13() throws {
    let joint = TestModel.single("Softmax", shape: [2, 2], opset: 9)
    #expect(try joint.evaluate([1, 1, 1, 1]) == [0.25, 0.25, 0.25, 0.25])
    let single = TestModel.single("Softmax", shape: [2, 2], opset: 13)
    #expect(try single.evaluate([1, 1, 1, 1]) == [0.5, 0.5, 0.5, 0.5])
    let first = TestModel.single("Softmax", shape: [2, 2], .int("axis", 1))
    #expect(try first.evaluate([1, 500, 1, -500]) == [0.5, 1, 0.5, 0])
    #expect(try TestModel.single("Softmax", shape: [2], .int("axis", 0)).refusal()?.code == "bad-axis")
  }

  @Test func clips() throws {
    let relu6 = TestModel.single("Clip", shape: [3], constants: [("low", [], [0]), ("high", [], [6])])
    #expect(try relu6.evaluate([-1, 3, 9]) == [0, 3, 6])
    let old = TestModel.single("Clip", shape: [3], opset: 6, .float("min", 0))
    #expect(try old.evaluate([-1, 3, 9]) == [0, 3, 9])
    let hardTanh = TestModel.single("Clip", shape: [3], constants: [("low", [], [-1]), ("high", [], [1])])
    #expect(try hardTanh.evaluate([-9, 0.25, 9]) == [-1, 0.25, 1])
    let general = TestModel.single("Clip", shape: [3], constants: [("low", [], [-2]), ("high", [], [1])])
    #expect(try general.evaluate([-9, 0.25, 9]) == [-2, 0.25, 1])
  }

  @Test func shrinks() throws {
    let plain = TestModel.single("Shrink", shape: [5])
    #expect(try plain.evaluate([-2, -0.5, 0.25, 0.5, 0.75]) == [-2, 0, 0, 0, 0.75])
    let wide = TestModel.single("Shrink", shape: [3], .float("lambd", 1.5), .float("bias", 0))
    #expect(try wide.evaluate([-2, 1.5, 1.75]) == [-2, 0, 1.75])
    let soft = TestModel.single("Shrink", shape: [3], .float("bias", 0.5))
    let refusal = try #require(try soft.refusal())
    #expect(
      refusal.code == "unsupported-attribute"
        && refusal.message == "'y' (Shrink) moves what is beyond its threshold by 0.5"
    )
  }

  @Test func batchNormalizationOfChannelsBeforePositions() throws {
    let constants: [(String, [Int], [Double])] = [
      ("scale", [2], [1, 10]), ("bias", [2], [0, 1]), ("mean", [2], [1, 1]), ("variance", [2], [1, 1]),
    ]
    let model = TestModel.single("BatchNormalization", shape: [2, 2], constants: constants, .float("epsilon", 0))
    #expect(try model.evaluate([1, 2, 3, 4]) == [0, 1, 21, 31])
    let old = TestModel.single("BatchNormalization", shape: [2], opset: 6, constants: constants)
    #expect(try old.refusal()?.code == "training-mode")
  }

  @Test func squeezesLeaveNoLayers() throws {
    var model = TestModel(opset: 11)
    model.input("x", [2])
    model.node("Unsqueeze", ["x"], "a", .ints("axes", [2]))
    model.node("Relu", ["a"], "b")
    model.node("Squeeze", ["b"], "c", .ints("axes", [-1]))
    model.node("Tanh", ["c"], "d")
    model.output("d")
    let graph = try model.load()
    #expect(graph.nodes.map(\.name) == ["global_in", "Relu_0", "Tanh_0"])
    #expect(graph[graph.outputs[0]].shape == [2])
    model.proto.graph.output[0].name = "a"
    let view = try model.load()
    #expect(view.nodes.map(\.name) == ["global_in", "Unsqueeze_0"])
    #expect(view[view.outputs[0]].shape == [2, 1])
  }

  /// What PyTorch writes for `x.view(x.size(0), -1)`.
  @Test func arithmeticOfShapesFolds() throws {
    var model = TestModel()
    model.input("x", [2, 3])
    model.node("Shape", ["x"], "shape")
    model.node(
      "Constant",
      [],
      "zero",
      .tensor(
        "value",
        .with {
          $0.dataType = 7; $0.int64Data = [0]
        }
      )
    )
    model.node("Gather", ["shape", "zero"], "batch", .int("axis", 0))
    model.integers("axes", [0])
    model.node("Unsqueeze", ["batch", "axes"], "b")
    model.integers("rest", [-1])
    model.node("Concat", ["b", "rest"], "target", .int("axis", 0))
    model.node("Reshape", ["x", "target"], "y")
    model.output("y")
    let graph = try model.load()
    #expect(graph.nodes.map(\.name) == ["global_in", "Reshape_0"])
    #expect(graph[graph.outputs[0]].shape == [6])
  }

  @Test func reshapesKeepTheBatch() throws {
    func reshape(_ target: [Int], batch: Int? = nil) throws -> [Int] {
      var model = TestModel()
      model.input("x", [2, 3])
      if let batch { model.proto.graph.input[0].type.tensorType.shape.dim[0].dimValue = Int64(batch) }
      model.integers("target", target)
      model.node("Reshape", ["x", "target"], "y")
      model.output("y")
      let graph = try model.load()
      return graph[graph.outputs[0]].shape
    }
    #expect(try reshape([0, -1]) == [6])
    #expect(try reshape([-1, 6]) == [6])
    #expect(try reshape([1, 3, -1]) == [3, 2])
    #expect(try reshape([100, 6], batch: 100) == [6])
    for target in [[2, 3], [6, -1], [-1], [0, -1, -1], [0, 5], [0, 0, 0, 0], [-1, -7], []] {
      #expect(throws: Diagnostic.self, "\(target)") { try reshape(target) }
    }
  }

  @Test func weightsThroughTransposeAndCast() throws {
    var model = TestModel()
    model.input("x", [2])
    model.proto.graph.initializer.append(
      .with {
        $0.name = "w"
        $0.dims = [1, 2]
        $0.dataType = 11
        $0.doubleData = [3, 4]
      }
    )
    model.node("Cast", ["w"], "w32", .int("to", 1))
    model.node("Transpose", ["w32"], "wt")
    model.node("MatMul", ["x", "wt"], "y")
    model.output("y")
    #expect(try model.evaluate([1, 10]) == [43])
  }

  @Test func residualJoinsAndSeveralInputsAndOutputs() throws {
    var model = TestModel()
    model.input("a", [2])
    model.input("b", [2])
    model.node("Relu", ["a"], "r")
    model.node("Add", ["r", "b"], "s")
    model.node("Max", ["s", "a", "b"], "m")
    model.node("Concat", ["m", "r"], "c", .int("axis", -1))
    model.output("c")
    model.output("s")
    let graph = try model.load()
    #expect(graph.nodes.map(\.name) == ["global_in", "global_in_1", "Relu_0", "Add_0", "Max_0", "Concat_0"])
    #expect(try model.evaluate([-1, 5, 2, 3]) == [2, 8, 0, 5, 2, 8])
  }

  @Test func maxWithZeroIsAReLU() throws {
    let model = TestModel.single("Max", shape: [2], constants: [("zero", [], [0])])
    #expect(try model.evaluate([-3, 3]) == [0, 3])
  }

  @Test(arguments: [(10, 16), (16, 2), (1, 4)])
  func halfPrecisionWeights(type: Int32, size: Int) throws {
    var model = TestModel.single("Add", shape: [1], constants: [("c", [1], [0])])
    model.proto.graph.initializer[0].floatData = []
    model.proto.graph.initializer[0].dataType = type
    let bytes: [UInt8] = type == 10 ? [0x00, 0x3E] : type == 16 ? [0xC0, 0x3F] : [0, 0, 0xC0, 0x3F]
    model.proto.graph.initializer[0].rawData = .init(bytes)
    #expect(try model.evaluate([1]) == [2.5])
  }
}

@Suite struct LayerNamingTests {
  @Test func aCleanFileKeepsItsNames() throws {
    var model = TestModel()
    model.input("in.1", [2])
    model.constant("w", [2, 2], [1, 2, 3, 4])
    model.node("MatMul", ["in.1", "w"], "a")
    model.node("Relu", ["a"], "b")
    model.output("b")
    model.proto.graph.node[0].name = "first"
    model.proto.graph.node[1].name = "second"
    model.proto.graph.valueInfo = [.with("a", ["N", "2"], .float)]
    #expect(try model.load().nodes.map(\.name) == ["in_1", "Dense_first", "second"])
    // Without shapes of all values, hls4ml's users have to clean it first.
    model.proto.graph.valueInfo = []
    #expect(try model.load().nodes.map(\.name) == ["global_in", "Dense_MatMul_0", "Relu_0"])
  }

  @Test func unsortedNodesAreSorted() throws {
    var model = TestModel()
    model.input("x", [1])
    model.node("Tanh", ["b"], "c")
    model.node("Relu", ["x"], "a")
    model.node("Sigmoid", ["a"], "b")
    model.output("c")
    #expect(try model.load().nodes.map(\.name) == ["global_in", "Relu_0", "Sigmoid_0", "Tanh_0"])
  }

  @Test func strayInputsAreLeftOutWithAWarning() throws {
    var model = TestModel.single("Relu", shape: [2])
    model.proto.graph.input.append(.with("num_batches_tracked", [], .int64))
    let log = DiagnosticLog()
    #expect(try model.load(log: log).nodes.count == 2)
    #expect(log.all.map(\.code) == ["unused-input"])
  }
}
