import Diagnostics
import FixedPoint
import FixedPointIR
import ModelIR
import TestSupport
import Testing

@testable import Quantization

@Suite struct NativeQuantizerTests {
  /// The largest difference from the float model, over the samples.
  private func report(_ graph: FixedPointGraph, _ model: ModelGraph, _ inputs: [Double], samples: Int) -> AccuracyReport
  {
    let reference = ReferenceEvaluator(model)
    let evaluator = FixedPointEvaluator(graph)
    let outputs = (0..<samples).flatMap { sample in
      evaluator.outputs(Array(inputs[sample * reference.inputSize..<(sample + 1) * reference.inputSize]))
    }
    return AccuracyReport(
      reference: reference.evaluate(inputs, samples: samples, keeping: .outputs).outputs,
      quantized: outputs,
      outputs: reference.outputSize
    )
  }

  private static var fine: NativeOptions {
    var options = NativeOptions()
    options.weightBits = 18
    options.activationBits = 20
    options.inputBits = 20
    options.outputBits = 24
    options.provenFractionBits = 16
    options.tableBits = 14
    options.coverage = 1
    return options
  }

  @Test(arguments: 0..<60) func `with many bits the result is the float model's`(seed: Int) throws {
    var random = RandomModelGraph(seed: UInt64(seed))
    let model = random.graph(layers: 6)
    try expectTextRoundTrip(model)
    let inputs = random.inputs(samples: 20, for: model)
    for calibration in [nil, CalibrationData(inputs: inputs, samples: 20)] {
      var options = Self.fine
      if calibration == nil {
        options.inputType = FixedPointType(width: 20, integerBits: 2, rounding: .roundHalfUp, overflow: .saturate)
      }
      let graph = try NativeQuantizer.quantize(model, options: options, calibration: calibration, log: DiagnosticLog())
      let accuracy = report(graph, model, inputs, samples: 20)
      #expect(
        accuracy.maximumError < 0.01,
        "seed \(seed), calibrated \(calibration != nil), \(accuracy)\n\(graph)\n\(model)"
      )
    }
  }

  @Test(arguments: 0..<60) func `nothing wraps, and without calibration nothing saturates`(seed: Int) throws {
    var random = RandomModelGraph(seed: UInt64(1000 + seed))
    let model = random.graph(layers: 7)
    let inputs = random.inputs(samples: 10, for: model)
    let calibrated = try NativeQuantizer.quantize(
      model,
      calibration: CalibrationData(inputs: inputs, samples: 10),
      log: DiagnosticLog()
    )
    #expect(!OverflowReport(calibrated, analysis: RangeAnalysis(calibrated)).mayWrap, "seed \(seed)\n\(calibrated)")
    let proven = try NativeQuantizer.quantize(model, log: DiagnosticLog())
    let findings = OverflowReport(proven, analysis: RangeAnalysis(proven)).layers.flatMap(\.findings)
    #expect(findings.isEmpty, "seed \(seed) \(findings)\n\(proven)")
  }

  @Test func `the same model gives the same graph`() throws {
    var random = RandomModelGraph(seed: 3)
    let model = random.graph(layers: 8)
    let data = CalibrationData(inputs: random.inputs(samples: 10, for: model), samples: 10)
    let texts = try (0..<2).map { _ in
      try NativeQuantizer.quantize(model, calibration: data, log: DiagnosticLog()).description
    }
    #expect(texts[0] == texts[1])
  }

  private let origin = Origin(file: "test.h5")

  /// A dense layer of 3 inputs and 2 outputs, then one activation.
  private func network(_ function: ActivationFunction) -> ModelGraph {
    var model = ModelGraph(name: "test", source: .keras)
    let x = model.append(.input, named: "x", inputs: [], shape: [3], origin: origin)
    let kernel = ParameterTensor(shape: [3, 2], values: [0.5, -1.25, 0.75, 2, -1.5, 0.25])
    let layer = DenseLayer(kernel: kernel, bias: ParameterTensor([0.125, -0.5]))
    let dense = model.append(.dense(layer), named: "fc", inputs: [x], shape: [2], origin: origin)
    model.outputs = [model.append(.activation(function), named: "act", inputs: [dense], shape: [2], origin: origin)]
    return model
  }

  @Test func `sums go unrounded into the activation`() throws {
    let model = network(.relu(ReLUParameters()))
    let graph = try NativeQuantizer.quantize(model, log: DiagnosticLog())
    // Weights are multiples of 1/4, inputs of 1/1024: the sum stands on 1/4096.
    let sum = graph.tensors[1].types
    #expect(sum.all.allSatisfy { $0.fractionBits == 12 })
    let result = graph.tensors[2].types[0]
    #expect(!result.isSigned && result.rounding == .roundHalfUp && result.overflow == .saturate)
    guard case .dense(let dense) = graph.nodes[1].operation else { return }
    #expect(dense.weights == [2, -5, 3, 8, -6, 1] && dense.weightFractionBits == 2)
    #expect(dense.accumulation == .exact)
  }

  @Test func `a sigmoid has an entry for every argument where it can`() throws {
    var options = NativeOptions()
    options.inputType = FixedPointType(width: 5, integerBits: 2)
    options.outputBits = 8
    let model = network(.sigmoid)
    let graph = try NativeQuantizer.quantize(model, options: options, log: DiagnosticLog())
    guard case .table(let table) = graph.nodes[2].operation, case .linear(_, let shift) = table.addressing else {
      Issue.record("no table")
      return
    }
    #expect(shift == 0 && table.table.entries.count <= 1024)
    let inputs = (0..<300).map { (i: Int) -> Double in Double((i * 7) % 32 - 16) / 8 }
    #expect(report(graph, model, inputs, samples: 100).maximumError <= 1.0 / 256)
  }

  @Test func `thresholds are exact`() throws {
    let parameters = ReLUParameters(maximum: nil, negativeSlope: 0, threshold: 0.3)
    for function in [ActivationFunction.thresholdedReLU(theta: 0.3), .relu(parameters), .thresholdedReLU(theta: 0.375)]
    {
      var options = NativeOptions()
      options.inputType = FixedPointType(width: 5, integerBits: 2)
      let model = network(function)
      let graph = try NativeQuantizer.quantize(model, options: options, log: DiagnosticLog())
      let inputs = (0..<600).map { (i: Int) -> Double in Double((i * 11 + i / 32) % 32 - 16) / 8 }
      #expect(report(graph, model, inputs, samples: 200).maximumError < 0.01)
    }
  }

  /// Of every number that the argument can be, with thresholds on its grid, between its steps, below zero and beyond its range.
  @Test(arguments: [0.5, 0.3, 0.1875, 0, 1e-30, -1, 3.875, 4, 1e30], [true, false])
  func `a hard shrink is exact`(threshold: Double, isSigned: Bool) throws {
    let function = ActivationFunction.hardShrink(threshold: threshold)
    var model = ModelGraph(name: "shrink", source: .onnx)
    let x = model.append(.input, named: "x", inputs: [], shape: [1], origin: origin)
    model.outputs = [model.append(.activation(function), named: "act", inputs: [x], shape: [1], origin: origin)]
    var options = NativeOptions()
    options.inputType = FixedPointType(width: 6, integerBits: 3, isSigned: isSigned)
    let graph = try NativeQuantizer.quantize(model, options: options, log: DiagnosticLog())
    #expect(!OverflowReport(graph, analysis: RangeAnalysis(graph)).mayWrap)
    let evaluator = FixedPointEvaluator(graph)
    for raw in isSigned ? -32..<32 : 0..<64 {
      let x = Double(raw) / 8
      #expect(evaluator.outputs([x]) == [abs(x) > threshold ? x : 0], "\(x)\n\(graph)")
    }
  }

  @Test func `what cannot be is refused`() throws {
    func code(_ body: () throws -> FixedPointGraph) -> String? {
      do { _ = try body() } catch { return (error as? Diagnostic)?.code }
      return nil
    }
    let model = network(.relu(ReLUParameters(maximum: -1)))
    #expect(code { try NativeQuantizer.quantize(model, log: DiagnosticLog()) } == "unsupported-activation")
    let good = network(.tanh)
    var options = NativeOptions()
    options.weightBits = 99
    #expect(code { try NativeQuantizer.quantize(good, options: options, log: DiagnosticLog()) } == "bad-option")
    options = NativeOptions()
    options.layers["fc2"] = NativeOptions.LayerOverrides(weightBits: 4)
    #expect(code { try NativeQuantizer.quantize(good, options: options, log: DiagnosticLog()) } == "unknown-layer")
    let short = CalibrationData(inputs: [1, 2], samples: 1)
    #expect(
      code { try NativeQuantizer.quantize(good, calibration: short, log: DiagnosticLog()) } == "calibration-shape"
    )
    let broken = CalibrationData(inputs: [1, .nan, 2], samples: 1)
    #expect(
      code { try NativeQuantizer.quantize(good, calibration: broken, log: DiagnosticLog()) } == "calibration-values"
    )
    options = NativeOptions()
    options.inputType = FixedPointType(width: 120, integerBits: 60)
    #expect(code { try NativeQuantizer.quantize(good, options: options, log: DiagnosticLog()) } == "too-wide")
  }
}
