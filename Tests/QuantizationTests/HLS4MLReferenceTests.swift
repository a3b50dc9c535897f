import DataFiles
import Diagnostics
import FixedPoint
import FixedPointIR
import FoundationEssentials
import KerasFrontend
import ModelIR
import ONNXFrontend
import Simulation
import TestSupport
import Testing

@testable import Quantization

/// A folder with a configuration, inputs and another tool's exact outputs.
struct ReferenceCase: CustomTestStringConvertible, Sendable {
  let path: String
  /// Samples that are compared where the environment does not ask for all of them.
  var samples = 20
  /// How many samples the trace of the layers has.
  var tracedSamples = 20

  /// `ALL_SAMPLES=1 swift test --filter HLS4MLReferenceTests` takes minutes.
  static let comparesAll = ProcessInfo.processInfo.environment["ALL_SAMPLES"] != nil

  var testDescription: String { path }

  /// The configuration, and the model that it names.
  func load(log: DiagnosticLog) throws -> (document: HLS4MLDocument, model: ModelGraph) {
    let yaml = String(decoding: try SharedData.bytes("\(path)/config.yml"), as: UTF8.self)
    let document = try HLS4MLDocument(parsing: yaml, file: "\(path)/config.yml", log: log)
    if path.contains("act_zoo") { return (document, try ActivationZoo.model()) }
    switch try #require(document.model) {
    case .kerasJSON(let architecture, let weights):
      let model = try KerasFrontend.load(
        architectureJSON: SharedData.bytes("\(path)/\(architecture)"),
        jsonFile: architecture,
        weightsH5: SharedData.bytes("\(path)/\(weights)"),
        weightsFile: weights,
        log: log
      )
      return (document, model)
    case .onnx(let file):
      return (
        document, try ONNXFrontend.load(SharedData.bytes("\(path)/\(file)"), file: file, names: .hls4ml, log: log)
      )
    case .kerasH5(let file), .kerasModel(let file):
      return (document, try KerasFrontend.load(h5: SharedData.bytes("\(path)/\(file)"), file: file, log: log))
    }
  }

  static let hls4ml =
    [
      "KERAS_3layer", "KERAS_3layer__auto", "KERAS_3layer__auto_norm", "KERAS_3layer__latency", "KERAS_3layer__legacy",
      "KERAS_3layer__perlayer", "KERAS_3layer__resource", "KERAS_3layer__rndsat", "KERAS_3layer__stream",
      "KERAS_3layer__trn8", "KERAS_3layer_70pruned", "act_zoo", "act_zoo__mixed", "onnx_three_layer_pytorch",
      "merge_ops__auto", "qkeras_3layer", "KERAS_conv1d_small", "KERAS_conv2d_model", "pool1d__auto", "pool1d__stream",
      "pool2d__auto", "rnn_gru", "rnn_gru__auto", "rnn_lstm", "rnn_lstm__auto",
    ].map { ReferenceCase(path: "vectors/hls4ml/\($0)") }
    + [ReferenceCase(path: "vectors/hls4ml/KERAS_dense_16x100x100x100x100x100x5", samples: 3)]
    + [ReferenceCase(path: "vectors/hls4ml/jetTagger_Conv2D_Small", samples: 3)]
    + [ReferenceCase(path: "vectors/hls4ml/qkeras_mnist_cnn", samples: 1, tracedSamples: 5)]

  /// Those with kernels over positions.
  static let windowed = [
    "hls4ml/KERAS_conv1d_small", "hls4ml/KERAS_conv2d_model", "hls4ml/jetTagger_Conv2D_Small", "hls4ml/pool1d__auto",
    "hls4ml/pool1d__stream", "hls4ml/pool2d__auto", "hls4ml/qkeras_mnist_cnn", "deployed/CICADA_v2p2p0",
  ].map { ReferenceCase(path: "vectors/\($0)") }

  static let all =
    hls4ml
    + ["deployed/AXOL1TL_v3", "deployed/CICADA_v2p2p0", "adder-graphs/p70_f6", "adder-graphs/dense_f6"].map {
      ReferenceCase(path: "vectors/\($0)")
    }
}

@Suite(.enabled(if: SharedData.isAvailable, SharedData.absence))
struct HLS4MLReferenceTests {
  @Test(arguments: ReferenceCase.all)
  func `computes the expected bits`(reference: ReferenceCase) throws {
    let log = DiagnosticLog()
    let (document, model) = try reference.load(log: log)
    let graph = try HLS4MLQuantizer.quantize(model, configuration: document.configuration, log: log)
    let inputs = try SharedData.array("\(reference.path)/inputs.npy")
    let expected = try SharedData.array("\(reference.path)/expected.npy")
    #expect(expected.count / expected.shape[0] == graph.outputCount)
    let evaluator = ReferenceFixedPointEvaluator(graph)
    let samples = ReferenceCase.comparesAll ? inputs.shape[0] : min(reference.samples, inputs.shape[0])
    var mismatches = 0
    for sample in 0..<samples {
      let outputs = evaluator.outputs(for: row(sample, of: inputs))
      mismatches += zip(outputs, row(sample, of: expected)).count { $0 != $1 }
    }
    #expect(mismatches == 0)
  }

  @Test(arguments: ReferenceCase.windowed)
  func `simulates the expected bits of all samples`(reference: ReferenceCase) throws {
    let (document, model) = try reference.load(log: DiagnosticLog())
    let graph = try HLS4MLQuantizer.quantize(model, configuration: document.configuration, log: DiagnosticLog())
    let inputs = try SharedData.array("\(reference.path)/inputs.npy")
    let expected = try SharedData.array("\(reference.path)/expected.npy")
    let result = try Simulator(graph).run(inputs.values, samples: inputs.shape[0])
    #expect(result.outputs == expected.values)
  }

  @Test(arguments: ReferenceCase.hls4ml)
  func `computes every layer's bits`(reference: ReferenceCase) throws {
    let (document, model) = try reference.load(log: DiagnosticLog())
    let graph = try HLS4MLQuantizer.quantize(model, configuration: document.configuration, log: DiagnosticLog())
    let inputs = try SharedData.array("\(reference.path)/inputs.npy")
    let trace = try NumPyArchive(
      npz: SharedData.bytes("\(reference.path)/trace_first\(reference.tracedSamples).npz"),
      file: reference.path
    )
    let evaluator = ReferenceFixedPointEvaluator(graph)
    let layers = Dictionary(uniqueKeysWithValues: graph.tensors.enumerated().map { ($1.name, $0) })
    for name in trace.names {
      #expect(layers[name] != nil, "no layer '\(name)'")
    }
    for sample in 0..<3 {
      let values = evaluator.tensors(for: row(sample, of: inputs))
      for name in trace.names {
        guard let index = layers[name] else { continue }
        #expect(values[index].map(\.double) == row(sample, of: try trace.array(name)), "layer '\(name)'")
      }
    }
  }

  @Test(arguments: ReferenceCase.hls4ml)
  func `settles on hls4ml's types`(reference: ReferenceCase) throws {
    let (document, model) = try reference.load(log: DiagnosticLog())
    let resolved = try HLS4MLQuantizer.resolvedTypes(
      model,
      configuration: document.configuration,
      log: DiagnosticLog()
    )
    let expected = try JSONDecoder().decode(
      ExpectedTypes.self,
      from: Data(try SharedData.bytes("\(reference.path)/resolved_types.json"))
    )
    #expect(resolved.layers.map(\.name) == expected.layers.map(\.name))
    for layer in expected.layers {
      let ours = try #require(resolved[layer: layer.name])
      // index_t belongs to compressed weights; scale_precision only repeats scale_t.
      for (name, type) in layer.types where !["index_t", "scale_precision"].contains(name) {
        #expect(ours[attribute: name]?.description == type.precision, "\(layer.name): \(name)")
      }
      #expect(ours.className == layer.class_name)
      #expect(ours.tableSize == layer.attributes.table_size?.value, "\(layer.name): table size")
      #expect(ours.reuseFactor == layer.attributes.reuse_factor ?? ours.reuseFactor)
      if let strategy = layer.attributes.strategy { #expect(ours.strategy?.rawValue == strategy) }
    }
  }

  @Test(arguments: ["KERAS_3layer", "KERAS_3layer__perlayer", "onnx_three_layer_pytorch"])
  func `writes weights as hls4ml does`(name: String) throws {
    let reference = ReferenceCase(path: "vectors/hls4ml/\(name)")
    let (document, model) = try reference.load(log: DiagnosticLog())
    let resolved = try HLS4MLQuantizer.resolvedTypes(
      model,
      configuration: document.configuration,
      log: DiagnosticLog()
    )
    let written = try NumPyArchive(
      npz: SharedData.bytes("\(reference.path)/weights_as_written.npz"),
      file: reference.path
    )
    for node in model.nodes {
      guard case .dense(let dense) = node.operation else { continue }
      let type = try #require(resolved[layer: node.name]?[attribute: "weight_t"])
      let ours = dense.kernel.values.map { DecimalText.roundTrip($0, digits: max(0, type.fractionBits)) }
      #expect(ours == (try written.array("\(node.name).weight")).values, "\(node.name)")
    }
  }

  private func row(_ sample: Int, of array: NumPyArray) -> [Double] {
    let size = array.count / array.shape[0]
    return Array(array.values[sample * size..<(sample + 1) * size])
  }
}

/// The part of a case's `resolved_types.json` that is compared.
private struct ExpectedTypes: Decodable {
  struct Layer: Decodable {
    struct Named: Decodable { let precision: String }
    // swift-format-ignore: AlwaysUseLowerCamelCase
    struct Attributes: Decodable {
      let table_size: TableSize?
      let reuse_factor: Int?
      let strategy: String?
    }
    let name: String
    // swift-format-ignore: AlwaysUseLowerCamelCase
    let class_name: String
    let types: [String: Named]
    let attributes: Attributes
  }
  let layers: [Layer]
}

/// A number that hls4ml writes as text once it has corrected it.
private struct TableSize: Decodable {
  let value: Int

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let number = try? container.decode(Int.self) {
      value = number
    } else {
      value = Int(try container.decode(String.self)) ?? 0
    }
  }
}
