import Diagnostics
import FixedPoint
import FixedPointIR
import ModelIR
import TestSupport
import Testing

@testable import Quantization

@Suite struct HLS4MLQuantizerTests {
  private static let origin = Origin(file: "model.json")

  /// A Keras model of one dense layer of two inputs and what follows it, as the frontend gives it: its activation, linear
  /// or not, is a layer.
  private func model(
    outputs: Int = 2,
    kernel: [Double]? = nil,
    bias: [Double]? = nil,
    then layers: [(name: String, operation: ModelOperator)] = []
  ) -> ModelGraph {
    var graph = ModelGraph(name: "small", source: .keras)
    var tensor = graph.append(.input, named: "in", inputs: [], shape: [2], origin: Self.origin)
    let values = kernel ?? (0..<2 * outputs).map { 0.25 * Double($0 + 1) }
    let dense = DenseLayer(
      kernel: ParameterTensor(shape: [2, outputs], values: values),
      bias: bias.map { ParameterTensor(shape: [outputs], values: $0) }
    )
    tensor = graph.append(.dense(dense), named: "fc", inputs: [tensor], shape: [outputs], origin: Self.origin)
    let isEmbedded = layers.first?.name.hasPrefix("fc_") == true
    let linear: [(name: String, operation: ModelOperator)] = isEmbedded ? [] : [("fc_linear", .activation(.linear))]
    for layer in linear + layers {
      tensor = graph.append(layer.operation, named: layer.name, inputs: [tensor], shape: [outputs], origin: Self.origin)
    }
    if let clamp = graph.nodes.firstIndex(where: { $0.name == "clamp" }) { graph.nodes[clamp].layerClass = "ReLU" }
    graph.outputs = [tensor]
    return graph
  }

  private func configuration(_ yaml: String) throws -> HLS4MLConfiguration {
    try HLS4MLDocument(parsing: yaml, file: "config.yml", log: DiagnosticLog()).configuration
  }

  private func quantize(
    _ model: ModelGraph,
    _ yaml: String,
    overrides: PrecisionOverrides = PrecisionOverrides(),
    log: DiagnosticLog = DiagnosticLog()
  ) throws -> FixedPointGraph {
    try HLS4MLQuantizer.quantize(model, configuration: configuration(yaml), overrides: overrides, log: log)
  }

  private func types(_ model: ModelGraph, _ yaml: String) throws -> ResolvedTypes {
    try HLS4MLQuantizer.resolvedTypes(model, configuration: configuration(yaml), log: DiagnosticLog())
  }

  private func refusal(_ model: ModelGraph, _ yaml: String) -> Diagnostic? {
    do {
      _ = try quantize(model, yaml)
      return nil
    } catch {
      return error as? Diagnostic
    }
  }

  // MARK: - Types

  @Test(arguments: [
    ("{}", "fixed<16,6,TRN,WRAP,0>"),
    ("LayerType: {Dense: {Precision: 'fixed<10,2>'}}", "fixed<10,2,TRN,WRAP,0>"),
    ("LayerType: {Dense: {Precision: {default: 'fixed<10,2>', weight: 'fixed<9,2>'}}}", "fixed<9,2,TRN,WRAP,0>"),
    (
      "LayerType: {Dense: {Precision: {weight: 'fixed<9,2>'}}}\nLayerName: {fc: {Precision: 'fixed<8,2>'}}",
      "fixed<8,2,TRN,WRAP,0>"
    ),
    ("LayerName: {fc: {Precision: {default: 'fixed<8,2>', weight: 'int<7>'}}}", "int<7>"),
    ("LayerName: {fc: {Precision: {result: 'fixed<8,2>'}}}", "fixed<16,6,TRN,WRAP,0>"),
  ])
  func `looks a precision up from the layer to the model`(sections: String, weight: String) throws {
    let yaml = "Model: {Precision: 'fixed<16,6>'}\n" + (sections == "{}" ? "" : sections)
    let resolved = try types(model(bias: [0, 0]), yaml)
    #expect(resolved[layer: "fc"]?[attribute: "weight_t"]?.description == weight)
  }

  @Test func `infers exact types, and cuts them to the maximum`() throws {
    let sections = "LayerName: {fc: {Precision: auto}}"
    let open = try types(model(bias: [0, 0]), "Model: {Precision: 'fixed<16,6>'}\n\(sections)")
    #expect(open[layer: "fc"]?[attribute: "accum_t"]?.shortDescription == "fixed<34,14>")
    let cut = try types(
      model(bias: [0, 0]),
      "Model: {Precision: {default: 'fixed<16,6>', maximum: 'fixed<30,12>'}}\n\(sections)"
    )
    #expect(cut[layer: "fc"]?[attribute: "result_t"]?.shortDescription == "fixed<30,12>")
    // A missing bias is a uint<1> for Keras layers.
    let bare = try types(model(), "Model: {Precision: 'fixed<16,6>'}\n\(sections)")
    #expect(bare[layer: "fc"]?[attribute: "bias_t"]?.description == "uint<1>")
  }

  @Test(arguments: [
    (1.0, "ufixed<1,1>"), (0.699999988079071, "ufixed<8,0>"), (0.30000001192092896, "ufixed<8,-1>"), (0, "ufixed<1,1>"),
    (-0.5, "fixed<1,0>"), (4, "ufixed<1,3>"), (-3.3, "fixed<9,3>"),
  ])
  func `finds a type for a constant`(value: Double, type: String) {
    #expect(PrecisionInference.type(ofConstant: value).shortDescription == type)
  }

  @Test func `flags override the model and the inputs`() throws {
    let overrides = PrecisionOverrides(
      precision: FixedPointType(width: 12, integerBits: 4),
      inputPrecision: FixedPointType(width: 7, integerBits: 3),
      strategy: .distributedArithmetic,
      reuseFactor: 1
    )
    let graph = try quantize(model(), "Model: {Precision: 'fixed<16,6>', ReuseFactor: 4}", overrides: overrides)
    #expect(graph[graph.inputs[0]].types.uniform?.width == 7)
    #expect(graph[graph.outputs[0]].types.uniform?.width == 12)
    #expect(graph.nodes[1].implementation.strategy == .distributedArithmetic)
    guard case .dense(let dense) = graph.nodes[1].operation else { return #expect(Bool(false), "not a dense layer") }
    #expect(dense.accumulation == .exact)
  }

  @Test func `refuses types wider than Tricot computes`() {
    let yaml = "Model: {Precision: 'fixed<100,50>'}\nLayerName: {fc: {Precision: {accum: auto}}}"
    #expect(refusal(model(), yaml)?.code == "type-too-wide")
  }

  // MARK: - Layers

  @Test func `keeps a linear activation where it changes the type, and drops it otherwise`() throws {
    let same = try quantize(model(), "Model: {Precision: 'fixed<16,6>'}")
    #expect(same.nodes.map(\.name) == ["in", "fc"])
    let cast = try quantize(
      model(),
      "Model: {Precision: 'fixed<16,6>'}\nLayerName: {fc: {Precision: {result: 'fixed<20,8>'}}}"
    )
    #expect(cast.nodes.map(\.name) == ["in", "fc", "fc_linear"])
    let log = DiagnosticLog()
    let dropped = try quantize(
      model(),
      """
      Model: {Precision: 'fixed<16,6>'}
      LayerName: {fc: {Precision: {result: auto}}, fc_linear: {Precision: {result: 'fixed<9,3>'}}}
      """,
      log: log
    )
    #expect(dropped.nodes.map(\.name) == ["in", "fc"])
    #expect(log.all.map(\.code) == ["dropped-precision"])
  }

  @Test func `knows embedded activations from separate ones`() throws {
    let embedded = try quantize(
      model(then: [("fc_relu", .activation(.relu(ReLUParameters())))]),
      "Model: {Precision: 'fixed<16,6>'}\nLayerName: {fc: {Precision: {result: 'fixed<20,8>'}}}"
    )
    #expect(embedded.nodes.map(\.name) == ["in", "fc", "fc_relu"])
    let separate = try quantize(
      model(then: [("act", .activation(.relu(ReLUParameters())))]),
      "Model: {Precision: 'fixed<16,6>'}\nLayerName: {fc: {Precision: {result: 'fixed<20,8>'}}}"
    )
    #expect(separate.nodes.map(\.name) == ["in", "fc", "fc_linear", "act"])
  }

  @Test func `folds a normalisation in float32 where the result is to be inferred`() throws {
    let norm = BatchNormalizationLayer(
      gamma: ParameterTensor([1.1, 0.7]),
      beta: ParameterTensor([0.3, -0.2]),
      mean: ParameterTensor([0.1, 0.2]),
      variance: ParameterTensor([0.9, 1.7]),
      epsilon: 0.001
    )
    let chain = model(
      kernel: [0.1, 0.2, 0.3, 0.4].map { Double(Float($0)) },
      bias: [0, 0],
      then: [("bn", .batchNormalization(norm))]
    )
    let apart = try quantize(chain, "Model: {Precision: 'fixed<40,8>'}")
    #expect(apart.nodes.map(\.name) == ["in", "fc", "bn"])
    let fused = try quantize(chain, "Model: {Precision: 'fixed<40,8>'}\nLayerName: {fc: {Precision: {result: auto}}}")
    #expect(fused.nodes.map(\.name) == ["in", "fc"])
    guard case .dense(let dense) = fused.nodes[1].operation else { return #expect(Bool(false), "not a dense layer") }
    let scale = Float(1.1) / (Float(0.9) + Float(0.001)).squareRoot()
    let type = FixedPointType(width: 40, integerBits: 8)
    #expect(Int128(dense.weights[0]) == DecimalText.quantize(Double(scale * Float(0.1)), to: type))
    #expect(Int128(dense.bias[0]) == DecimalText.quantize(Double(Float(0.3) - scale * Float(0.1)), to: type))
  }

  @Test func `clamps where the activation is relu6, and not where hls4ml loses a maximum`() throws {
    func rectifier(_ name: String) throws -> RectifierOperation? {
      let relu = ActivationFunction.relu(ReLUParameters(maximum: 6))
      let graph = try quantize(model(then: [(name, .activation(relu))]), "Model: {Precision: 'fixed<16,6>'}")
      guard case .rectifier(let rule) = graph.nodes.last?.operation else { return nil }
      return rule
    }
    #expect(try rectifier("fc_relu6")?.maximum == ConstantVector(6))
    #expect(try rectifier("clamp")?.maximum == nil)
  }

  @Test func `leaves out a skipped softmax`() throws {
    let graph = try quantize(
      model(then: [("fc_softmax", .activation(.softmax(axis: -1)))]),
      "Model: {Precision: 'fixed<16,6>'}\nLayerName: {fc_softmax: {Skip: true}}"
    )
    #expect(graph.nodes.map(\.name) == ["in", "fc"])
    #expect(graph[graph.outputs[0]].name == "fc")
  }

  @Test func `carries weights through decimal text`() {
    // 0.3 in float32 lies above its two decimals, 0.30; a value just below a grid point is lifted by its text.
    let type = FixedPointType(width: 8, integerBits: 4)
    #expect(DecimalText.quantize(0.49999, to: type) == 8)
    #expect(type.quantize(0.49999).raw == 7)
    #expect(DecimalText.roundTrip(1e300, digits: 3) == 1e300)
    #expect(DecimalText.quantize(2.5, to: FixedPointType(width: 8, integerBits: 8)) == 2)
  }

  // MARK: - Reuse

  @Test(arguments: [
    (16, 64, 16, 16), (16, 64, 3, 2), (16, 64, 6, 4), (16, 64, 20, 16), (10, 4, 25, 20), (10, 4, 99, 40), (7, 3, 2, 1),
    (16, 5, 16, 16),
  ])
  func `takes the nearest legal reuse factor`(inputs: Int, outputs: Int, wanted: Int, expected: Int) {
    #expect(ReuseFactors.closest(to: wanted, inputs: inputs, outputs: outputs) == expected)
  }

  @Test func `orders a saturating resource sum by the reuse factor`() throws {
    let graph = try quantize(model(), "Model: {Precision: 'fixed<16,6,RND,SAT>', Strategy: Resource, ReuseFactor: 2}")
    guard case .dense(let dense) = graph.nodes[1].operation, case .stepwise(_, let order) = dense.accumulation else {
      return #expect(Bool(false), "not a stepwise dense layer")
    }
    #expect(order == .resource(reuseFactor: 2))
  }

  // MARK: - Refusals and warnings

  @Test func `refuses what it must, with place and hint`() throws {
    let precision = "Model: {Precision: 'fixed<16,6>'"
    let softmax = model(then: [("fc_softmax", .activation(.softmax(axis: -1)))])
    let unknown = try #require(refusal(model(), "\(precision)}\nLayerName: {fc: {}, fc_linaer: {}}"))
    #expect(unknown.code == "unknown-layer")
    #expect(unknown.hint == "write 'fc_linear'")
    #expect(unknown.origin?.place == "line 2, column 21")
    #expect(refusal(model(), "Model: {}")?.code == "missing-precision")
    let shrink = model(then: [("fc_shrink", .activation(.hardShrink(threshold: 0.5)))])
    let nameless = try #require(refusal(shrink, "\(precision)}"))
    #expect(nameless.code == "unsupported-activation" && nameless.hint == "use \(option: .arithmetic, "native")")
    #expect(nameless.message == "hls4ml's arithmetic has no hard_shrink, which 'fc_shrink' computes")
    #expect(refusal(model(kernel: [.nan, 0, 0, 0]), "\(precision)}")?.code == "non-finite-weight")
    #expect(refusal(model(), "\(precision), Strategy: da, ReuseFactor: 2}")?.code == "bad-reuse-factor")
    #expect(refusal(softmax, "\(precision)}\nLayerName: {fc_softmax: {TableSize: 100}}")?.code == "bad-table-size")
    #expect(
      refusal(softmax, "Model: {Precision: 'fixed<8,3>'}\nLayerName: {fc_softmax: {InvTableSize: 1048576}}")?.code
        == "bad-table-size"
    )
    let leaky = model(then: [("act", .activation(.relu(ReLUParameters(negativeSlope: 0.1))))])
    #expect(refusal(leaky, "\(precision)}")?.code == "unsupported-relu")
  }

  @Test func `warns of hls4ml's traps`() throws {
    let log = DiagnosticLog()
    _ = try quantize(
      model(then: [
        ("clamp", .activation(.relu(ReLUParameters(maximum: 6)))), ("curve", .activation(.tanh)),
        ("probabilities", .activation(.softmax(axis: -1))),
      ]),
      """
      Model: {Precision: 'fixed<38,18>', Strategy: Resource, ReuseFactor: 3}
      LayerName: {curve: {Precision: {table: 'fixed<12,2>'}}}
      """,
      log: log
    )
    #expect(
      log.all.map(\.code).sorted()
        == ["adjusted-reuse-factor", "coarse-softmax", "ignored-precision", "ignored-relu-maximum"]
    )
    #expect(log.all.allSatisfy { $0.origin != nil })
  }
}
