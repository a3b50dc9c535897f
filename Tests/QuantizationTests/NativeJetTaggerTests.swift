import DataFiles
import Diagnostics
import FixedPoint
import FixedPointIR
import ModelIR
import TestSupport
import Testing

@testable import Quantization

/// Native quantisation of trained jet taggers, calibrated on one half of the samples and measured on the other.
@Suite(.enabled(if: SharedData.isAvailable, SharedData.absence)) struct NativeJetTaggerTests {
  /// The tagger of a case of vectors, from the parameters beside it.
  private func model(_ name: String) throws -> ModelGraph {
    let folder = "vectors/hls4ml/\(name)"
    let archive = try NumPyArchive(npz: SharedData.bytes("\(folder)/weights_as_written.npz"), file: folder)
    let origin = Origin(file: folder)
    var model = ModelGraph(name: name, source: .keras)
    let layers = archive.names.filter { $0.hasSuffix(".weight") }.map { String($0.dropLast(7)) }
    var tensor = TensorID(0)
    for (index, layer) in layers.enumerated() {
      let kernel = try archive.array("\(layer).weight")
      let bias = try archive.array("\(layer).bias")
      if index == 0 {
        tensor = model.append(.input, named: "input", inputs: [], shape: [kernel.shape[0]], origin: origin)
      }
      let dense = DenseLayer(
        kernel: ParameterTensor(shape: kernel.shape, values: kernel.values),
        bias: ParameterTensor(shape: bias.shape, values: bias.values)
      )
      tensor = model.append(.dense(dense), named: layer, inputs: [tensor], shape: bias.shape, origin: origin)
      let isLast = index == layers.count - 1
      let function = isLast ? ActivationFunction.softmax(axis: 0) : .relu(ReLUParameters())
      tensor = model.append(
        .activation(function),
        named: layer + "_activation",
        inputs: [tensor],
        shape: bias.shape,
        origin: origin
      )
    }
    model.outputs = [tensor]
    return model
  }

  private func accuracy(_ name: String, _ options: NativeOptions, calibrated: Bool = true) throws -> AccuracyReport {
    let model = try model(name)
    let inputs = try SharedData.array("vectors/hls4ml/\(name)/inputs.npy")
    let float = try SharedData.array("vectors/hls4ml/\(name)/float.npy")
    let size = inputs.count / inputs.shape[0]
    let half = inputs.shape[0] / 2
    let calibration = CalibrationData(inputs: Array(inputs.values[..<(half * size)]), samples: half)
    let graph = try NativeQuantizer.quantize(
      model,
      options: options,
      calibration: calibrated ? calibration : nil,
      log: DiagnosticLog()
    )
    let evaluator = FixedPointEvaluator(graph)
    let outputs = (half..<inputs.shape[0]).flatMap { sample in
      evaluator.outputs(Array(inputs.values[sample * size..<(sample + 1) * size]))
    }
    let outputSize = float.count / inputs.shape[0]
    return AccuracyReport(
      reference: Array(float.values[(half * outputSize)...]),
      quantized: outputs,
      outputs: outputSize
    )
  }

  @Test(arguments: ["KERAS_3layer", "KERAS_3layer_70pruned"], [true, false])
  func `the decision is the float model's`(name: String, calibrated: Bool) throws {
    let report = try accuracy(name, NativeOptions(), calibrated: calibrated)
    #expect((report.argmaxAgreement ?? 0) >= (calibrated ? 0.99 : 0.97), "\(report)")
    #expect(report.meanError < (calibrated ? 0.006 : 0.012) && report.maximumError < 0.1, "\(report)")
  }
}
