import Diagnostics
import ModelIR
import TestSupport
import Testing

/// The last node of a chain after an input of two elements.
private func last(_ className: String, _ options: String, shape: String = "[null, 2]") throws -> ModelNode {
  let graph = try load(json: chain([(className, "l", options)], shape: shape))
  return try #require(graph.nodes.last)
}

@Suite struct LayerReadingTests {
  @Test(arguments: [
    ("\"linear\"", "linear(%0)"), ("null", "linear(%0)"), ("\"relu6\"", "relu(%0) maximum 6.0"),
    ("\"leaky_relu\"", "leaky_relu(%0) alpha 0.2"), ("\"hard_sigmoid\"", "hard_sigmoid(%0) slope 0.2 shift 0.5"),
    ("\"hard_tanh\"", "hard_tanh(%0) slope 0.5 shift 0.5"), ("\"hard_shrink\"", "hard_shrink(%0) threshold 0.5"),
    (
      #"{"class_name":"function","config":"hard_shrink","registered_name":"hard_shrink"}"#,
      "hard_shrink(%0) threshold 0.5"
    ),
    ("\"softmax\"", "softmax(%0) axis 0"),
    (#"{"class_name":"function","config":"selu","registered_name":"selu"}"#, "selu(%0)"),
    (#"{"class_name":"LeakyReLU","config":{"name":"r","alpha":0.5}}"#, "leaky_relu(%0) alpha 0.5"),
    (
      #"{"class_name":"ReLU","config":{"max_value":4.0,"negative_slope":0.25}}"#,
      "relu(%0) maximum 4.0 negative slope 0.25"
    ),
  ])
  func readsActivations(value: String, text: String) throws {
    let graph = try load(json: chain([("Activation", "l", "\"activation\":\(value)")]))
    #expect(graph.summary.contains("l [2] = \(text)\n"), "\(graph)")
  }

  @Test func embeddedActivationsBecomeNodes() throws {
    let names = [
      ("\"relu\"", "d_relu"), ("\"linear\"", "d_linear"), ("null", "d_linear"),
      (#"{"class_name":"ELU","config":{"alpha":0.5}}"#, "d_ELU"), ("\"hard_shrink\"", "d_hard_shrink"),
    ]
    for (value, name) in names {
      let graph = try load(json: chain([("Dense", "d", "\"units\":3,\"activation\":\(value)")]))
      #expect(graph.nodes.map(\.name) == ["x", "d", name])
      #expect(graph.parameterCount == 9)
    }
  }

  @Test func derivedNamesMakeWayForLayers() throws {
    let json = chain([
      ("Dense", "d", "\"units\":3,\"activation\":\"relu\""), ("Activation", "d_relu", "\"activation\":\"tanh\""),
    ])
    #expect(try load(json: json).nodes.map(\.name) == ["x", "d", "d_relu_2", "d_relu"])
  }

  @Test func layersOfTrainingVanish() throws {
    let names = [
      "Dropout", "SpatialDropout1D", "GaussianNoise", "GaussianDropout", "AlphaDropout", "ActivityRegularization",
    ]
    let log = DiagnosticLog()
    let graph = try load(json: chain(names.map { ($0, $0, "\"rate\":0.5") } + [("Flatten", "f", "")]), log: log)
    #expect(graph.nodes.map(\.name) == ["x", "f"])
    #expect(log.all.isEmpty)
  }

  @Test(arguments: [
    ("[null, 4, 3]", "\"target_shape\":[-1]", [12]), ("[null, 4, 3]", "\"target_shape\":[2,-1,3]", [2, 2, 3]),
    ("[null, 4, 3]", "\"target_shape\":[6,2]", [6, 2]),
  ])
  func reshapes(shape: String, options: String, result: [Int]) throws {
    let graph = try load(json: chain([("Reshape", "l", options)], shape: shape))
    #expect(graph[graph.outputs[0]].shape == result)
  }

  @Test(arguments: [
    ("Softmax", "\"axis\":1", "softmax(%0) axis 0"), ("Softmax", "\"axis\":[-1]", "softmax(%0) axis 1"),
    ("ELU", "", "elu(%0) alpha 1.0"), ("LeakyReLU", "", "leaky_relu(%0) alpha 0.3"),
    ("LeakyReLU", "\"negative_slope\":0.125", "leaky_relu(%0) alpha 0.125"),
    ("ThresholdedReLU", "\"theta\":0.5", "thresholded_relu(%0) theta 0.5"),
    ("ReLU", "\"max_value\":null,\"threshold\":1", "relu(%0) threshold 1.0"),
    ("Flatten", "\"data_format\":\"channels_last\"", "reshape(%0)"),
  ])
  func readsLayers(className: String, options: String, text: String) throws {
    let graph = try load(json: chain([(className, "l", options)], shape: "[null, 4, 3]"))
    #expect(graph.summary.contains("] = \(text)\n"), "\(graph)")
  }

  @Test func unknownOptionsAreReported() throws {
    let log = DiagnosticLog()
    _ = try load(
      json: chain([("Flatten", "f", "\"frobnicate\":3,\"kernel_constraint\":{\"a\":1},\"off\":false")]),
      log: log
    )
    #expect(log.all.map(\.code) == ["ignored-option"])
    #expect(log.all.first?.message == "'f' sets the option 'frobnicate', which has no effect here")
  }

  @Test(arguments: [
    ("Dense", "\"units\":3,\"lora_rank\":4", "[null, 2]"), ("Dense", "\"units\":3,\"dtype\":\"int8\"", "[null, 2]"),
    ("Dense", #""units":3,"dtype":{"class_name":"QuantizedDTypePolicy","config":{"mode":"int8"}}"#, "[null, 2]"),
    ("Dense", #""units":3,"quantization_config":{"class_name":"Int8"}"#, "[null, 2]"),
    ("Flatten", "\"data_format\":\"channels_first\"", "[null, 2, 2]"), ("Softmax", "\"axis\":[1,2]", "[null, 2, 2]"),
    ("Softmax", "\"axis\":0", "[null, 2]"), ("Softmax", "\"axis\":-3", "[null, 2]"),
    ("BatchNormalization", "\"axis\":[1,2],\"epsilon\":0.1", "[null, 2, 2]"),
    ("BatchNormalization", "\"renorm\":true,\"epsilon\":0.1", "[null, 2]"), ("ReLU", "\"max_value\":-1", "[null, 2]"),
    ("PReLU", "\"shared_axes\":[3]", "[null, 2]"), ("Concatenate", "\"axis\":0", "[null, 2]"),
    ("PReLU", "\"shared_axes\":[9223372036854775807]", "[null, 2]"),
  ])
  func refusesOptionsThatItDoesNotHonour(className: String, options: String, shape: String) {
    let error = diagnostic { try load(json: chain([(className, "l", options)], shape: shape)) }
    #expect(error?.origin == Origin(file: "model.json", place: "layer 'l'"))
    #expect(error?.code == "unsupported-option" || error?.code == "keras-option")
    #expect(error?.message.contains("'l'") ?? false)
  }

  @Test(arguments: ["mish", "my_function"])
  func refusesActivationsByName(name: String) {
    let error = diagnostic { try load(json: chain([("Activation", "l", "\"activation\":\"\(name)\"")])) }
    #expect(error?.code == "unsupported-activation")
    #expect(error?.message == "'l' has the activation '\(name)', which is not supported")
  }
}
