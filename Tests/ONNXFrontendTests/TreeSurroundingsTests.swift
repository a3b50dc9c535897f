import Diagnostics
import Foundation
import ModelIR
import Quantization
import Simulation
import SwiftProtobuf
import Testing

@testable import ONNXFrontend

/// What exporters write around trees: encoders of labels and of features, normalisers, averages.
@Suite struct TreeSurroundingsTests {
  private static let domain = "ai.onnx.ml"

  private static func model(shape: [Int] = [2], type: TensorProto.DataType = .float) -> TestModel {
    var model = TestModel()
    model.proto.opsetImport.append(
      OperatorSetIdProto.with {
        $0.domain = domain
        $0.version = 4
      }
    )
    model.input("x", shape, type: type)
    return model
  }

  /// A node of `ai.onnx.ml`; further outputs follow the first.
  private static func learned(
    _ model: inout TestModel,
    _ type: String,
    _ inputs: [String],
    _ outputs: [String],
    _ attributes: [AttributeProto]
  ) {
    model.proto.graph.node.append(
      NodeProto.with {
        $0.opType = type
        $0.domain = domain
        $0.input = inputs
        $0.output = outputs
        $0.attribute = attributes
      }
    )
  }

  /// Two trees, `x0 <= 0.5` and `x1 > -1`, whose leaves feed three classes.
  private static func classifier(
    _ model: inout TestModel,
    _ outputs: [String] = ["label", "p"],
    weights: [Float] = [0.5, 0, 0, 0.25, 0, 0.25, 0, 0.5, 0, 0, 0.125, 0.375]
  ) {
    learned(
      &model,
      "TreeEnsembleClassifier",
      ["x"],
      outputs,
      splits + [
        .ints("class_treeids", [0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1]),
        .ints("class_nodeids", [1, 1, 1, 2, 2, 2, 1, 1, 1, 2, 2, 2]),
        .ints("class_ids", [0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2]),
        .floats("class_weights", weights), .ints("classlabels_int64s", [0, 1, 2]),
      ]
    )
  }

  private static let splits: [AttributeProto] = [
    .ints("nodes_treeids", [0, 0, 0, 1, 1, 1]), .ints("nodes_nodeids", [0, 1, 2, 0, 1, 2]),
    .ints("nodes_featureids", [0, 0, 0, 1, 0, 0]),
    .strings("nodes_modes", ["BRANCH_LEQ", "LEAF", "LEAF", "BRANCH_GT", "LEAF", "LEAF"]),
    .floats("nodes_values", [0.5, 0, 0, -1, 0, 0]), .ints("nodes_truenodeids", [1, 0, 0, 1, 0, 0]),
    .ints("nodes_falsenodeids", [2, 0, 0, 2, 0, 0]),
  ]

  @Test func `linear models are dense layers`() throws {
    var model = Self.model()
    Self.learned(
      &model,
      "LinearClassifier",
      ["x"],
      ["label", "p"],
      [
        .floats("coefficients", [1, 2, -0.5, 4, 0, 1]), .floats("intercepts", [0.25, -1, 0]),
        .ints("classlabels_ints", [0, 1, 2]), .int("multi_class", 1),
      ]
    )
    Self.learned(&model, "LinearRegressor", ["x"], ["y"], [.floats("coefficients", [3, -1])])
    model.output("p")
    model.output("y")
    #expect(try model.evaluate([2, 1, 0, -1], samples: 2) == [4.25, 2, 1, 5, -1.75, -5, -1, 1])
  }

  @Test func `linear models whose coefficients do not fit`() throws {
    var model = Self.model()
    Self.learned(
      &model,
      "LinearClassifier",
      ["x"],
      ["label", "p"],
      [.floats("coefficients", [1, 2, 3]), .ints("classlabels_ints", [0, 1])]
    )
    model.output("p")
    #expect(try model.refusal()?.code == "shape-mismatch")
  }

  private static func regressor(_ model: inout TestModel, _ input: String, _ attributes: AttributeProto...) {
    learned(
      &model,
      "TreeEnsembleRegressor",
      [input],
      ["y"],
      splits + [
        .ints("target_treeids", [0, 0, 1, 1]), .ints("target_nodeids", [1, 2, 1, 2]),
        .ints("target_ids", [0, 0, 0, 0]),
        .floats("target_weights", [1, -0.5, 2, 0.25]), .int("n_targets", 1),
      ] + attributes
    )
    model.output("y")
  }

  private static let probabilities = [0.5, 0.5, 0, 0.25, 0.125, 0.625]
  private static let events: [Double] = [0, 0, 1, -2]

  // MARK: - Labels

  @Test(arguments: ["LabelEncoder", "Cast", "Identity", "Squeeze", "chain", "names", "gathered", "largest"])
  func `labels are left out, however they are written`(_ way: String) throws {
    var model = Self.model()
    Self.classifier(&model)
    let strings: [AttributeProto] = [
      .ints("keys_int64s", [0, 1, 2]), .strings("values_strings", ["a", "b", "c"]),
    ]
    switch way {
    case "LabelEncoder": Self.learned(&model, "LabelEncoder", ["label"], ["l"], strings)
    case "chain":
      model.node("Cast", ["label"], "c", .int("to", 7))
      Self.learned(&model, "LabelEncoder", ["c"], ["e"], strings)
      model.integers("shape", [-1, 1])
      model.node("Reshape", ["e", "shape"], "l")
    case "names", "gathered", "largest":
      model.node("ArgMax", ["p"], "best", .int("axis", 1), .int("keepdims", 0))
      model.proto.graph.initializer.append(
        .with {
          $0.name = "classes"
          $0.dims = [3]
          $0.dataType = 8
        }
      )
      if way == "names" { Self.learned(&model, "ArrayFeatureExtractor", ["classes", "best"], ["l"], []) }
      if way == "gathered" { model.node("Gather", ["classes", "best"], "l") }
      if way == "largest" { Self.learned(&model, "LabelEncoder", ["best"], ["l"], strings) }
    default: model.node(way, ["label"], "l")
    }
    model.output("l")
    Self.learned(&model, "ZipMap", ["p"], ["z"], [.strings("classlabels_strings", ["a", "b", "c"])])
    model.output("z")
    let log = DiagnosticLog()
    let graph = try model.load(log: log)
    #expect(log.all.map(\.code) == ["label-left-out"])
    #expect(ReferenceEvaluator(graph).evaluate(Self.events, samples: 2).outputs == Self.probabilities)
  }

  @Test func `labels are not computed with, nor returned alone`() throws {
    var model = Self.model()
    Self.classifier(&model)
    Self.learned(&model, "ArrayFeatureExtractor", ["p", "label"], ["y"], [])
    model.output("y")
    #expect(try model.refusal()?.code == "label-operand")
    var alone = Self.model()
    Self.classifier(&alone)
    alone.node("ArgMax", ["p"], "y", .int("axis", -1))
    alone.output("y")
    #expect(try alone.refusal()?.message.contains("class labels only") == true)
    var batch = Self.model()
    batch.node("ArgMax", ["x"], "y", .int("axis", 0))
    batch.output("y")
    #expect(try batch.refusal()?.code == "bad-axis")
  }

  // MARK: - Encoders of features

  private static let table: [AttributeProto] = [
    .floats("keys_floats", [2, -1, 0.5, 7]), .floats("values_floats", [10, 20, 30, 40]), .float("default_float", -5),
  ]

  @Test func `numbers are encoded by a table, in float and in fixed point`() throws {
    var model = Self.model()
    Self.learned(&model, "LabelEncoder", ["x"], ["y"], Self.table)
    model.output("y")
    let events = [2, -1, 0.5, 7, 0, 1.75, -8, 7.5, 0.25, -1.25]
    let expected: [Double] = [10, 20, 30, 40, -5, -5, -5, -5, -5, -5]
    #expect(try model.evaluate(events, samples: 5) == expected)
    #expect(try model.evaluate([.nan, 2]) == [-5, 10])
    var options = NativeOptions()
    options.inputType = NativeOptions.defaultInputType
    let fixed = try NativeQuantizer.quantize(
      try model.load(),
      options: options,
      calibration: nil,
      log: DiagnosticLog()
    )
    #expect(try Simulator(fixed).run(events, samples: 5).outputs == expected)
  }

  @Test func `integers are encoded before trees`() throws {
    var model = Self.model(type: .int64)
    Self.learned(
      &model,
      "LabelEncoder",
      ["x"],
      ["f"],
      [.ints("keys_int64s", [3, 1]), .floats("values_floats", [0.25, -3])]
    )
    Self.regressor(&model, "f")
    // The default is -0.0.
    #expect(try model.evaluate([3, 1, 1, 3, 9, 9], samples: 3) == [1.25, 3, 3])
  }

  @Test func `tensors are tables, too`() throws {
    var model = Self.model()
    Self.learned(
      &model,
      "LabelEncoder",
      ["x"],
      ["y"],
      [
        .tensor("keys_tensor", .floats("k", [2], [1, 2])), .tensor("values_tensor", .integers("v", [7, 8])),
        .tensor("default_tensor", .integers("d", [9])),
      ]
    )
    model.output("y")
    #expect(try model.evaluate([1, 2, 3, -1], samples: 2) == [7, 8, 9, 9])
  }

  @Test(
    arguments: [
      ([AttributeProto.strings("keys_strings", ["a"]), .floats("values_floats", [1])], "unsupported-attribute"),
      ([.floats("keys_floats", [1]), .strings("values_strings", ["a"])], "unsupported-attribute"),
      ([.floats("keys_floats", [1, 2]), .floats("values_floats", [1])], "bad-parameters"),
      ([.floats("keys_floats", [1, 1]), .floats("values_floats", [1, 2])], "bad-parameters"),
      ([.floats("keys_floats", [.nan]), .floats("values_floats", [1])], "bad-parameters"),
      ([.floats("keys_floats", [1]), .floats("values_floats", [.infinity])], "bad-parameters"),
      ([.ints("keys_int64s", [.max]), .floats("values_floats", [1])], "bad-parameters"),
      ([.floats("values_floats", [1])], "bad-parameters"),
    ]
  )
  func `tables that are none are refused`(_ attributes: [AttributeProto], _ code: String) throws {
    var model = Self.model()
    Self.learned(&model, "LabelEncoder", ["x"], ["y"], attributes)
    model.output("y")
    let refusal = try #require(try model.refusal())
    #expect(refusal.code == code && refusal.hint != nil, "\(refusal.rendered())")
    #expect(refusal.origin?.file == "models/test.onnx" && refusal.origin?.place?.contains("LabelEncoder") == true)
  }

  // MARK: - Normalisers

  @Test(
    arguments: [
      // A class's leaf is negative; the leaves of one tree sum to different numbers.
      [0.5, 0, 0, 0.25, -0.25, 0.5, 0, 0.5, 0, 0, 0.125, 0.375],
      [0.5, 0, 0, 0.25, 0, 0.5, 0, 0.5, 0, 0, 0.125, 0.375],
    ] as [[Float]]
  )
  func `scores without a constant norm are normalised`(_ weights: [Float]) throws {
    var model = Self.model()
    Self.classifier(&model, weights: weights)
    Self.learned(&model, "Normalizer", ["p"], ["y"], [.string("norm", "L1")])
    model.output("y")
    let graph = try model.load()
    #expect(graph.description.contains("norm L1"))
    let found = ReferenceEvaluator(graph).evaluate(Self.events, samples: 2).outputs
    for event in 0..<2 { #expect(abs(found[3 * event..<3 * event + 3].reduce(0) { $0 + abs($1) } - 1) < 1e-12) }
  }

  @Test(arguments: [1, 4, 1.0000001] as [Float])
  func `a norm that is constant is left out, or becomes a factor`(_ factor: Float) throws {
    var model = Self.model()
    Self.classifier(&model, weights: [0.5, 0, 0, 0.25, 0, 0.25, 0, 0.5, 0, 0, 0.125, 0.375].map { $0 * factor })
    Self.learned(&model, "Normalizer", ["p"], ["y"], [.string("norm", "L1")])
    model.output("y")
    let log = DiagnosticLog()
    let graph = try model.load(log: log)
    #expect(log.all.map(\.code) == ["constant-norm"])
    #expect(graph.nodes.count == (factor == 4 ? 3 : 2))
    let found = ReferenceEvaluator(graph).evaluate(Self.events, samples: 2).outputs
    for (found, expected) in zip(found, Self.probabilities) { #expect(abs(found - expected) < 1e-6) }
  }

  @Test func `a normaliser before trees stays in float, and is refused in fixed point`() throws {
    var model = Self.model()
    Self.learned(&model, "Normalizer", ["x"], ["f"], [.string("norm", "L2")])
    Self.regressor(&model, "f")
    let graph = try model.load()
    // (0.6, 0.8), (0.4, -0.92), (0, 0), (0, -1)
    let events: [Double] = [3, 4, 4, -9, 0, 0, 0, -2]
    #expect(ReferenceEvaluator(graph).evaluate(events, samples: 4).outputs == [1.5, 3, 3, 1.25])
    var options = NativeOptions()
    options.inputType = NativeOptions.defaultInputType
    let refusal = #expect(throws: Diagnostic.self) {
      try NativeQuantizer.quantize(graph, options: options, calibration: nil, log: DiagnosticLog())
    }
    #expect(refusal?.message.contains("'Normalizer_0'") == true && refusal?.hint?.contains("front-end") == true)
  }

  @Test func `norms that do not exist, and tensors that are no vectors, are refused`() throws {
    var model = Self.model()
    Self.learned(&model, "Normalizer", ["x"], ["y"], [.string("norm", "L3")])
    model.output("y")
    #expect(try model.refusal()?.code == "bad-attribute")
    var matrix = Self.model(shape: [2, 2])
    Self.learned(&matrix, "Normalizer", ["x"], ["y"], [])
    matrix.output("y")
    #expect(try matrix.refusal()?.code == "shape-mismatch")
  }

  // MARK: - Aggregation

  @Test func `averages are taken before the base is added`() throws {
    var model = Self.model()
    Self.regressor(&model, "x", .string("aggregate_function", "AVERAGE"), .floats("base_values", [10]))
    #expect(try model.evaluate([0, 0, 1, -2, 0, -2], samples: 3) == [11.5, 9.875, 10.625])
  }

  @Test(arguments: [("aggregate_function", "MIN"), ("aggregate_function", "MAX"), ("post_transform", "PROBIT")])
  func `other ways to combine trees are refused by name`(_ attribute: String, _ value: String) throws {
    var model = Self.model()
    Self.regressor(&model, "x", .string(attribute, value))
    let refusal = try #require(try model.refusal())
    #expect(refusal.code == "unsupported-attribute" && refusal.message.contains(value) && refusal.hint != nil)
  }
}
