import Diagnostics
import FixedPoint
import FixedPointIR
import ModelIR
import Simulation
import TestSupport
import Testing

@testable import Quantization

/// The native arithmetic of layers over positions: near the float model, and the same in every evaluator.
@Suite struct NativeConvolutionTests {
  private let origin = Origin(file: "test")

  /// Numbers that look like trained ones, the same in every run.
  private func numbers(_ count: Int, _ salt: Int) -> [Double] {
    (0..<count).map { Double(($0 * 7919 + salt * 104729 + $0 * $0 * 31) % 1009 - 504) / 504 }
  }

  private func vector(_ values: [Double]) -> ParameterTensor { ParameterTensor(shape: [values.count], values: values) }

  /// A graph of one input and the given layers, each reading the one before; shapes are inferred.
  private func chain(_ shape: [Int], _ layers: [(String, ModelOperator)]) throws -> ModelGraph {
    var model = ModelGraph(name: "test", source: .keras)
    var last = model.append(.input, named: "x", inputs: [], shape: shape, origin: origin)
    for (name, operation) in layers {
      let rules = ShapeInference(layer: name, origin: origin)
      let result = try rules.shape(of: operation, inputs: [model[last].shape], declared: [-1])
      last = model.append(operation, named: name, inputs: [last], shape: result, origin: origin)
    }
    model.outputs = [last]
    return model
  }

  private func convolution(
    _ sizes: [Int],
    _ channels: Int,
    _ filters: Int,
    groups: Int = 1,
    window: [SlidingWindow.Axis]
  ) -> ModelOperator {
    let shape = sizes + [channels / groups, filters]
    return .convolution(
      ConvolutionLayer(
        kernel: ParameterTensor(shape: shape, values: numbers(shape.reduce(1, *), filters)),
        bias: vector(numbers(filters, 5)),
        window: SlidingWindow(axes: window),
        groups: groups
      )
    )
  }

  /// Quantises with wide words and compares: the fixed-point graph's own arithmetic, by the reference evaluator and by the
  /// simulator, against the float model.
  private func check(_ model: ModelGraph, tolerance: Double = 2e-3, calibrated: Bool = true) throws -> FixedPointGraph {
    try ModelGraphVerifier.verify(model)
    let count = model[model.inputs[0]].count
    let inputs = numbers(8 * count, 11)
    var options = NativeOptions()
    options.inputBits = 14
    options.weightBits = 14
    options.activationBits = 16
    options.outputBits = 18
    let graph = try NativeQuantizer.quantize(
      model,
      options: options,
      calibration: calibrated ? CalibrationData(inputs: inputs, samples: 8) : nil,
      log: DiagnosticLog()
    )
    let expected = ReferenceEvaluator(model).evaluate(inputs, samples: 8).outputs
    let evaluator = ReferenceFixedPointEvaluator(graph)
    let found = (0..<8).flatMap { evaluator.outputs(for: Array(inputs[$0 * count..<($0 + 1) * count])) }
    #expect(found.count == expected.count)
    let scale = expected.map(abs).max() ?? 1
    for (index, (a, b)) in zip(found, expected).enumerated() {
      #expect(abs(a - b) <= tolerance * max(1, scale), "element \(index): \(a), not \(b)")
    }
    #expect(try Simulator(graph).run(inputs, samples: 8).outputs == found)
    return graph
  }

  @Test(arguments: [true, false])
  func `a convolution with everything a window has`(calibrated: Bool) throws {
    let model = try chain(
      [9, 8, 3],
      [
        (
          "c",
          convolution(
            [3, 2],
            3,
            4,
            window: [.init(size: 3, stride: 2, before: 1, after: 1), .init(size: 2, dilation: 2, before: 1, after: 0)]
          )
        ), ("r", .activation(.relu(ReLUParameters()))),
      ]
    )
    let graph = try check(model, calibrated: calibrated)
    guard case .map(let map) = try #require(graph.nodes.first { $0.name == "c" }).operation else {
      Issue.record("no map")
      return
    }
    #expect(map.domain == [5, 7])
    #expect(map.body.nodes.count == 2)
  }

  @Test func `groups, channels of their own, and what comes after them`() throws {
    _ = try check(
      chain(
        [10, 4],
        [
          ("depthwise", convolution([3], 4, 8, groups: 4, window: [.init(size: 3, before: 1, after: 1)])),
          ("pointwise", convolution([1], 8, 6, window: [.init(size: 1)])),
          ("grouped", convolution([2], 6, 4, groups: 2, window: [.init(size: 2, stride: 2)])),
        ]
      )
    )
  }

  @Test func `pooling of all kinds`() throws {
    let window = SlidingWindow(axes: [.init(size: 2, stride: 2, before: 1, after: 0), .init(size: 3, stride: 2)])
    for kind in [
      PoolingLayer.Kind.maximum, .average(countsPadding: false), .average(countsPadding: true),
    ] {
      _ = try check(chain([7, 7, 2], [("p", .pool(PoolingLayer(kind: kind, window: window)))]))
    }
  }

  @Test func `reductions along any axes`() throws {
    for kind in ReductionLayer.Kind.allCases {
      for axes in [[0], [1], [0, 1], [0, 1, 2], [2]] {
        let layer = ReductionLayer(kind: kind, axes: axes, keepsAxes: false)
        _ = try check(chain([3, 5, 2], [("p", .reduce(layer))]))
      }
    }
  }

  @Test func `padding by any number`() throws {
    _ = try check(chain([3, 2], [("p", .pad(PaddingLayer(before: [1, 0], after: [2, 1], value: 0)))]))
    _ = try check(chain([3, 2], [("p", .pad(PaddingLayer(before: [1, 0], after: [0, 0], value: -2.5)))]))
  }

  @Test func `zeros around a tensor become the convolution's own`() throws {
    let layers: [(String, ModelOperator)] = [
      ("zeros", .pad(PaddingLayer(before: [1, 0], after: [2, 0]))),
      ("c", convolution([3], 2, 3, window: [.init(size: 3)])),
    ]
    let model = try chain([5, 2], layers)
    let graph = try check(model)
    #expect(graph.nodes.map(\.name) == ["x", "c"])
    let ones = try chain(
      [5, 2],
      [("ones", .pad(PaddingLayer(before: [1, 0], after: [2, 0], value: 1)))] + layers[1...]
    )
    #expect(try check(ones).nodes.map(\.name) == ["x", "ones", "c"])
  }

  @Test func `normalisations fold into convolutions`() throws {
    func normalisation(_ channels: Int) -> ModelOperator {
      .batchNormalization(
        BatchNormalizationLayer(
          gamma: vector((0..<channels).map { Double($0) + 0.5 }),
          beta: vector(numbers(channels, 3)),
          mean: vector(numbers(channels, 4)),
          variance: vector((0..<channels).map { Double($0) + 1 }),
          epsilon: 0.001
        )
      )
    }
    let valid = try chain(
      [6, 4],
      [
        ("before", normalisation(4)), ("c", convolution([3], 4, 4, groups: 2, window: [.init(size: 3)])),
        ("after", normalisation(4)),
      ]
    )
    #expect(try check(valid, tolerance: 4e-3).nodes.map(\.name) == ["x", "c"])
    // Zeros beside the tensor are not normalised.
    let same = try chain(
      [6, 4],
      [
        ("before", normalisation(4)),
        ("c", convolution([3], 4, 4, groups: 2, window: [.init(size: 3, before: 1, after: 1)])),
      ]
    )
    #expect(try check(same, tolerance: 4e-3).nodes.map(\.name) == ["x", "before", "c"])
  }
}
