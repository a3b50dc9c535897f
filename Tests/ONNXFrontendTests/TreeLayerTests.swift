import Diagnostics
import FixedPointIR
import Foundation
import Fuzzing
import Lowering
import ModelIR
import NetlistIR
import Quantization
import Simulation
import SwiftProtobuf
import Testing

@testable import ONNXFrontend

/// Ensembles of trees before, after and beside other layers: in float, and from the simulator to the netlist.
@Suite struct TreeLayerTests {
  /// Two features; the first output counts `x0 <= 0.5`, the second `x1 > -1`.
  private static func trees(_ model: inout TestModel, _ input: String, _ output: String) {
    model.node(
      "TreeEnsembleRegressor",
      [input],
      output,
      .ints("nodes_treeids", [0, 0, 0, 1, 1, 1]),
      .ints("nodes_nodeids", [0, 1, 2, 0, 1, 2]),
      .ints("nodes_featureids", [0, 0, 0, 1, 0, 0]),
      .strings("nodes_modes", ["BRANCH_LEQ", "LEAF", "LEAF", "BRANCH_GT", "LEAF", "LEAF"]),
      .floats("nodes_values", [0.5, 0, 0, -1, 0, 0]),
      .ints("nodes_truenodeids", [1, 0, 0, 1, 0, 0]),
      .ints("nodes_falsenodeids", [2, 0, 0, 2, 0, 0]),
      .ints("target_treeids", [0, 0, 1, 1]),
      .ints("target_nodeids", [1, 2, 1, 2]),
      .ints("target_ids", [0, 0, 1, 1]),
      .floats("target_weights", [1, -0.5, 2, 0.25]),
      .int("n_targets", 2)
    )
    model.proto.graph.node[model.proto.graph.node.count - 1].domain = "ai.onnx.ml"
  }

  private static func score(_ x0: Double, _ x1: Double) -> [Double] { [x0 <= 0.5 ? 1 : -0.5, x1 > -1 ? 2 : 0.25] }

  private static func model(_ build: (inout TestModel) -> String) -> TestModel {
    var model = TestModel()
    model.proto.opsetImport.append(
      OperatorSetIdProto.with {
        $0.domain = "ai.onnx.ml"
        $0.version = 3
      }
    )
    model.input("x", [2])
    let output = build(&model)
    model.output(output)
    return model
  }

  private static func dense(_ model: inout TestModel, _ input: String, _ output: String, _ kernel: [Double]) {
    model.constant(output + "_w", [2, kernel.count / 2], kernel)
    model.node("MatMul", [input, output + "_w"], output)
  }

  static let events = [0, 0, 0.5, -1, 0.75, -0.75, -3, 2, 2, -3.5, 0.25, 0.25]

  /// The expected output of one event after the graph's own.
  private func check(_ model: TestModel, expecting expected: (Double, Double) -> [Double]) throws {
    let samples = Self.events.count / 2
    let found = try model.evaluate(Self.events, samples: samples)
    let wanted = (0..<samples).flatMap { expected(Self.events[2 * $0], Self.events[2 * $0 + 1]) }
    try #require(found.count == wanted.count)
    for (found, wanted) in zip(found, wanted) { #expect(abs(found - wanted) < 1e-6) }
    try checkHardware(try model.load(), reference: wanted, samples: samples)
  }

  /// The quantised model is near, and its netlist the simulator bit for bit.
  private func checkHardware(_ graph: ModelGraph, reference: [Double], samples: Int) throws {
    var options = NativeOptions()
    options.inputType = NativeOptions.defaultInputType
    let fixed = try NativeQuantizer.quantize(graph, options: options, calibration: nil, log: DiagnosticLog())
    let near = try Simulator(fixed).run(Self.events, samples: samples).outputs
    for (near, reference) in zip(near, reference) { #expect(abs(near - reference) < 0.05) }
    var generator = SeededGenerator(seed: 5)
    let events = (0..<64 * 2).map { _ in Double.random(in: -4...4, using: &generator) }
    let result = try Simulator(fixed).run(events, samples: 64)
    let netlist = try Lowering.lower(fixed)
    try NetlistVerifier.verify(netlist)
    let interpreter = NetlistInterpreter(netlist)
    for sample in 0..<64 {
      let raw = (0..<fixed.inputCount).map { result.quantizedInputs.raw(sample: sample, element: $0) }
      for (element, value) in interpreter.outputs(for: raw).enumerated() {
        #expect(value == result.outputValues.raw(sample: sample, element: element))
      }
    }
  }

  @Test func `a dense layer before trees`() throws {
    let model = Self.model { model in
      Self.dense(&model, "x", "h", [1, 0.5, -1, 0.25])
      Self.trees(&model, "h", "y")
      return "y"
    }
    try check(model) { Self.score($0 - $1, 0.5 * $0 + 0.25 * $1) }
  }

  @Test func `a dense layer after trees`() throws {
    let model = Self.model { model in
      Self.trees(&model, "x", "s")
      Self.dense(&model, "s", "y", [1, -2, 0.5, 0.25])
      return "y"
    }
    try check(model) {
      let s = Self.score($0, $1)
      return [s[0] + 0.5 * s[1], -2 * s[0] + 0.25 * s[1]]
    }
  }

  @Test func `a sigmoid after trees`() throws {
    let model = Self.model { model in
      Self.trees(&model, "x", "s")
      model.node("Sigmoid", ["s"], "y")
      return "y"
    }
    try check(model) { Self.score($0, $1).map { 1 / (1 + exp(-$0)) } }
  }

  @Test func `a softmax after trees`() throws {
    let model = Self.model { model in
      Self.trees(&model, "x", "s")
      model.node("Softmax", ["s"], "y", .int("axis", 1))
      return "y"
    }
    try check(model) {
      let e = Self.score($0, $1).map { exp($0) }
      return e.map { $0 / (e[0] + e[1]) }
    }
  }

  @Test func `two ensembles side by side, joined and added`() throws {
    let model = Self.model { model in
      Self.trees(&model, "x", "a")
      Self.dense(&model, "x", "h", [-1, 0, 0, 1])
      Self.trees(&model, "h", "b")
      model.node("Add", ["a", "b"], "c")
      model.node("Concat", ["a", "c"], "y", .int("axis", 1))
      return "y"
    }
    try check(model) {
      let (a, b) = (Self.score($0, $1), Self.score(-$0, $1))
      return a + [a[0] + b[0], a[1] + b[1]]
    }
  }

  @Test func `trees on the scores of trees`() throws {
    let model = Self.model { model in
      Self.trees(&model, "x", "s")
      Self.trees(&model, "s", "y")
      return "y"
    }
    try check(model) {
      let s = Self.score($0, $1)
      return Self.score(s[0], s[1])
    }
  }

  @Test func `features are selected and made binary`() throws {
    let model = Self.model { model in
      model.integers("which", [1, 0])
      model.node("ArrayFeatureExtractor", ["x", "which"], "f")
      model.proto.graph.node[0].domain = "ai.onnx.ml"
      Self.trees(&model, "f", "s")
      model.node("Binarizer", ["s"], "y", .float("threshold", 0.25))
      model.proto.graph.node[2].domain = "ai.onnx.ml"
      return "y"
    }
    try check(model) { Self.score($1, $0).map { $0 > 0.25 ? 1 : 0 } }
  }

  @Test func `missing features are not filled in`() throws {
    let model = Self.model { model in
      model.node("Imputer", ["x"], "f", .floats("imputed_value_floats", [1, 2]), .float("replaced_value_float", .nan))
      model.proto.graph.node[0].domain = "ai.onnx.ml"
      Self.trees(&model, "f", "y")
      return "y"
    }
    try check(model, expecting: Self.score)
  }

  @Test func `nodes may ask for equality`() throws {
    let model = Self.model { model in
      Self.trees(&model, "x", "y")
      let modes = model.proto.graph.node[0].attribute.firstIndex { $0.name == "nodes_modes" } ?? 0
      model.proto.graph.node[0].attribute[modes].strings[0] = Data("BRANCH_EQ".utf8)
      model.proto.graph.node[0].attribute[modes].strings[3] = Data("BRANCH_NEQ".utf8)
      return "y"
    }
    try check(model) { [$0 == 0.5 ? 1 : -0.5, $1 != -1 ? 2 : 0.25] }
  }

  @Test(arguments: [("OneHotEncoder", "categories")])
  func `other preparations of features are refused by name`(_ type: String, _ says: String) throws {
    let model = Self.model { model in
      model.node(type, ["x"], "f")
      model.proto.graph.node[0].domain = "ai.onnx.ml"
      Self.trees(&model, "f", "y")
      return "y"
    }
    let refusal = try #require(try model.refusal())
    #expect(refusal.code == "unsupported-operator" && refusal.hint?.contains(says) == true, "\(refusal.rendered())")
    #expect(refusal.origin?.place?.contains(type) == true)
  }

  @Test func `features that do not exist are refused`() throws {
    let model = Self.model { model in
      model.integers("which", [2])
      model.node("ArrayFeatureExtractor", ["x", "which"], "y")
      model.proto.graph.node[0].domain = "ai.onnx.ml"
      return "y"
    }
    #expect(try model.refusal()?.code == "bad-parameters")
  }
}
