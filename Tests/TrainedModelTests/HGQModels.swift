import Diagnostics
import FixedPoint
import ModelIR
import Quantization

@testable import KerasFrontend

/// Weights that a test makes up, by path below a layer's name: `d/kq/quantizer`.
struct MadeUpWeights: KerasWeights {
  var arrays: [String: [StoredArray]] = [:]

  private func key(_ layer: LayerAddress, _ path: [String]) -> String {
    ([layer.name] + path).joined(separator: "/")
  }

  func arrayCount(of layer: LayerAddress, inside path: [String]) throws -> Int {
    arrays[key(layer, path)]?.count ?? 0
  }

  func arrays(of layer: LayerAddress, inside path: [String], named names: [String]) throws -> [StoredArray] {
    let found = arrays[key(layer, path)] ?? []
    guard found.count == names.count else {
      throw Diagnostic.error("unexpected-weights", "\(key(layer, path)) has \(found.count) of \(names)")
    }
    return found
  }

  func parameters(of layer: LayerAddress, _ requests: [WeightRequest]) throws -> [ParameterTensor] {
    try arrays(of: layer, inside: [], named: requests.map(\.name)).map {
      ParameterTensor(shape: $0.shape, values: $0.values)
    }
  }

  /// The variables of a quantiser, in the order of HGQ2.
  mutating func set(_ path: String, k: StoredArray, i: StoredArray, f: StoredArray, overflow: String = "WRAP") {
    arrays[path] =
      overflow == "WRAP" ? [f, k, i, .floats([], [.infinity])] : [i, f, k]
  }
}

extension StoredArray {
  static func floats(_ shape: [Int], _ values: [Double]) -> StoredArray {
    StoredArray(shape: shape, values: values, isInteger: false, precision: .float32)
  }

  static func integers(_ shape: [Int], _ values: [Double]) -> StoredArray {
    StoredArray(shape: shape, values: values, isInteger: true, precision: .float64)
  }
}

/// A sequential model of HGQ layers as JSON.
enum HGQModel {
  static func quantizer(
    _ overflow: String = "WRAP",
    rounding: String = "RND",
    type: String = "kif",
    isWeight: Bool = false,
    more: String = ""
  ) -> String {
    #"{"class_name":"QuantizerConfig","config":{"q_type":"\#(type)","round_mode":"\#(rounding)","#
      + #""overflow_mode":"\#(overflow)","is_weight":\#(isWeight),"trainable":true\#(more.isEmpty ? "" : "," + more)}}"#
  }

  static func layer(_ className: String, _ name: String, package: String? = "hgq", _ options: String) -> String {
    let registered = package.map { #""registered_name":"\#($0)>\#(className)","# } ?? ""
    return
      #"{"class_name":"\#(className)",\#(registered)"config":{"name":"\#(name)"\#(options.isEmpty ? "" : ",")\#(options)}}"#
  }

  /// A functional model of one layer that reads several inputs.
  static func join(_ shapes: [[Int]], _ layer: String, weights: MadeUpWeights = MadeUpWeights()) throws -> ModelGraph {
    let inputs = shapes.enumerated().map { index, shape in
      #"{"class_name":"InputLayer","config":{"name":"x\#(index)","batch_shape":[null,"#
        + shape.map(String.init).joined(separator: ",") + #"]},"inbound_nodes":[]}"#
    }
    let reads = shapes.indices.map {
      #"{"class_name":"__keras_tensor__","config":{"keras_history":["x\#($0)",0,0]}}"#
    }
    let call = #","inbound_nodes":[{"args":[["# + reads.joined(separator: ",") + #"]],"kwargs":{"mask":null}}]}"#
    let references = shapes.indices.map { #"["x\#($0)",0,0]"# }.joined(separator: ",")
    let json =
      #"{"class_name":"Functional","config":{"name":"m","layers":["#
      + (inputs + [layer.dropLast() + call]).joined(separator: ",")
      + #"],"input_layers":[\#(references)],"output_layers":[["j",0,0]]}}"#
    return try build(json, weights, DiagnosticLog())
  }

  static func graph(
    shape: String,
    layers: [String],
    weights: MadeUpWeights,
    log: DiagnosticLog = DiagnosticLog()
  ) throws -> ModelGraph {
    let input = #"{"class_name":"InputLayer","config":{"name":"x","batch_shape":\#(shape)}}"#
    let json =
      #"{"class_name":"Sequential","config":{"name":"m","layers":["# + ([input] + layers).joined(separator: ",")
      + "]}}"
    return try build(json, weights, log)
  }

  private static func build(_ json: String, _ weights: MadeUpWeights, _ log: DiagnosticLog) throws -> ModelGraph {
    let origin = Origin(file: "model.keras")
    let model = try KerasModelParser(origin: origin).parse(JSONValue(parsing: Array(json.utf8), origin: origin))
    try model.checkSupport()
    var builder = ModelGraphBuilder(model, generation: .three, weights: weights, log: log)
    return try builder.build(model)
  }
}

/// What a body throws, which must be a ``Diagnostic``.
func diagnostic<Result>(of body: () throws -> Result) -> Diagnostic? {
  do {
    _ = try body()
    return nil
  } catch {
    return error as? Diagnostic
  }
}
