import Diagnostics
import FixedPoint
import FixedPointIR
import ModelIR
import Simulation
import TestSupport
import Testing

@testable import Quantization

/// Layers over positions that the reference vectors do not hold, in hls4ml's arithmetic.
@Suite struct HLS4MLConvolutionTests {
  private let origin = Origin(file: "model.json")

  /// Numbers on a grid of 1/16, small enough that nothing overflows.
  private func numbers(_ count: Int, _ salt: Int) -> [Double] {
    (0..<count).map { Double(($0 * 7919 + salt * 104729 + $0 * $0 * 31) % 23 - 11) / 16 }
  }

  private func tensor(_ shape: [Int], _ salt: Int) -> ParameterTensor {
    ParameterTensor(shape: shape, values: numbers(shape.reduce(1, *), salt))
  }

  private typealias Layer = (name: String, layerClass: String, operation: ModelOperator)

  private func chain(_ shape: [Int], _ layers: [Layer]) throws -> ModelGraph {
    var model = ModelGraph(name: "test", source: .keras)
    var last = model.append(.input, named: "x", inputs: [], shape: shape, origin: origin)
    for layer in layers {
      let rules = ShapeInference(layer: layer.name, origin: origin)
      var declared = [-1]
      if case .gather(let sources) = layer.operation { declared = [sources.count] }
      let result = try rules.shape(of: layer.operation, inputs: [model[last].shape], declared: declared)
      last = model.append(
        layer.operation,
        named: layer.name,
        inputs: [last],
        shape: result,
        origin: origin,
        layerClass: layer.layerClass
      )
    }
    model.outputs = [last]
    try ModelGraphVerifier.verify(model)
    return model
  }

  private func convolution(
    _ shape: [Int],
    groups: Int = 1,
    hasBias: Bool = true,
    window: [SlidingWindow.Axis]
  ) -> ModelOperator {
    .convolution(
      ConvolutionLayer(
        kernel: tensor(shape, 1),
        bias: hasBias ? tensor([shape[shape.count - 1]], 2) : nil,
        window: SlidingWindow(axes: window),
        groups: groups
      )
    )
  }

  private func configuration(_ layers: String, io: String = "io_parallel") throws -> HLS4MLConfiguration {
    let yaml = """
      IOType: \(io)
      HLSConfig:
        Model: {Precision: 'fixed<16,6>', ReuseFactor: 1, Strategy: Latency}
        LayerName: {\(layers)}
      """
    return try HLS4MLDocument(parsing: yaml, file: "config.yml", log: DiagnosticLog()).configuration
  }

  /// Where all numbers stand on the grids and no type is left, hls4ml's arithmetic is exact.
  private func expectExact(_ model: ModelGraph, _ layers: String, log: DiagnosticLog = DiagnosticLog()) throws {
    let graph = try HLS4MLQuantizer.quantize(model, configuration: configuration(layers), log: log)
    let count = model[model.inputs[0]].count
    let inputs = numbers(4 * count, 3)
    let expected = ReferenceEvaluator(model).evaluate(inputs, samples: 4).outputs
    let evaluator = ReferenceFixedPointEvaluator(graph)
    let found = (0..<4).flatMap { evaluator.outputs(for: Array(inputs[$0 * count..<($0 + 1) * count])) }
    #expect(found == expected)
    #expect(try Simulator(graph).run(inputs, samples: 4).outputs == expected)
  }

  @Test func `a separable convolution is two layers with types of their own`() throws {
    let model = try chain(
      [6, 2],
      [
        (
          "s_depthwise", "SeparableConv1D",
          convolution([3, 1, 4], groups: 2, hasBias: false, window: [.init(size: 3, before: 1, after: 1)])
        ), ("s_pointwise", "SeparableConv1D", convolution([1, 4, 3], window: [.init(size: 1)])),
      ]
    )
    let layers = "s: {Precision: {default: auto, depthwise: 'fixed<9,3>', pointwise_result: 'fixed<30,9>'}}"
    let types = try HLS4MLQuantizer.resolvedTypes(model, configuration: configuration(layers), log: DiagnosticLog())
    let depthwise = try #require(types[layer: "s_depthwise"])
    #expect(depthwise.className == "DepthwiseConv1D")
    #expect(depthwise[attribute: "weight_t"]?.description == "fixed<9,3,TRN,WRAP,0>")
    #expect(depthwise[attribute: "bias_t"]?.description == "uint<1>")
    // 16 + 9 bits and two for three taps; one more, and nothing below, for the bias that is not there.
    #expect(depthwise[attribute: "result_t"]?.description == "fixed<28,12,TRN,WRAP,0>")
    let pointwise = try #require(types[layer: "s_pointwise"])
    #expect(pointwise.className == "Conv1D")
    #expect(pointwise[attribute: "weight_t"]?.description == "fixed<16,6,TRN,WRAP,0>")
    #expect(pointwise[attribute: "accum_t"]?.description == "fixed<47,21,TRN,WRAP,0>")
    #expect(pointwise[attribute: "result_t"]?.description == "fixed<30,9,TRN,WRAP,0>")
    let log = DiagnosticLog()
    try expectExact(model, layers, log: log)
    #expect(log.all.map(\.code).contains("better-than-hls4ml"))
  }

  @Test func `groups and dilation are computed as the model says`() throws {
    let model = try chain(
      [7, 6, 4],
      [
        (
          "c", "Conv2D",
          convolution(
            [2, 3, 2, 6],
            groups: 2,
            window: [.init(size: 2, stride: 2, dilation: 3, before: 1, after: 2), .init(size: 3, before: 1, after: 1)]
          )
        )
      ]
    )
    let log = DiagnosticLog()
    try expectExact(model, "c: {Precision: auto}", log: log)
    #expect(log.all.filter { $0.code == "better-than-hls4ml" }.count == 2)
  }

  @Test func `what moves elements takes the type along`() throws {
    let model = try chain(
      [3, 2],
      [
        ("zeros", "ZeroPadding1D", .pad(PaddingLayer(before: [1, 0], after: [2, 0]))),
        ("up", "UpSampling1D", .gather(sources: (0..<24).map { $0 / 4 * 2 + $0 % 2 })),
      ]
    )
    let types = try HLS4MLQuantizer.resolvedTypes(
      model,
      configuration: configuration("x: {Precision: 'fixed<12,5>'}, zeros: {Precision: auto}, up: {Precision: auto}"),
      log: DiagnosticLog()
    )
    #expect(types.layers.map(\.className) == ["Input", "ZeroPadding1D", "Resize"])
    #expect(types.layers.allSatisfy { $0[attribute: "result_t"]?.description == "fixed<12,5,TRN,WRAP,0>" })
    try expectExact(model, "x: {Precision: 'fixed<12,5>'}, zeros: {Precision: auto}, up: {Precision: auto}")
    let ones = try chain([3, 2], [("ones", "Pad", .pad(PaddingLayer(before: [1, 0], after: [0, 0], value: 0.3)))])
    #expect(throws: Diagnostic.self) {
      try HLS4MLQuantizer.quantize(ones, configuration: configuration(""), log: DiagnosticLog())
    }
  }

  /// Sums of raw values in the accumulator, divided as C divides integers, then cut to the result's bits.
  @Test func `means at borders divide by what lies inside`() throws {
    let window = SlidingWindow(axes: [.init(size: 3, before: 1, after: 1), .init(size: 3, before: 1, after: 1)])
    let pooling = PoolingLayer(kind: .average(countsPadding: false), window: window)
    let model = try chain([4, 3, 1], [("p", "AveragePooling2D", .pool(pooling))])
    let graph = try HLS4MLQuantizer.quantize(
      model,
      configuration: configuration("p: {Precision: {result: auto, accum: auto}}"),
      log: DiagnosticLog()
    )
    #expect(graph.nodes.map(\.name) == ["x", "p_sum", "p_mean", "p"])
    let raw = (0..<12).map { ($0 * 7919 + $0 * $0 * 31) % 2001 - 1000 }
    var expected: [Double] = []
    for r in 0..<4 {
      for c in 0..<3 {
        var sum = 0
        var count = 0
        for dr in -1...1 where (0..<4).contains(r + dr) {
          for dc in -1...1 where (0..<3).contains(c + dc) {
            // Four more bits below the point: nine elements.
            sum += raw[(r + dr) * 3 + c + dc] << 4
            count += 1
          }
        }
        expected.append(Double((sum / count) >> 4) / 1024)
      }
    }
    #expect(ReferenceFixedPointEvaluator(graph).outputs(for: raw.map { Double($0) / 1024 }) == expected)
  }

  @Test func `means refuse accumulators that round partial sums`() throws {
    let pooling = PoolingLayer(
      kind: .average(countsPadding: true),
      window: SlidingWindow(axes: [.init(size: 2, stride: 2)])
    )
    let model = try chain([4, 1], [("p", "AveragePooling1D", .pool(pooling))])
    let fits = try configuration("p: {Precision: {accum: 'fixed<14,4,TRN,WRAP>'}}")
    _ = try HLS4MLQuantizer.quantize(model, configuration: fits, log: DiagnosticLog())
    for type in ["fixed<14,4,TRN,SAT>", "fixed<12,6,RND_CONV,WRAP>"] {
      let configuration = try configuration("p: {Precision: {accum: '\(type)'}}")
      #expect(throws: Diagnostic.self) {
        try HLS4MLQuantizer.quantize(model, configuration: configuration, log: DiagnosticLog())
      }
    }
  }

  @Test func `global pooling has the default type`() throws {
    let reduction = ReductionLayer(kind: .maximum, axes: [0], keepsAxes: false)
    let model = try chain([4, 2], [("g", "GlobalMaxPooling1D", .reduce(reduction))])
    let layers = "x: {Precision: 'fixed<20,9>'}, g: {Precision: {result: auto, accum: auto}}"
    let types = try HLS4MLQuantizer.resolvedTypes(model, configuration: configuration(layers), log: DiagnosticLog())
    #expect(types.layers[1].className == "GlobalPooling1D")
    #expect(types.layers[1][attribute: "result_t"]?.description == "fixed<16,6,TRN,WRAP,0>")
    try expectExact(model, layers)
  }

  @Test func `streams get their padding as a layer`() throws {
    let model = try chain(
      [6, 2],
      [("c", "Conv1D", convolution([3, 2, 2], window: [.init(size: 3, before: 1, after: 1)]))]
    )
    let graph = try HLS4MLQuantizer.quantize(
      model,
      configuration: configuration("", io: "io_stream"),
      log: DiagnosticLog()
    )
    #expect(graph.nodes.map(\.name) == ["x", "zp1d_c", "c"])
  }
}
