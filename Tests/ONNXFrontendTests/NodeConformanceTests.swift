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
  /// Tests that have to be refused, and with what.
  private static let refused: [String: String] = [
    "batchnorm_epsilon_training_mode": "training-mode", "batchnorm_example_training_mode": "training-mode",
    "training_dropout": "training-mode", "training_dropout_default": "training-mode",
    "training_dropout_mask": "training-mode",
    "lstm_with_peepholes": "unsupported-recurrence",
  ]

  /// Tests whose expected numbers wrap around where the standard says that they saturate.
  private static let disputed: Set<String> = [
    "qlinearmatmul_2D_int8_float16", "qlinearmatmul_3D_int8_float16", "qlinearmatmul_3D_int8_float32",
  ]

  /// Tests that must have run as layers, so that no mistake in this harness can pass for a refusal.
  private static let expectedAsLayers: Set<String> = [
    "add", "ai_onnx_ml_tree_ensemble_single_tree", "batchnorm_example", "cast_DOUBLE_to_FLOAT",
    "cast_FLOAT16_to_DOUBLE", "concat_2d_axis_1",
    "concat_3d_axis_negative_1",
    "clip", "clip_example", "div_bcast",
    "dropout_default_ratio", "elu", "elu_example",
    "flatten_default_axis", "gather_1", "gemm_alpha", "gemm_beta",
    "gemm_default_no_bias",
    "gemm_default_scalar_bias", "gemm_default_vector_bias", "gemm_default_zero_bias", "hardsigmoid_default",
    "hardsigmoid_example",
    "identity", "leakyrelu", "leakyrelu_example", "max_example", "max_float32", "max_two_inputs",
    "mean_example",
    "mean_one_input", "mean_two_inputs", "min_example", "min_float32", "min_one_input", "mul", "mul_bcast",
    "mul_example",
    "prelu_broadcast", "relu", "reshape_extended_dims", "reshape_negative_dim", "reshape_zero_and_negative_dim",
    "selu_default",
    "sigmoid", "sigmoid_example", "slice_neg",
    "slice_end_out_of_bounds", "softmax_example", "softmax_large_number", "softplus", "softplus_example", "softsign",
    "sub_example", "sum_example", "sum_one_input", "sum_two_inputs", "tanh", "tanh_example", "thresholdedrelu",
    "thresholdedrelu_default", "transpose_all_permutations_1", "unsqueeze_axis_1",
    "unsqueeze_negative_axes",
    "unsqueeze_three_axes", "unsqueeze_two_axes", "averagepool_1d_default", "averagepool_2d_default",
    "averagepool_2d_pads_count_include_pad", "averagepool_2d_precomputed_pads",
    "averagepool_2d_precomputed_pads_count_include_pad", "averagepool_2d_precomputed_same_upper",
    "averagepool_2d_precomputed_strides", "averagepool_2d_same_lower", "averagepool_2d_same_upper",
    "averagepool_2d_strides", "basic_conv_without_padding", "constant_pad_axes", "conv_with_autopad_same",
    "globalaveragepool", "globalaveragepool_precomputed", "globalmaxpool",
    "globalmaxpool_precomputed", "maxpool_2d_ceil", "maxpool_2d_ceil_output_size_reduce_by_one", "maxpool_2d_default",
    "maxpool_2d_dilations", "maxpool_2d_precomputed_pads", "maxpool_2d_precomputed_same_upper", "maxpool_2d_strides",
    "reduce_max_keepdims_example", "reduce_mean_keepdims_example", "reduce_min_keepdims_random",
    "reduce_sum_do_not_keepdims_example", "reduce_sum_empty_axes_input_noop", "split_2d_uneven_split_opset18",
    "split_variable_parts_2d_opset18", "lstm_defaults",
    "lstm_with_initial_bias", "gru_batchwise", "gru_seq_length", "rnn_seq_length", "simple_rnn_batchwise",
  ]

  @Test func operators() throws {
    let folder = try unpack()
    defer { try? FileManager.default.removeItem(at: folder) }
    let cases = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasPrefix("test_") }
      .sorted()
    try #require(cases.count > 400)
    var run: [String: Way] = [:]
    var refusals: [String: String] = [:]
    for name in cases {
      let test = try NodeTest(folder.appending(path: name))
      let name = String(name.dropFirst("test_".count))
      do {
        let (difference, way) = try test.run()
        if Self.disputed.contains(name) {
          #expect(difference != nil, "\(name) is not disputed any more")
        } else {
          #expect(difference == nil, "\(name): \(difference ?? "")")
          run[name] = way
        }
      } catch let error as Diagnostic {
        #expect(error.origin != nil, "\(name)")
        refusals[name] = error.code
      }
    }
    #expect(refusals == Self.refused)
    let missing = Self.expectedAsLayers.filter { run[$0] != .asLayers }.sorted()
    #expect(missing.isEmpty, "\(missing.map { "\($0): \(run[$0].map { "\($0)" } ?? refusals[$0] ?? "absent")" })")
    // At least nine of ten, and none crashes.
    #expect(run.count * 10 >= cases.count * 9)
    let layers = run.values.count { $0 == .asLayers }
    print("ONNX node tests: \(layers) as layers, \(run.count - layers) on constants, of \(cases.count)")
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

/// How a test was run.
private enum Way { case asLayers, onConstants }

/// One node test: a model, its inputs and its outputs.
private struct NodeTest {
  let model: ModelProto
  let inputs: [TensorProto]
  /// Nil where the elements are no numbers.
  let outputs: [ConstantTensor?]
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
    outputs = try tensors("output").map { try? ConstantTensor($0, origin: Origin(file: "output.pb")) }
  }

  var operatorType: String { model.graph.node.first?.opType ?? "" }

  /// Tries the inputs as activations, then those after the first as constants, then all as constants.
  ///
  /// Returns how the result differs.
  func run() throws -> (difference: String?, way: Way) {
    var refusal: (any Error)?
    let joinsTensors = ["Add", "Sub", "Mul", "Sum", "Mean", "Max", "Min", "Concat"].contains(operatorType)
    for activations in Set([joinsTensors ? inputs.count : 1, 1, 0]).sorted(by: >) {
      let count = min(activations, inputs.count)
      do {
        return (try run(activations: count), count > 0 ? .asLayers : .onConstants)
      } catch {
        if refusal == nil { refusal = error }
      }
    }
    if let refusal { throw refusal }
    return ("it was not run", .onConstants)
  }

  private func run(activations: Int) throws -> String? {
    var model = model
    var outputs = outputs
    if activations > 0, isStepsFirst { putBatchFirst(&model, &outputs) }
    for (input, tensor) in zip(model.graph.input, inputs).dropFirst(activations) {
      var tensor = tensor
      tensor.name = input.name
      model.graph.initializer.append(tensor)
    }
    guard activations > 0 else { return try foldedDifference(model) }
    let graph = try ONNXFrontend.load(model, file: "model.onnx", log: DiagnosticLog())
    var batch = try inputs.prefix(activations).map { try ConstantTensor($0, origin: origin) }
    if isStepsFirst, let turned = batch[0].transposed([1, 0, 2]) { batch[0] = turned }
    let samples = batch[0].shape.first ?? 1
    var flat: [Double] = []
    for sample in 0..<samples {
      for tensor in batch {
        let size = tensor.count / samples
        flat += tensor.values[sample * size..<(sample + 1) * size]
      }
    }
    let results = ReferenceEvaluator(graph).evaluate(flat, samples: samples).outputs
    return difference(results, from: expected(outputs, samples: samples))
  }

  /// Whether the operator takes steps before events, which no model as a whole does.
  private var isStepsFirst: Bool {
    guard RecurrentOperator(rawValue: operatorType) != nil, let node = model.graph.node.first else { return false }
    return node.attribute.first { $0.name == "layout" }?.i ?? 0 == 0
  }

  /// The operator between transpositions, as exporters write it: events first outside, and in what is expected.
  private func putBatchFirst(_ model: inout ModelProto, _ outputs: inout [ConstantTensor?]) {
    func transpose(_ input: String, _ output: String, _ order: [Int]) -> NodeProto {
      var node = NodeProto()
      node.opType = "Transpose"
      (node.input, node.output) = ([input], [output])
      node.attribute = [.ints("perm", order)]
      return node
    }
    var node = model.graph.node[0]
    let input = node.input[0]
    model.graph.input[0].type.tensorType.shape.dim.swapAt(0, 1)
    node.input[0] = "steps first"
    var turned = [transpose(input, "steps first", [1, 0, 2])]
    var after: [NodeProto] = []
    for (index, name) in node.output.enumerated() where !name.isEmpty {
      let order = index == 0 ? [2, 0, 1, 3] : [1, 0, 2]
      node.output[index] = "\(name) as made"
      after.append(transpose("\(name) as made", name, order))
      if let place = model.graph.output.firstIndex(where: { $0.name == name }) {
        outputs[place] = outputs[place]?.transposed(order)
      }
    }
    turned.append(node)
    model.graph.node = turned + after
  }

  /// How the constants that a model without inputs computes differ.
  private func foldedDifference(_ model: ModelProto) throws -> String? {
    let opset = Int(model.opsetImport.first { $0.domain.isEmpty }?.version ?? 0)
    var importer = GraphImporter(model.graph, name: "test", file: "model.onnx", opset: opset, log: DiagnosticLog())
    do { try importer.run() } catch let error as Diagnostic where error.code == "constant-output" {}
    for (info, expected) in zip(model.graph.output, outputs) {
      guard case .constant(let tensor)? = importer[info.name], let expected else {
        throw Diagnostic.error("unsupported-operator", "not folded", at: origin)
      }
      guard tensor.shape == expected.shape else { return "the shape \(tensor.shape) instead of \(expected.shape)" }
      if let difference = difference(tensor.values, from: expected.values) { return "\(info.name): \(difference)" }
    }
    return nil
  }

  /// All outputs of a sample one after the other, as the evaluation returns them.
  private func expected(_ outputs: [ConstantTensor?], samples: Int) -> [Double] {
    (0..<samples).flatMap { sample in
      outputs.compactMap { $0 }.flatMap {
        $0.values[sample * ($0.count / samples)..<(sample + 1) * ($0.count / samples)]
      }
    }
  }

  private func difference(_ result: [Double], from expected: [Double]) -> String? {
    guard result.count == expected.count else { return "\(result.count) values instead of \(expected.count)" }
    for (index, (a, b)) in zip(result, expected).enumerated() where a != b && !(abs(a - b) <= 1e-7 + 1e-3 * abs(b)) {
      return "\(a) instead of \(b) at \(index)"
    }
    return nil
  }
}
