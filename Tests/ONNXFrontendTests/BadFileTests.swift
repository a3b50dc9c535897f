import Diagnostics
import ModelIR
import SwiftProtobuf
import Testing

@testable import ONNXFrontend

/// Damaged and senseless files: every one is refused with a place and never traps.
@Suite struct BadFileTests {
  /// A small network with a bit of everything.
  private static func network() -> TestModel {
    var model = TestModel()
    model.input("x", [2])
    model.constant("w", [2, 3], [1, 2, 3, 4, 5, 6])
    model.constant("c", [3], [1, 2, 3])
    model.integers("target", [0, 3, 1])
    model.node("Gemm", ["x", "w", "c"], "a", .float("alpha", 0.5))
    model.node("Reshape", ["a", "target"], "b")
    model.integers("axes", [2])
    model.node("Squeeze", ["b", "axes"], "d")
    model.node("Concat", ["a", "d"], "e", .int("axis", 1))
    model.node("Softmax", ["e"], "y")
    model.output("y")
    return model
  }

  private func expect(
    _ code: String,
    _ model: TestModel,
    _ part: String,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let refusal = try #require(try model.refusal(), "loaded", sourceLocation: sourceLocation)
    #expect(refusal.code == code, "\(refusal.rendered())", sourceLocation: sourceLocation)
    #expect(refusal.rendered().contains(part), "\(refusal.rendered())", sourceLocation: sourceLocation)
    #expect(refusal.origin?.file == "models/test.onnx", sourceLocation: sourceLocation)
  }

  @Test func notAModel() {
    for bytes in [[], Array("version https://git-lfs".utf8), Array(repeating: 0xFF, count: 100), [0x08]] as [[UInt8]] {
      let error = #expect(throws: Diagnostic.self) {
        try ONNXFrontend.load(bytes, file: "m.onnx", log: DiagnosticLog())
      }
      #expect(error?.code == "bad-file")
      #expect(error?.hint != nil)
    }
  }

  @Test func everyTruncationIsRefused() throws {
    let bytes = try Self.network().bytes()
    for length in 0..<bytes.count {
      // What is cut off may be all of the last field; then the rest is a file of its own, without what it needs.
      do {
        _ = try ONNXFrontend.load(Array(bytes[..<length]), file: "m.onnx", log: DiagnosticLog())
        Issue.record("loaded \(length) of \(bytes.count) bytes")
      } catch { #expect(error is Diagnostic) }
    }
  }

  @Test func mutationsNeverCrash() throws {
    let bytes = try Self.network().bytes()
    var seed: UInt64 = 1
    func random(_ limit: Int) -> Int {
      seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(seed >> 33) % limit
    }
    var loaded = 0
    for _ in 0..<3000 {
      var mutant = bytes
      for _ in 0...random(3) {
        switch random(3) {
        case 0: mutant[random(mutant.count)] = UInt8(random(256))
        case 1: mutant.remove(at: random(mutant.count))
        default: mutant.insert(UInt8([0, 1, 0x7F, 0xFF, random(256)][random(5)]), at: random(mutant.count))
        }
      }
      do {
        let graph = try ONNXFrontend.load(mutant, file: "m.onnx", log: DiagnosticLog())
        let evaluator = ReferenceEvaluator(graph)
        if evaluator.inputSize < 1000 {
          _ = evaluator.evaluate([Double](repeating: 1, count: evaluator.inputSize), samples: 1)
        }
        loaded += 1
      } catch { #expect(error is Diagnostic) }
    }
    #expect(loaded > 0)
  }

  @Test func deepNestingIsRefused() {
    // Groups, an old form of messages, that open inside one another and never close: in unknown fields, and in the graph.
    for byte in [0xA3, 0x3B] as [UInt8] {
      let bytes =
        byte == 0xA3
        ? Array(repeating: [byte, 0x06], count: 100_000).flatMap { $0 } : Array(repeating: byte, count: 100_000)
      #expect(throws: Diagnostic.self) { try ONNXFrontend.load(bytes, file: "m.onnx", log: DiagnosticLog()) }
    }
  }

  @Test func weights() throws {
    var model = Self.network()
    model.proto.graph.initializer.removeFirst()
    try expect("missing-value", model, "'w'")

    model = Self.network()
    model.proto.graph.initializer[0].floatData[4] = .nan
    try expect("non-finite-parameter", model, "the kernel of 'Dense_MatMul_0' holds nan at [1, 1]")

    model = Self.network()
    model.proto.graph.initializer[1].floatData[2] = .infinity
    try expect("non-finite-parameter", model, "the bias of 'bn_Add_0' holds inf at [2]")

    model = Self.network()
    model.proto.graph.initializer[0].dims = [3, 2]
    try expect("shape-mismatch", model, "Dense_MatMul_0")

    model = Self.network()
    model.proto.graph.initializer[0].dims = [2, 4]
    try expect("truncated-tensor", model, "'w'")

    for dims in [[-1, -6], [1 << 40, 1 << 40], [0, .max, .max], [.max]] as [[Int64]] {
      model = Self.network()
      model.proto.graph.initializer[0].dims = dims
      try expect("absurd-size", model, "'w'")
    }

    model = Self.network()
    model.proto.graph.initializer[0].dataLocation = .external
    try expect("external-data", model, "save_as_external_data")

    model = Self.network()
    model.proto.graph.initializer[0].dataType = 99
    try expect("unsupported-tensor", model, "'w'")

    model = Self.network()
    model.proto.graph.initializer[1].name = "w"
    try expect("duplicate-name", model, "'w'")
  }

  @Test func graphs() throws {
    var model = TestModel()
    model.input("x", [2])
    model.node("Add", ["x", "c"], "a")
    model.node("Relu", ["a"], "b")
    model.node("Tanh", ["b"], "c")
    model.output("c")
    try expect("cycle", model, "in the cycle: node that makes 'b' (Relu)")

    model = Self.network()
    model.proto.graph.node[3].input[1] = "nowhere"
    try expect("missing-value", model, "'nowhere'")

    model = Self.network()
    model.proto.graph.output[0].name = "nowhere"
    try expect("missing-value", model, "'nowhere'")

    model = Self.network()
    model.proto.graph.output = []
    try expect("no-outputs", model, "no outputs")

    model = Self.network()
    model.proto.graph.node[1].output = ["a"]
    try expect("duplicate-name", model, "'a'")

    model = Self.network()
    model.proto.graph.output[0].name = "c"
    try expect("constant-output", model, "'c'")

    model = Self.network()
    model.proto.opsetImport[0].version = 5
    try expect("unsupported-opset", model, "opset 5")
  }

  @Test func inputs() throws {
    for (shape, code) in [
      (["N", "M"], "dynamic-shape"), (["N", "0"], "dynamic-shape"), (["N", "-3"], "dynamic-shape"), ([], "bad-shape"),
      (["N", "1099511627776"], "absurd-size"), (["N", "9223372036854775807", "2"], "absurd-size"),
    ] {
      var model = Self.network()
      model.proto.graph.input = [.with("x", shape, .float)]
      try expect(code, model, "'x'")
    }
    var model = Self.network()
    model.proto.graph.input = [.with("x", ["N", "2"], .int64)]
    try expect("unsupported-type", model, "int64")
    model.proto.graph.input[0].clearType()
    try expect("bad-shape", model, "'x'")
  }

  @Test func operatorsAndAttributes() throws {
    for (type, domain, hint) in [
      ("Quant", "com.example", "custom operators"), ("BipolarQuant", "com.example", "custom operators"),
      ("FusedMatMul", "com.microsoft", "ONNX Runtime"), ("If", "", "control flow"), ("Loop", "", "control flow"),
      ("Rellu", "", "'Relu'"), ("SVMClassifier", "ai.onnx.ml", "tree"),
      ("Mystery", "my.domain", "custom"),
    ] {
      var model = TestModel.single(type, shape: [2])
      model.proto.graph.node[0].domain = domain
      model.proto.graph.node[0].name = "culprit"
      try expect(
        "unsupported-operator",
        model,
        "'culprit' uses the operator \(domain.isEmpty ? "" : domain + ".")\(type)"
      )
      try expect("unsupported-operator", model, hint)
    }
    try expect("unsupported-attribute", .single("Relu", shape: [2], .float("alpha", 1)), "'alpha'")
    try expect("bad-attribute", .single("LeakyRelu", shape: [2], .int("alpha", 1)), "'alpha'")
    try expect("unsupported-attribute", .single("Selu", shape: [2], .float("gamma", 2)), "Selu")
    try expect("bad-axis", .single("Flatten", shape: [2], .int("axis", 0)), "axis 0")
    try expect("bad-axis", .single("Flatten", shape: [2], .int("axis", .min)), "Flatten")
    try expect("bad-axis", .single("Softmax", shape: [2], .int("axis", .max)), "Softmax")
    try expect("batch-not-first", .single("Transpose", shape: [2, 3], .ints("perm", [1, 0, 2])), "first axis")
    try expect("unsupported-operator", .single("Cast", shape: [2], .int("to", 7)), "int64")
    try expect("bad-arity", .single("MatMul", shape: [2]), "input number 2")
    try expect("shape-mismatch", .single("Add", shape: [2], constants: [("c", [3], [1, 2, 3])]), "[3]")
    try expect("bad-arity", .single("ConvTranspose", shape: [1, 2]), "kernel")
    try expect("shape-mismatch", .single("Add", shape: [2], constants: [("c", [2, 1], [1, 2])]), "[2, 1]")
    try expect("non-finite-parameter", .single("Div", shape: [1], constants: [("c", [1], [0])]), "inf")
  }

  @Test func allUnsupportedOperatorsAreNamedAtOnce() throws {
    var model = TestModel.single("Loop", shape: [2])
    model.node("TopK", ["y"], "p")
    model.node("Scan", ["p"], "l")
    model.node("Loop", ["l"], "z")
    model.proto.graph.output[0].name = "z"
    #expect(try model.refusal()?.notes == ["not supported either: Scan, TopK"])
  }

  @Test func tensorsOfDifferentShapes() throws {
    var model = TestModel()
    model.input("a", [2])
    model.input("b", [3])
    model.node("Add", ["a", "b"], "y")
    model.output("y")
    for type in ["Add", "Div", "MatMul"] {
      model.proto.graph.node[0].opType = type
      try expect("shape-mismatch", model, type)
    }
  }

  @Test func aChainDeeperThanTheStack() throws {
    var model = TestModel()
    model.input("x0", [1])
    model.proto.graph.node = (0..<20_000).reversed().map { index in
      NodeProto.with {
        $0.opType = "Identity"
        $0.input = ["x\(index)"]
        $0.output = ["x\(index + 1)"]
      }
    }
    model.output("x20000")
    #expect(try model.load().nodes.map(\.name) == ["global_in"])
  }
}
