import Diagnostics
import ModelIR
import Testing

@testable import ONNXFrontend

/// Convolutional networks as PyTorch exports them, channels first, against loops in ONNX's own layout.
@Suite struct WindowOperatorTests {
  /// Whole numbers, so that sums are exact in any order.
  private static func numbers(_ count: Int, _ salt: Int) -> [Double] {
    (0..<count).map { Double(($0 * 7919 + salt * 104729 + $0 * $0 * 31) % 13 - 6) }
  }

  /// `[filters, height, width]` of an image `[channels, height, width]`, kernel 3 × 3, padding 1.
  private static func convolved(_ x: [Double], _ kernel: [Double], channels: Int, filters: Int, side: Int) -> [Double] {
    var result: [Double] = []
    for f in 0..<filters {
      for r in 0..<side {
        for c in 0..<side {
          var sum = 0.0
          for k in 0..<channels {
            for dr in 0..<3 where (0..<side).contains(r + dr - 1) {
              for dc in 0..<3 where (0..<side).contains(c + dc - 1) {
                sum += x[(k * side + r + dr - 1) * side + c + dc - 1] * kernel[((f * channels + k) * 3 + dr) * 3 + dc]
              }
            }
          }
          result.append(sum)
        }
      }
    }
    return result
  }

  private func network(channels: Int) -> TestModel {
    var model = TestModel()
    model.input("x", [channels, 4, 4])
    model.constant("k", [3, channels, 3, 3], Self.numbers(27 * channels, 1))
    model.constant("s", [3, 1, 1], [1, 2, -1])
    model.constant("w", [12, 2], Self.numbers(24, 2))
    model.node("Conv", ["x", "k"], "c", .ints("kernel_shape", [3, 3]), .ints("pads", [1, 1, 1, 1]))
    model.node("Add", ["c", "s"], "a")
    model.node("Relu", ["a"], "r")
    model.node("MaxPool", ["r"], "p", .ints("kernel_shape", [2, 2]), .ints("strides", [2, 2]))
    model.node("Flatten", ["p"], "f")
    model.node("Relu", ["f"], "g")
    model.node("Gemm", ["g", "w"], "y")
    model.output("y")
    return model
  }

  private func expected(_ x: [Double], channels: Int) -> [Double] {
    let c = Self.convolved(x, Self.numbers(27 * channels, 1), channels: channels, filters: 3, side: 4)
    let a = c.enumerated().map { max(0, $1 + [1, 2, -1][$0 / 16]) }
    var flat: [Double] = []
    for f in 0..<3 {
      for r in 0..<2 {
        for q in 0..<2 {
          let corner = (f * 4 + 2 * r) * 4 + 2 * q
          flat.append(max(max(a[corner], a[corner + 1]), max(a[corner + 4], a[corner + 5])))
        }
      }
    }
    let w = Self.numbers(24, 2)
    return (0..<2).map { j in (0..<12).reduce(0) { $0 + flat[$1] * w[$1 * 2 + j] } }
  }

  @Test(arguments: [1, 2]) func networkOfImagesWithChannelsFirst(channels: Int) throws {
    let model = network(channels: channels)
    let x = Self.numbers(16 * channels, 3)
    #expect(try model.evaluate(x) == expected(x, channels: channels))
    // Only the model's input is brought into another order, and not even that if it has one channel.
    let moves = try model.load().nodes.count { if case .gather = $0.operation { true } else { false } }
    #expect(moves == (channels == 1 ? 0 : 1))
  }

  @Test func imagesWithChannelsLastAreTransposedForFree() throws {
    var model = TestModel()
    model.input("x", [4, 4, 2])
    model.constant("k", [3, 2, 3, 3], Self.numbers(54, 1))
    model.node("Transpose", ["x"], "t", .ints("perm", [0, 3, 1, 2]))
    model.node("Conv", ["t", "k"], "c", .ints("pads", [1, 1, 1, 1]))
    model.node("Transpose", ["c"], "y", .ints("perm", [0, 2, 3, 1]))
    model.output("y")
    let graph = try model.load()
    #expect(graph.nodes.map(\.operation.kindName) == ["Input", "Conv2D"])
    #expect(graph[graph.outputs[0]].shape == [4, 4, 3])
    let first = Self.numbers(32, 5)
    let x = (0..<32).map { first[$0 % 2 * 16 + $0 / 2] }
    let y = Self.convolved(first, Self.numbers(54, 1), channels: 2, filters: 3, side: 4)
    #expect(try model.evaluate(x) == (0..<48).map { y[$0 % 3 * 16 + $0 / 3] })
  }

  @Test func outputsHaveTheFilesOrder() throws {
    var model = TestModel()
    model.input("x", [2, 4, 4])
    model.constant("k", [3, 2, 3, 3], Self.numbers(54, 1))
    model.node("Conv", ["x", "k"], "y", .string("auto_pad", "SAME_UPPER"))
    model.output("y")
    let x = Self.numbers(32, 5)
    #expect(try model.load().outputs.count == 1)
    #expect(
      try model.evaluate(x) == Self.convolved(x, Self.numbers(54, 1), channels: 2, filters: 3, side: 4)
    )
  }

  /// What comes after a convolution of width 1 that keeps its input, in every layout that the operators must know.
  private func afterIdentity(_ shape: [Int], _ build: (inout TestModel) -> Void) throws -> [Double] {
    var model = TestModel(opset: 13)
    model.input("x", shape)
    let channels = shape[0]
    let identity = (0..<channels * channels).map { $0 / channels == $0 % channels ? 1.0 : 0 }
    model.constant("identity", [channels, channels] + shape.dropFirst().map { _ in 1 }, identity)
    model.node("Conv", ["x", "identity"], "c")
    build(&model)
    model.output("y")
    return try model.evaluate((0..<shape.reduce(1, *)).map(Double.init))
  }

  @Test func batchNormalizationPerChannel() throws {
    let result = try afterIdentity([2, 3]) { model in
      for (name, values) in [("g", [1.0, 10]), ("b", [0, 1]), ("m", [1, 0]), ("v", [1, 1])] {
        model.constant(name, [2], values)
      }
      model.node("BatchNormalization", ["c", "g", "b", "m", "v"], "y", .float("epsilon", 0))
    }
    #expect(result == [-1, 0, 1, 31, 41, 51])
  }

  @Test func reductionsAndGlobalPooling() throws {
    let global = try afterIdentity([2, 2, 2]) { $0.node("GlobalAveragePool", ["c"], "y") }
    #expect(global == [1.5, 5.5])
    let mean = try afterIdentity([2, 2, 2]) {
      $0.node("ReduceMean", ["c"], "y", .ints("axes", [1]), .int("keepdims", 0))
    }
    #expect(mean == [2, 3, 4, 5])
    let largest = try afterIdentity([2, 2, 2]) { $0.node("ReduceMax", ["c"], "y", .ints("axes", [-1])) }
    #expect(largest == [1, 3, 5, 7])
    let sum = try afterIdentity([2, 2, 2]) { model in
      model.integers("axes", [2])
      model.node("ReduceSum", ["c", "axes"], "y", .int("keepdims", 0))
    }
    #expect(sum == [2, 4, 10, 12])
  }

  @Test func partsOfTensors() throws {
    let slice = try afterIdentity([2, 3]) { model in
      model.integers("from", [0, 2])
      model.integers("to", [1, -10])
      model.integers("axes", [1, 2])
      model.integers("steps", [1, -2])
      model.node("Slice", ["c", "from", "to", "axes", "steps"], "y")
    }
    #expect(slice == [2, 0])
    let gathered = try afterIdentity([2, 3]) { model in
      model.integers("which", [2, 0])
      model.node("Gather", ["c", "which"], "y", .int("axis", 2))
    }
    #expect(gathered == [2, 0, 5, 3])
    let second = try afterIdentity([2, 3]) { model in
      model.node("Split", ["c"], "a", .int("axis", 1))
      model.proto.graph.node[1].output = ["a", "b"]
      model.node("Sub", ["b", "a"], "y")
    }
    #expect(second == [3, 3, 3])
  }

  @Test func `images grow by repeated elements, and by nothing else`() throws {
    func resized(_ mode: String, _ coordinates: String) throws -> [Double] {
      try afterIdentity([2, 3]) { model in
        model.constant("scales", [3], [1, 1, 2])
        model.node(
          "Resize",
          ["c", "", "scales"],
          "y",
          .string("mode", mode),
          .string("coordinate_transformation_mode", coordinates),
          .string("nearest_mode", "floor")
        )
      }
    }
    #expect(try resized("nearest", "asymmetric") == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5])
    #expect(try resized("nearest", "half_pixel") == [0, 0, 0, 1, 1, 2, 3, 3, 3, 4, 4, 5])
    #expect(throws: Diagnostic.self) { try resized("linear", "half_pixel") }
  }

  @Test func layoutsThatDoNotAgreeAreBroughtTogether() throws {
    let sum = try afterIdentity([2, 3]) { $0.node("Add", ["c", "x"], "y") }
    #expect(sum == [0, 2, 4, 6, 8, 10])
    let joined = try afterIdentity([2, 3]) { $0.node("Concat", ["c", "c"], "y", .int("axis", 1)) }
    #expect(joined == [0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5])
    let mixed = try afterIdentity([2, 3]) { $0.node("Concat", ["x", "c"], "y", .int("axis", 2)) }
    #expect(mixed == [0, 1, 2, 0, 1, 2, 3, 4, 5, 3, 4, 5])
    let moved = try afterIdentity([2, 3]) { model in
      model.node("Transpose", ["c"], "t", .ints("perm", [0, 2, 1]))
      model.node("Reshape", ["t", "shape"], "y")
      model.integers("shape", [-1, 2, 3])
    }
    #expect(moved == [0, 3, 1, 4, 2, 5])
  }

  @Test func newAndDroppedAxes() throws {
    let result = try afterIdentity([2, 3]) { model in
      model.integers("axis", [1])
      model.node("Unsqueeze", ["c", "axis"], "u")
      model.node("Squeeze", ["u", "axis"], "s")
      model.node("Softmax", ["s"], "t", .int("axis", 1))
      model.node("ReduceSum", ["t", "axis"], "y", .int("keepdims", 0))
    }
    #expect(result.allSatisfy { abs($0 - 1) < 1e-12 } && result.count == 3)
  }

  @Test func constantsOfEveryShapeFollowTheLayout() throws {
    let perElement = try afterIdentity([2, 3]) { model in
      model.constant("e", [2, 3], [10, 20, 30, 40, 50, 60])
      model.node("Add", ["c", "e"], "y")
    }
    #expect(perElement == [10, 21, 32, 43, 54, 65])
    let alongPositions = try afterIdentity([2, 3]) { model in
      model.constant("e", [3], [10, 20, 30])
      model.node("Mul", ["c", "e"], "y")
    }
    #expect(alongPositions == [0, 20, 60, 30, 80, 150])
    let flat = try afterIdentity([2, 3]) { model in
      model.constant("e", [6], [10, 20, 30, 40, 50, 60])
      model.node("Flatten", ["c"], "f")
      model.node("Add", ["f", "e"], "y")
    }
    #expect(flat == [10, 21, 32, 43, 54, 65])
  }

  @Test func padsRoundUp() throws {
    let average = TestModel.single(
      "AveragePool",
      shape: [1, 4],
      .ints("kernel_shape", [3]),
      .ints("strides", [2]),
      .int("ceil_mode", 1)
    )
    #expect(try average.evaluate([1, 2, 3, 4]) == [2, 3.5])
    let counted = TestModel.single(
      "AveragePool",
      shape: [1, 4],
      .ints("kernel_shape", [3]),
      .ints("strides", [2]),
      .int("ceil_mode", 1),
      .int("count_include_pad", 1)
    )
    #expect(try counted.refusal()?.code == "unsupported-attribute")
  }

  @Test func whatCannotBeHadIsRefused() throws {
    let kernel = ("k", [1, 1, 1, 1, 1], [1.0])
    #expect(try TestModel.single("Conv", shape: [1, 2, 2, 2], constants: [kernel]).refusal()?.code == "shape-mismatch")
    let pad = TestModel.single(
      "Pad",
      shape: [1, 4],
      opset: 10,
      .ints("pads", [0, 0, 1, 0, 0, 1]),
      .string("mode", "edge")
    )
    #expect(try pad.refusal()?.code == "unsupported-attribute")
    let scalar = TestModel.single("Pad", shape: [], opset: 10, .ints("pads", [0, 0]))
    #expect(try scalar.refusal()?.code == "bad-parameters")
    let batch = TestModel.single("ReduceMean", shape: [2, 4], .ints("axes", [0]))
    #expect(try batch.refusal()?.code == "bad-axis")
    let order = TestModel.single("Transpose", shape: [2, 4], .ints("perm", [1, 0, 2]))
    #expect(try order.refusal()?.code == "batch-not-first")
    let empty = TestModel.single("MaxPool", shape: [1, 2], .ints("kernel_shape", [3]))
    #expect(try empty.refusal()?.code == "shape-mismatch")
    let negative = TestModel.single("MaxPool", shape: [1, 4], .ints("kernel_shape", [2]), .ints("pads", [-1, 0]))
    #expect(try negative.refusal()?.code == "bad-attribute")
  }

  @Test func `padding that is unknown and other layouts are refused by name with a hint`() throws {
    var named = TestModel.single("MaxPool", shape: [1, 4], .ints("kernel_shape", [2]), .string("auto_pad", "SAME"))
    named.proto.graph.node[0].name = "culprit"
    let padding = try named.refusal()
    #expect(padding?.code == "unsupported-attribute" && padding?.message.contains("'culprit'") == true)
    #expect(padding?.hint == "export it with explicit pads")
    // QONNX's layers with the channels last, beside ONNX's own with the channels first.
    var mixed = TestModel.single("MaxPool", shape: [4, 1], .ints("kernel_shape", [2]))
    mixed.proto.graph.node[0].name = "culprit"
    mixed.proto.graph.node[0].domain = "qonnx.custom_op.channels_last"
    let layout = try mixed.refusal()
    #expect(layout?.code == "unsupported-operator" && layout?.message.contains("'culprit'") == true)
    #expect(layout?.hint?.contains("with the channels first") == true, "\(layout?.hint ?? "no hint")")
  }
}
