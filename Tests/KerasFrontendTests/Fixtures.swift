import DataFiles
import Diagnostics
import FoundationEssentials
import KerasFrontend
import ModelIR

/// The files beside these tests, which `Fixtures/make.py` writes with Keras itself.
enum Fixtures {
  static func bytes(_ name: String) throws -> [UInt8] {
    let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures")
    return [UInt8](try Data(contentsOf: folder.appending(path: name)))
  }

  static func array(_ name: String) throws -> NumPyArray {
    try NumPyArray(npy: bytes(name), file: name)
  }

  /// Reads a fixture by its ending; a `.json` needs its weights.
  static func load(_ name: String, weights: String? = nil, log: DiagnosticLog = DiagnosticLog()) throws -> ModelGraph {
    let contents = try bytes(name)
    if let weights {
      return try KerasFrontend.load(
        architectureJSON: contents,
        jsonFile: name,
        weightsH5: bytes(weights),
        weightsFile: weights,
        log: log
      )
    }
    return name.hasSuffix(".keras")
      ? try KerasFrontend.load(kerasArchive: contents, file: name, log: log)
      : try KerasFrontend.load(h5: contents, file: name, log: log)
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

/// The graph of an architecture with the weights of `one_layer_f4.h5` (kernel 2×3 and bias of a layer `d`).
func load(json: String, weights: String = "one_layer_f4.h5", log: DiagnosticLog = DiagnosticLog()) throws -> ModelGraph
{
  try KerasFrontend.load(
    architectureJSON: Array(json.utf8),
    jsonFile: "model.json",
    weightsH5: Fixtures.bytes(weights),
    weightsFile: weights,
    log: log
  )
}

/// A functional model of Keras 2 in which every layer reads the one before.
func chain(_ layers: [(className: String, name: String, options: String)], shape: String = "[null, 2]") -> String {
  var entries = [
    #"{"class_name":"InputLayer","name":"x","config":{"name":"x","batch_input_shape":\#(shape)},"inbound_nodes":[]}"#
  ]
  var last = "x"
  for layer in layers {
    let options = layer.options.isEmpty ? "" : "," + layer.options
    entries.append(
      #"{"class_name":"\#(layer.className)","name":"\#(layer.name)","config":{"name":"\#(layer.name)"\#(options)},"#
        + #""inbound_nodes":[[["\#(last)",0,0,{}]]]}"#
    )
    last = layer.name
  }
  return functional(entries, input: "x", output: last)
}

/// A functional model of Keras 2 from its layers' JSON.
func functional(_ layers: [String], input: String, output: String) -> String {
  #"{"class_name":"Functional","keras_version":"2.14.0","config":{"name":"m","layers":["#
    + layers.joined(separator: ",") + #"],"input_layers":[["\#(input)",0,0]],"output_layers":[["\#(output)",0,0]]}}"#
}
