import Diagnostics
import ModelIR
import Testing

/// Operators between layers, as Keras 3 and TensorFlow's Keras write them.
@Suite struct OperatorReadingTests {
  /// A functional model of one operator on an input of shape [4], or of one or two axes more.
  private func evaluate(_ node: String, shape: String = "[null, 4]", inputs: [Double]) throws -> [Double] {
    let json = #"""
      {"class_name":"Functional","config":{"name":"m","layers":[
      {"class_name":"InputLayer","name":"x","config":{"batch_shape":\#(shape),"name":"x"},"inbound_nodes":[]},
      \#(node)],"input_layers":[["x",0,0]],"output_layers":[["op",0,0]]}}
      """#
    let graph = try load(json: json)
    return ReferenceEvaluator(graph).evaluate(inputs, samples: 1).outputs
  }

  private static let tensor =
    #"{"class_name":"__keras_tensor__","config":{"shape":[null,4],"dtype":"float32","keras_history":["x",0,0]}}"#

  private func keras3(_ className: String, args: String, kwargs: String = "{}") -> String {
    #"""
    {"module":"keras.src.ops.numpy","class_name":"\#(className)","name":"op","config":{"name":"op"},
    "inbound_nodes":[{"args":[\#(args)],"kwargs":\#(kwargs)}]}
    """#
  }

  private func tensorFlow(_ function: String, className: String = "TFOpLambda", _ arguments: String) -> String {
    #"""
    {"class_name":"\#(className)","name":"op","config":{"name":"op","trainable":true,"dtype":"float32",
    "function":"\#(function)"},"inbound_nodes":[["x",0,0,\#(arguments)]]}
    """#
  }

  @Test func `numbers beside tensors`() throws {
    let x = Self.tensor
    let inputs = [1.0, -2, 3, 8]
    #expect(try evaluate(keras3("Multiply", args: "\(x), 2.0"), inputs: inputs) == [2, -4, 6, 16])
    #expect(try evaluate(keras3("Subtract", args: "1.0, \(x)"), inputs: inputs) == [0, 3, -2, -7])
    #expect(try evaluate(keras3("Subtract", args: "\(x), 1.0"), inputs: inputs) == [0, -3, 2, 7])
    #expect(try evaluate(keras3("TrueDivide", args: "\(x), 4"), inputs: inputs) == [0.25, -0.5, 0.75, 2])
    #expect(try evaluate(keras3("Add", args: "\(x), \(x)"), inputs: inputs) == [2, -4, 6, 16])
    #expect(try evaluate(keras3("Relu", args: x), inputs: inputs) == [1, 0, 3, 8])
    #expect(try evaluate(tensorFlow("math.multiply", #"{"y":0.5,"name":null}"#), inputs: inputs) == [0.5, -1, 1.5, 4])
    #expect(
      try evaluate(tensorFlow("__operators__.add", #"{"y":["x",0,0],"name":null}"#), inputs: inputs) == [2, -4, 6, 16]
    )
    #expect(try evaluate(tensorFlow("nn.relu", #"{"name":null}"#), inputs: inputs) == [1, 0, 3, 8])
  }

  @Test func `matrices of constants from either side`() throws {
    // A matrix [3, 2] on an input of shape [2, 2], then [2, 2] · [2, 3].
    let left = #"{"class_name":"__numpy__","config":{"value":[[1,0],[0,1],[2,-1]],"dtype":"float32"}}"#
    let right = #"{"class_name":"__numpy__","config":{"value":[[1,0,2],[0,1,-1]],"dtype":"float32"}}"#
    let (shape, inputs) = ("[null, 2, 2]", [1.0, 2, 3, 4])
    let first = try evaluate(keras3("Matmul", args: "\(left), \(Self.tensor)"), shape: shape, inputs: inputs)
    #expect(first == [1, 2, 3, 4, -1, 0])
    let last = try evaluate(keras3("Matmul", args: "\(Self.tensor), \(right)"), shape: shape, inputs: inputs)
    #expect(last == [1, 2, 0, 3, 4, 2])
    let named = #"{"b":[[1,0,2],[0,1,-1]],"name":null}"#
    #expect(try evaluate(tensorFlow("linalg.matmul", named), shape: shape, inputs: inputs) == last)
    // Several matrices, each multiplied.
    let stack = try evaluate(
      keras3("Matmul", args: "\(left), \(Self.tensor)"),
      shape: "[null, 2, 2, 2]",
      inputs: inputs + [0, 1, 1, 0]
    )
    #expect(stack == first + [0, 1, 1, 0, -1, 2])
    let ragged = #"{"class_name":"__numpy__","config":{"value":[[1,0],[0]]}}"#
    for node in [
      keras3("Matmul", args: "\(ragged), \(Self.tensor)"),
      tensorFlow("linalg.matmul", #"{"b":[[1,0],[0,1]],"transpose_b":true}"#),
    ] {
      let error = diagnostic { try evaluate(node, shape: shape, inputs: inputs) }
      #expect(error?.message.description.contains("'op'") == true, "\(error?.message.description ?? "accepted")")
    }
  }

  @Test func slices() throws {
    func slice(_ start: String, _ stop: String, _ step: String = "null") -> String {
      #"{"class_name":"__slice__","config":{"start":\#(start),"stop":\#(stop),"step":\#(step)}}"#
    }
    let all = slice("null", "null")
    let key = #"{"class_name":"__tuple__","items":[\#(all),\#(slice("1", "null", "2"))]}"#
    #expect(try evaluate(keras3("GetItem", args: "\(Self.tensor), \(key)"), inputs: [1, 2, 3, 4]) == [2, 4])
    let last = #"{"class_name":"__tuple__","items":[{"class_name":"__ellipsis__","config":{}},-1]}"#
    #expect(try evaluate(keras3("GetItem", args: "\(Self.tensor), \(last)"), inputs: [1, 2, 3, 4]) == [4])
    let old = #"{"slice_spec":[{"start":null,"stop":null,"step":null},{"start":0,"stop":-1,"step":null}]}"#
    let node = tensorFlow("__operators__.getitem", className: "SlicingOpLambda", old)
    #expect(try evaluate(node, inputs: [1, 2, 3, 4]) == [1, 2, 3])
  }

  @Test func `what cannot be meant is refused by name`() {
    let events = #"{"class_name":"__tuple__","items":[0]}"#
    for node in [
      keras3("GetItem", args: "\(Self.tensor), \(events)"), keras3("TrueDivide", args: "1.0, \(Self.tensor)"),
      keras3("Multiply", args: #"\#(Self.tensor), {"class_name":"__numpy__","config":{}}"#),
      keras3("GetItem", args: "\(Self.tensor), \"first\""), keras3("Cumsum", args: Self.tensor),
      tensorFlow("math.cumsum", "{}"),
    ] {
      let error = diagnostic { try evaluate(node, inputs: [1, 2, 3, 4]) }
      #expect(error?.message.description.contains("'op'") == true, "\(error?.message.description ?? "accepted")")
    }
  }

  /// A wrapper's layer has the weights of the wrapper's group, and the wrapper's name where it is read.
  @Test func `pruned layers are the layers inside`() throws {
    let json = #"""
      {"class_name":"Functional","config":{"name":"m","layers":[
      {"class_name":"InputLayer","name":"x","config":{"batch_input_shape":[null,2],"name":"x"},"inbound_nodes":[]},
      {"class_name":"PruneLowMagnitude","name":"d","config":{"name":"d","block_size":[1,1],
      "layer":{"class_name":"Dense","config":{"name":"inner","units":3,"activation":"linear"}}},
      "inbound_nodes":[[["x",0,0,{}]]]}],"input_layers":[["x",0,0]],"output_layers":[["d",0,0]]}}
      """#
    let graph = try load(json: json)
    #expect(graph.nodes.map(\.name) == ["x", "inner", "inner_linear"])
    #expect(graph.parameterCount == 9)
  }
}
