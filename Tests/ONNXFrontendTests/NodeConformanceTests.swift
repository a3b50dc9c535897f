import Diagnostics
import Foundation
import ModelIR
import SwiftProtobuf
import TestSupport
import Testing

@testable import ONNXFrontend

/// The ONNX project's own tests of single operators, run through the frontend and the reference evaluation.
///
/// They give parameters as inputs of the model; here those become initialisers, as they are in real files. Tests of operators that fold
/// are evaluated on constants.
@Suite(.enabled(if: SharedData.isAvailable, SharedData.absence)) struct NodeConformanceTests {
  /// Tests of supported operators that have to be refused, and with what.
  private static let refused: [String: String] = [
    "batchnorm_epsilon_training_mode": "training-mode", "batchnorm_example_training_mode": "training-mode",
    "clip_default_int8_inbounds": "unsupported-type",
    "clip_default_int8_max": "unsupported-type", "clip_default_int8_min": "unsupported-type",
    "dropout_default_mask_ratio": "unsupported-output", "gemm_default_matrix_bias": "shape-mismatch",
    "gemm_transposeA": "unsupported-attribute", "gemm_all_attributes": "unsupported-attribute",
    "matmul_3d": "shape-mismatch", "max_int32": "unsupported-type", "selu": "unsupported-attribute",
    "selu_example": "unsupported-attribute", "training_dropout": "training-mode",
    "training_dropout_mask": "training-mode", "ai_onnx_ml_tree_ensemble_set_membership": "categorical-split",
  ]

  /// Tests that must have run, so that no mistake in this harness can pass for a refusal.
  private static let expectedToRun: Set<String> = [
    "add", "ai_onnx_ml_tree_ensemble_single_tree", "batchnorm_example", "cast_DOUBLE_to_FLOAT",
    "cast_FLOAT16_to_DOUBLE", "concat_2d_axis_1",
    "concat_3d_axis_negative_1",
    "clip", "clip_example", "constant", "constantofshape_float_ones", "div", "div_bcast", "div_example",
    "dropout_default_ratio", "elu", "elu_example",
    "flatten_axis2",
    "flatten_default_axis", "gather_0", "gather_1", "gemm_alpha", "gemm_beta",
    "gemm_default_no_bias",
    "gemm_default_scalar_bias", "gemm_default_vector_bias", "gemm_default_zero_bias", "hardsigmoid_default",
    "hardsigmoid_example",
    "identity", "leakyrelu", "leakyrelu_example", "max_example", "max_float32", "max_two_inputs",
    "mean_example",
    "mean_one_input", "mean_two_inputs", "min_example", "min_float32", "min_one_input", "mul", "mul_bcast",
    "mul_example",
    "prelu_broadcast", "relu", "reshape_extended_dims", "reshape_negative_dim", "reshape_zero_and_negative_dim",
    "selu_default", "shape",
    "shape_example", "shape_start_1_end_negative_1", "sigmoid", "sigmoid_example", "slice", "slice_neg",
    "slice_negative_axes",
    "slice_end_out_of_bounds", "softmax_example", "softmax_large_number", "softplus", "softplus_example", "softsign",
    "squeeze",
    "sub_example", "sum_example", "sum_one_input", "sum_two_inputs", "tanh", "tanh_example", "thresholdedrelu",
    "thresholdedrelu_default", "transpose_all_permutations_1", "transpose_default", "unsqueeze_axis_1",
    "unsqueeze_negative_axes",
    "unsqueeze_three_axes", "unsqueeze_two_axes", "averagepool_1d_default", "averagepool_2d_default",
    "averagepool_2d_pads_count_include_pad", "averagepool_2d_precomputed_pads",
    "averagepool_2d_precomputed_pads_count_include_pad", "averagepool_2d_precomputed_same_upper",
    "averagepool_2d_precomputed_strides", "averagepool_2d_same_lower", "averagepool_2d_same_upper",
    "averagepool_2d_strides", "basic_conv_without_padding", "constant_pad_axes", "conv_with_autopad_same",
    "gather_negative_indices", "globalaveragepool", "globalaveragepool_precomputed", "globalmaxpool",
    "globalmaxpool_precomputed", "maxpool_2d_ceil", "maxpool_2d_ceil_output_size_reduce_by_one", "maxpool_2d_default",
    "maxpool_2d_dilations", "maxpool_2d_precomputed_pads", "maxpool_2d_precomputed_same_upper", "maxpool_2d_strides",
    "reduce_max_keepdims_example", "reduce_mean_keepdims_example", "reduce_min_keepdims_random",
    "reduce_sum_do_not_keepdims_example", "reduce_sum_empty_axes_input_noop", "split_2d_uneven_split_opset18",
    "split_variable_parts_2d_opset18",
  ]

  @Test func operators() throws {
    let folder = try unpack()
    defer { try? FileManager.default.removeItem(at: folder) }
    let cases = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasPrefix("test_") }
      .sorted()
    try #require(cases.count > 400)
    var run = Set<String>()
    var refusals: [String: String] = [:]
    for name in cases {
      let test = try NodeTest(folder.appending(path: name))
      let name = String(name.dropFirst("test_".count))
      do {
        let difference = try test.run()
        #expect(difference == nil, "\(name): \(difference ?? "")")
        run.insert(name)
      } catch let error as Diagnostic {
        #expect(error.origin != nil, "\(name)")
        guard (UnsupportedOperator.supported + GraphImporter.treeOperators).contains(test.operatorType) else {
          #expect(
            error.code == "unsupported-operator" || error.code == "unsupported-opset",
            "\(name): \(error.rendered())"
          )
          continue
        }
        refusals[name] = error.code
        if let expected = Self.refused[name] { #expect(error.code == expected, "\(name): \(error.rendered())") }
      }
    }
    let missing = Self.expectedToRun.subtracting(run)
    #expect(missing.isEmpty, "\(missing.sorted().map { "\($0): \(refusals[$0] ?? "absent")" })")
    for name in Self.refused.keys.sorted() { #expect(refusals[name] != nil, "\(name) was not refused") }
    print("ONNX node tests: \(run.count) run, \(refusals.count) of supported operators refused, \(cases.count) in all")
    print("refused: \(refusals.sorted { $0.key < $1.key }.map { "\($0.key) (\($0.value))" }.joined(separator: ", "))")
  }

  private func unpack() throws -> URL {
    let folder = FileManager.default.temporaryDirectory.appending(
      path: "onnx-node-tests-\(ProcessInfo.processInfo.processIdentifier)"
    )
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let archive = SharedData.url("vectors/onnx-node-tests/tests.tar.gz")
    let tar = Process()
    tar.executableURL = URL(filePath: "/bin/tar")
    tar.arguments = ["xzf", archive.path, "-C", folder.path]
    try tar.run()
    tar.waitUntilExit()
    try #require(tar.terminationStatus == 0)
    return folder
  }
}

/// One node test: a model, its inputs and its outputs.
private struct NodeTest {
  let model: ModelProto
  let inputs: [TensorProto]
  let outputs: [ConstantTensor]
  let origin = Origin(file: "model.onnx")

  init(_ folder: URL) throws {
    func tensors(_ prefix: String) throws -> [TensorProto] {
      var result: [TensorProto] = []
      while let data = try? Data(contentsOf: folder.appending(path: "test_data_set_0/\(prefix)_\(result.count).pb")) {
        result.append(try TensorProto(serializedBytes: data))
      }
      return result
    }
    model = try ModelProto(serializedBytes: Data(contentsOf: folder.appending(path: "model.onnx")))
    inputs = try tensors("input")
    outputs = try tensors("output").compactMap { try? ConstantTensor($0, origin: Origin(file: "output.pb")) }
  }

  var operatorType: String { model.graph.node.first?.opType ?? "" }

  /// Tries the inputs as activations, then those after the first as constants, then all as constants.
  ///
  /// Returns how the result differs.
  func run() throws -> String? {
    var refusal: (any Error)?
    let joinsTensors = ["Add", "Sub", "Mul", "Sum", "Mean", "Max", "Min", "Concat"].contains(operatorType)
    for activations in Set([joinsTensors ? inputs.count : 1, 1, 0]).sorted(by: >) {
      do {
        return try run(activations: min(activations, inputs.count))
      } catch {
        if refusal == nil { refusal = error }
      }
    }
    if let refusal { throw refusal }
    return nil
  }

  private func run(activations: Int) throws -> String? {
    var model = model
    for (input, tensor) in zip(model.graph.input, inputs).dropFirst(activations) {
      var tensor = tensor
      tensor.name = input.name
      model.graph.initializer.append(tensor)
    }
    guard activations > 0 else { return try difference(folded(model), from: outputs[0].values) }
    let graph = try ONNXFrontend.load(model, file: "model.onnx", log: DiagnosticLog())
    let batch = try inputs.prefix(activations).map { try ConstantTensor($0, origin: origin) }
    let samples = batch[0].shape.first ?? 1
    var flat: [Double] = []
    for sample in 0..<samples {
      for tensor in batch {
        let size = tensor.count / samples
        flat += tensor.values[sample * size..<(sample + 1) * size]
      }
    }
    let results = ReferenceEvaluator(graph).evaluate(flat, samples: samples).outputs
    return difference(results, from: expected(samples: samples))
  }

  /// The value of the first output of a model that has no inputs.
  private func folded(_ model: ModelProto) throws -> [Double] {
    let opset = Int(model.opsetImport.first { $0.domain.isEmpty }?.version ?? 0)
    var importer = GraphImporter(model.graph, name: "test", file: "model.onnx", opset: opset, log: DiagnosticLog())
    do { try importer.run() } catch let error as Diagnostic where error.code == "constant-output" {}
    guard case .constant(let tensor)? = importer[model.graph.output.first?.name ?? ""] else {
      throw Diagnostic.error("unsupported-operator", "not folded", at: origin)
    }
    return tensor.shape == outputs.first?.shape ? tensor.values : [.nan]
  }

  /// All outputs of a sample one after the other, as the evaluation returns them.
  private func expected(samples: Int) -> [Double] {
    (0..<samples).flatMap { sample in
      outputs.flatMap { $0.values[sample * ($0.count / samples)..<(sample + 1) * ($0.count / samples)] }
    }
  }

  private func difference(_ result: [Double], from expected: [Double]) -> String? {
    guard result.count == expected.count else { return "\(result.count) values instead of \(expected.count)" }
    for (index, (a, b)) in zip(result, expected).enumerated() where !(abs(a - b) <= 1e-7 + 1e-3 * abs(b)) {
      return "\(a) instead of \(b) at \(index)"
    }
    return nil
  }
}
