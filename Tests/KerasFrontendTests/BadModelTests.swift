import Diagnostics
import KerasFrontend
import ModelIR
import TestSupport
import Testing

private let input =
  #"{"class_name":"InputLayer","name":"x","config":{"batch_input_shape":[null,2]},"inbound_nodes":[]}"#

private func layer(_ name: String, _ className: String, reads: String, options: String = "") -> String {
  #"{"class_name":"\#(className)","name":"\#(name)","config":{\#(options)},"inbound_nodes":[\#(reads)]}"#
}

@Suite struct BadModelTests {
  @Test func namesEveryUnsupportedLayer() {
    let error = diagnostic {
      try load(json: chain([("ConvLSTM2D", "c", ""), ("Flatten", "f", ""), ("Conv3D", "g", "")]))
    }
    #expect(error?.code == "unsupported-layer")
    #expect(error?.message == "'c' is a ConvLSTM2D, which is not supported")
    #expect(error?.notes == ["'g' is a Conv3D too"])
    #expect(error?.hint != nil)
  }

  @Test func classesOfOthersAreNotMistakenForKeras() {
    let registered = layer("l", "Dense", reads: #"[["x",0,0,{}]]"#)
      .replacing("\"class_name\"", with: "\"registered_name\":\"mine>Dense\",\"class_name\"")
    let error = diagnostic { try load(json: functional([input, registered], input: "x", output: "l")) }
    #expect(error?.message == "'l' is a Dense of mine, which is not supported")
    let module = layer("l", "Dense", reads: #"[["x",0,0,{}]]"#)
      .replacing("\"class_name\"", with: "\"module\":\"qkeras.qlayers\",\"class_name\"")
    let other = diagnostic { try load(json: functional([input, module], input: "x", output: "l")) }
    #expect(other?.message == "'l' is a Dense of qkeras.qlayers, which is not supported")
  }

  @Test func refusesCycles() {
    let a = layer("a", "Add", reads: #"[["x",0,0,{}],["b",0,0,{}]]"#)
    let b = layer("b", "Activation", reads: #"[["a",0,0,{}]]"#, options: #""activation":"relu""#)
    let error = diagnostic { try load(json: functional([input, a, b], input: "x", output: "b")) }
    #expect(error?.code == "cycle")
    let own = layer("a", "Activation", reads: #"[["a",0,0,{}]]"#)
    #expect(diagnostic { try load(json: functional([input, own], input: "x", output: "a")) }?.code == "cycle")
  }

  @Test func refusesUnknownLayersAndCalls() {
    let typo = layer("a", "Flatten", reads: #"[["xx",0,0,{}]]"#)
    let error = diagnostic { try load(json: functional([input, typo], input: "x", output: "a")) }
    #expect(error?.code == "unknown-layer")
    #expect(error?.hint == "did you mean 'x'?")
    let a = layer("a", "Flatten", reads: #"[["x",0,0,{}]]"#)
    for reference in [#"[["a",1,0,{}]]"#, #"[["a",0,1,{}]]"#, #"[["a",9223372036854774784,0,{}]]"#] {
      let b = layer("b", "Flatten", reads: reference)
      #expect(
        diagnostic { try load(json: functional([input, a, b], input: "x", output: "b")) }?.code == "unknown-layer"
      )
    }
  }

  @Test(arguments: [
    "", "{", "nothing", "[]", "3", "{}", #"{"class_name":"Functional"}"#, #"{"class_name":"Functional","config":{}}"#,
    #"{"class_name":"Functional","config":{"layers":[]}}"#, #"{"class_name":"Functional","config":{"layers":[3]}}"#,
    #"{"class_name":"Functional","config":{"layers":[{"class_name":"Dense"}]}}"#,
    #"{"class_name":"Sequential","config":[]}"#,
    #"{"class_name":"MyModel","config":{"layers":[]}}"#, "{\"a\":\u{1}}",
  ])
  func refusesBrokenArchitectures(json: String) {
    let error = diagnostic { try load(json: json) }
    #expect(error?.severity == .error)
    #expect(error?.origin?.file == "model.json")
  }

  @Test(arguments: [
    "[[]]", "[3]", "[[3]]", "[[[3]]]", #"[[["x"]]]"#, #"[[["x",0]]]"#, #"[[["x",-1,0]]]"#, #"[[["x",0.5,0]]]"#,
    #"[[["x",1e300,0]]]"#, #"[{"kwargs":{}}]"#, #"[{"args":[3]}]"#, #"[{"args":[{"class_name":"__keras_tensor__"}]}]"#,
    #"[[["x",0,0,{"mask":["y",0,0]}]]]"#, #"[[["x",0,0,7]]]"#, #"{"a":1}"#,
  ])
  func refusesBrokenCalls(calls: String) {
    let flatten = #"{"class_name":"Flatten","name":"f","config":{},"inbound_nodes":\#(calls)}"#
    let error = diagnostic { try load(json: functional([input, flatten], input: "x", output: "f")) }
    #expect(error?.origin == Origin(file: "model.json", place: "layer 'f'"))
  }

  @Test(arguments: [
    "[null]", "[null,null]", "[null,0]", "[null,-3]", "[null,2.5]", "[null,4294967296,4294967296]", "[null,1e300]",
    "[]",
    "7", "\"wide\"", "null", "[null,\"a\"]",
  ])
  func refusesAbsurdShapes(shape: String) {
    // A scalar per event is fine; the layer after it is not.
    let error = diagnostic { try load(json: chain([("Dense", "d", "\"units\":3")], shape: shape)) }
    #expect(error?.severity == .error)
  }

  @Test(arguments: ["0", "-1", "1000000000000", "9223372036854775807", "1e308", "\"many\"", "null", "2.5"])
  func refusesAbsurdSizes(units: String) {
    let error = diagnostic { try load(json: chain([("Dense", "d", "\"units\":\(units)")])) }
    #expect(error?.origin?.place == "layer 'd'")
  }

  @Test func refusesMissingAndForeignWeights() {
    let missing = diagnostic { try load(json: chain([("Dense", "dd", "\"units\":3")])) }
    #expect(missing?.code == "missing-weight")
    #expect(missing?.hint == "the file has weights of 'd'")
    #expect(missing?.origin?.file == "one_layer_f4.h5")
    let bias = diagnostic { try load(json: chain([("Dense", "d", "\"units\":3,\"use_bias\":false")])) }
    #expect(bias?.code == "unexpected-weights")
    let width = diagnostic { try load(json: chain([("Dense", "d", "\"units\":4")])) }
    #expect(width?.code == "weight-shape")
  }

  @Test func refusesJoinsThatBroadcast() {
    let f = layer("f", "Reshape", reads: #"[["x",0,0,{}]]"#, options: #""target_shape":[1,2]"#)
    let a = layer("a", "Add", reads: #"[["x",0,0,{}],["f",0,0,{}]]"#)
    let error = diagnostic { try load(json: functional([input, f, a], input: "x", output: "a")) }
    #expect(error?.code == "shape-mismatch")
    #expect(error?.hint?.contains("broadcasting") ?? false)
  }

  @Test func deepNestingDoesNotExhaustTheStack() {
    for depth in [100, 600, 100_000] {
      for (open, close) in [("[", "]"), (#"{"a":"#, "}")] {
        let json = String(repeating: open, count: depth) + "1" + String(repeating: close, count: depth)
        #expect(diagnostic { try load(json: json) }?.severity == .error)
        #expect(diagnostic { try load(json: String(repeating: open, count: depth)) }?.code == "json-malformed")
      }
    }
  }

  @Test func modelsInsideModelsDoNotExhaustTheStack() {
    var model = #"{"class_name":"Flatten","config":{"name":"f"}}"#
    for depth in 0..<120 { model = #"{"class_name":"Sequential","config":{"name":"s\#(depth)","layers":[\#(model)]}}"# }
    let error = diagnostic { try load(json: model) }
    #expect(error?.code == "open-shape" || error?.code == "json-malformed")
  }

  @Test func modelsThatDoubleThemselvesAreStopped() {
    let x = #"{"class_name":"InputLayer","name":"x","config":{"batch_input_shape":[null,2]},"inbound_nodes":[]}"#
    var inner = layer("f", "Activation", reads: #"[["x",0,0,{}]]"#, options: #""activation":"relu""#)
    var name = "f"
    for depth in 0..<40 {
      let config =
        #""name":"m\#(depth)","layers":[\#(x),\#(inner)],"input_layers":[["x",0,0]],"output_layers":[["\#(name)",0,0]]"#
      // The model is called on its own output: twice as many nodes per level.
      name = "m\(depth)"
      inner =
        #"{"class_name":"Functional","name":"\#(name)","config":{\#(config)},"inbound_nodes":[[["x",0,0,{}]],[["\#(name)",1,0,{}]]]}"#
    }
    let json = functional([x, inner], input: "x", output: name).replacing(
      #"[["\#(name)",0,0]]}}"#,
      with: #"[["\#(name)",2,0]]}}"#
    )
    #expect(diagnostic { try load(json: json) } != nil)
  }

  @Test func longChainsAreFine() throws {
    let json = chain((0..<1000).map { ("Activation", "a\($0)", "\"activation\":\"relu\"") })
    #expect(try load(json: json).nodes.count == 1001)
  }
}
