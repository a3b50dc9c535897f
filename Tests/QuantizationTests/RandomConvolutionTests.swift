import Diagnostics
import FixedPointIR
import Fuzzing
import ModelIR
import Simulation
import TestSupport
import Testing

@testable import Quantization

/// Random networks of everything that looks through windows.
@Suite struct RandomConvolutionTests {
  private struct Network {
    var generator: SeededGenerator
    var model = ModelGraph(name: "random", source: .keras)
    private let origin = Origin(file: "random")

    init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

    mutating func int(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &generator) }

    mutating func tensor(_ shape: [Int]) -> ParameterTensor {
      let count = shape.reduce(1, *)
      let values = (0..<count).map { _ in Double(Float(Double.random(in: -1...1, using: &generator))) }
      return ParameterTensor(shape: shape, values: values)
    }

    /// A chain of layers after an input of one or two spatial axes.
    mutating func build(layers: Int) throws -> ModelGraph {
      let spatial = int(1...2)
      let shape = (0..<spatial).map { _ in int(4...7) } + [int(1...4)]
      var last = model.append(.input, named: "x", inputs: [], shape: shape, origin: origin)
      for index in 0..<layers {
        let operation = operation(model[last].shape, spatial: spatial)
        let rules = ShapeInference(layer: "layer\(index)", origin: origin)
        // What does not fit any more is left out.
        guard let result = try? rules.shape(of: operation, inputs: [model[last].shape], declared: [-1]) else {
          continue
        }
        last = model.append(operation, named: "layer\(index)", inputs: [last], shape: result, origin: origin)
      }
      model.outputs = [last]
      return model
    }

    private mutating func window(_ spatial: Int) -> SlidingWindow {
      SlidingWindow(
        axes: (0..<spatial).map { _ in
          let size = int(1...3)
          return SlidingWindow.Axis(
            size: size,
            stride: int(1...2),
            dilation: int(1...2),
            before: int(0...size - 1),
            after: int(0...size - 1)
          )
        }
      )
    }

    private mutating func operation(_ shape: [Int], spatial: Int) -> ModelOperator {
      let channels = shape.last ?? 1
      switch int(0...7) {
      case 0...2:
        let window = window(spatial)
        let groups = channels % 2 == 0 && int(0...1) == 0 ? [2, channels][int(0...1)] : 1
        let filters = groups * int(1...3)
        let kernel = tensor(window.axes.map(\.size) + [channels / groups, filters])
        let bias = int(0...1) == 0 ? tensor([filters]) : nil
        return .convolution(ConvolutionLayer(kernel: kernel, bias: bias, window: window, groups: groups))
      case 3:
        let kinds: [PoolingLayer.Kind] = [.maximum, .average(countsPadding: true), .average(countsPadding: false)]
        return .pool(PoolingLayer(kind: kinds[int(0...2)], window: window(spatial)))
      case 4: return .activation(.relu(ReLUParameters()))
      case 5:
        let before = shape.map { _ in int(0...1) }
        let after = shape.map { _ in int(0...1) }
        return .pad(PaddingLayer(before: before, after: after, value: int(0...1) == 0 ? 0 : -1.25))
      case 6:
        let axis = int(0...shape.count - 1)
        return .reduce(
          ReductionLayer(kind: ReductionLayer.Kind.allCases[int(0...3)], axes: [axis], keepsAxes: true)
        )
      default:
        return .batchNormalization(
          BatchNormalizationLayer(
            gamma: tensor([channels]),
            beta: tensor([channels]),
            mean: tensor([channels]),
            variance: ParameterTensor(shape: [channels], values: (0..<channels).map { _ in Double(int(1...4)) }),
            epsilon: 0.001
          )
        )
      }
    }
  }

  @Test(arguments: 1...60)
  func `all evaluators agree, near the float model`(seed: UInt64) throws {
    var network = Network(seed: seed)
    let model = try network.build(layers: network.int(1...5))
    try ModelGraphVerifier.verify(model)
    let count = model[model.inputs[0]].count
    let inputs = (0..<6 * count).map { _ in Double.random(in: -2...2, using: &network.generator) }
    var options = NativeOptions()
    options.inputBits = 14
    options.weightBits = 14
    options.activationBits = 18
    options.outputBits = 20
    let isCalibrated = network.int(0...1) == 0
    let graph = try NativeQuantizer.quantize(
      model,
      options: options,
      calibration: isCalibrated ? CalibrationData(inputs: inputs, samples: 6) : nil,
      log: DiagnosticLog()
    )
    let evaluator = ReferenceFixedPointEvaluator(graph)
    let found = (0..<6).flatMap { evaluator.outputs(for: Array(inputs[$0 * count..<($0 + 1) * count])) }
    #expect(try Simulator(graph).run(inputs, samples: 6).outputs == found)
    let expected = ReferenceEvaluator(model).evaluate(inputs, samples: 6).outputs
    let scale = max(1, expected.map(abs).max() ?? 1)
    for (a, b) in zip(found, expected) { #expect(abs(a - b) <= 1e-2 * scale, "\(model)") }
  }
}
