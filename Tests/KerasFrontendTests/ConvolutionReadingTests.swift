import DataFiles
import Diagnostics
import KerasFrontend
import ModelIR
import TestSupport
import Testing

/// The layers of image and sequence networks that have no weights, as text.
@Suite struct ConvolutionReadingTests {
  private func last(_ className: String, _ options: String, _ shape: String) throws -> (text: String, shape: [Int]) {
    let graph = try load(json: chain([(className, "l", options)], shape: shape))
    let line = graph.summary.split(separator: "\n").dropLast().last ?? ""
    return (String(line.split(separator: "=", maxSplits: 1).last ?? "").trimming, graph[graph.outputs[0]].shape)
  }

  @Test(arguments: [
    ("MaxPooling1D", "\"pool_size\":[2]", "[null, 5, 3]", "max_pool(%0) size [2] strides [2]", [2, 3]),
    (
      "MaxPooling1D", "\"pool_size\":2,\"strides\":null,\"padding\":\"same\"", "[null, 5, 3]",
      "max_pool(%0) size [2] strides [2] after [1]", [3, 3]
    ),
    (
      "AveragePooling2D", "\"pool_size\":[3,2],\"strides\":[1,2],\"padding\":\"same\"", "[null, 4, 5, 1]",
      "average_pool(%0) size [3, 2] strides [1, 2] before [1, 0] after [1, 1]", [4, 3, 1]
    ),
    ("GlobalAveragePooling1D", "", "[null, 5, 3]", "reduce_mean(%0) axes [0]", [3]),
    ("GlobalMaxPooling2D", "\"keepdims\":true", "[null, 5, 4, 3]", "reduce_maximum(%0) axes [0, 1] kept", [1, 1, 3]),
    ("ZeroPadding1D", "\"padding\":[1,2]", "[null, 5, 3]", "pad(%0) before [1, 0] after [2, 0] value 0.0", [8, 3]),
    (
      "ZeroPadding2D", "\"padding\":[[1,0],[0,2]]", "[null, 5, 4, 3]",
      "pad(%0) before [1, 0, 0] after [0, 2, 0] value 0.0", [6, 6, 3]
    ),
    (
      "ZeroPadding2D", "\"padding\":[1,2]", "[null, 5, 4, 3]", "pad(%0) before [1, 2, 0] after [1, 2, 0] value 0.0",
      [7, 8, 3]
    ),
    ("Cropping1D", "\"cropping\":[1,2]", "[null, 5, 3]", "gather(%0)", [2, 3]),
    ("UpSampling2D", "\"size\":[2,3]", "[null, 2, 2, 3]", "gather(%0)", [4, 6, 3]),
    ("Permute", "\"dims\":[2,1]", "[null, 5, 3]", "gather(%0)", [3, 5]),
    ("RepeatVector", "\"n\":4", "[null, 3]", "gather(%0)", [4, 3]),
    (
      "TimeDistributed", #""layer":{"class_name":"MaxPooling1D","config":{"pool_size":2}}"#, "[null, 2, 6, 3]",
      "max_pool(%0) size [2] strides [2]", [2, 3, 3]
    ),
    (
      "TimeDistributed", #""layer":{"class_name":"GlobalMaxPooling1D","config":{}}"#, "[null, 2, 6, 3]",
      "reduce_maximum(%0) axes [1]", [2, 3]
    ),
    (
      "TimeDistributed", #""layer":{"class_name":"Softmax","config":{"axis":-1}}"#, "[null, 2, 3]",
      "softmax(%0) axis 1", [2, 3]
    ),
    (
      "TimeDistributed", #""layer":{"class_name":"Flatten","config":{}}"#, "[null, 2, 3, 4]", "reshape(%0)", [2, 12]
    ),
  ])
  func reads(className: String, options: String, shape: String, text: String, result: [Int]) throws {
    let found = try last(className, options, shape)
    #expect(found.text == text)
    #expect(found.shape == result)
  }

  @Test(arguments: [
    ("Cropping1D", "\"cropping\":[1,2]", "[null, 5, 2]", [1.0, 2, 3, 4, 5, 6, 7, 8, 9, 10], [3.0, 4, 5, 6]),
    ("UpSampling1D", "\"size\":2", "[null, 2, 2]", [1, 2, 3, 4], [1, 2, 1, 2, 3, 4, 3, 4]),
    ("UpSampling2D", "\"size\":[1,2]", "[null, 2, 1, 2]", [1, 2, 3, 4], [1, 2, 1, 2, 3, 4, 3, 4]),
    ("Permute", "\"dims\":[2,1]", "[null, 2, 3]", [1, 2, 3, 4, 5, 6], [1, 4, 2, 5, 3, 6]),
    (
      "Permute", "\"dims\":[2,3,1]", "[null, 2, 2, 2]", [0, 1, 2, 3, 4, 5, 6, 7], [0, 4, 1, 5, 2, 6, 3, 7]
    ),
    ("RepeatVector", "\"n\":2", "[null, 2]", [1, 2], [1, 2, 1, 2]),
    (
      "TimeDistributed", #""layer":{"class_name":"Permute","config":{"dims":[2,1]}}"#, "[null, 2, 2, 2]",
      [0, 1, 2, 3, 4, 5, 6, 7], [0, 2, 1, 3, 4, 6, 5, 7]
    ),
  ])
  func moves(className: String, options: String, shape: String, inputs: [Double], expected: [Double]) throws {
    let graph = try load(json: chain([(className, "l", options)], shape: shape))
    #expect(ReferenceEvaluator(graph).evaluate(inputs, samples: 1).outputs == expected)
  }

  @Test func timeDistributedReadsTheWeightsOfItsLayer() throws {
    let options = #""layer":{"class_name":"Dense","config":{"name":"inner","units":3,"activation":"relu"}}"#
    let graph = try load(json: chain([("TimeDistributed", "d", options)], shape: "[null, 4, 2]"))
    let plain = try load(json: chain([("Dense", "d", "\"units\":3,\"activation\":\"relu\"")], shape: "[null, 4, 2]"))
    #expect(graph.summary == plain.summary)
    let inputs: [Double] = [1, 2, -3, 4, 5, -6, 7, 8]
    #expect(
      ReferenceEvaluator(graph).evaluate(inputs, samples: 1).outputs
        == ReferenceEvaluator(plain).evaluate(inputs, samples: 1).outputs
    )
  }

  @Test(arguments: [
    ("MaxPooling2D", "\"pool_size\":2,\"data_format\":\"channels_first\"", "[null, 3, 4, 4]", "data format"),
    ("MaxPooling1D", "\"pool_size\":2,\"padding\":\"reflect\"", "[null, 4, 4]", "padding 'reflect'"),
    ("MaxPooling2D", "\"pool_size\":[2,2,2]", "[null, 4, 4, 1]", "2 axes"),
    ("MaxPooling2D", "\"pool_size\":2", "[null, 4]", "2 spatial axes"),
    ("UpSampling2D", "\"size\":2,\"interpolation\":\"bilinear\"", "[null, 4, 4, 1]", "bilinear"),
    ("Cropping1D", "\"cropping\":[3,2]", "[null, 5, 2]", "crops everything"),
    ("Permute", "\"dims\":[1,1]", "[null, 5, 2]", "as [1, 1]"),
    ("RepeatVector", "\"n\":2", "[null, 5, 2]", "repeats"),
    ("ZeroPadding2D", "\"padding\":[[1,0],[0,-2]]", "[null, 5, 4, 3]", "'padding'"),
    ("UpSampling1D", "\"size\":2", "[null, 9007199254740991, 2]", "elements"),
    (
      "TimeDistributed", #""layer":{"class_name":"Permute","config":{"dims":[1]}}"#, "[null, 9007199254740991, 2]",
      "elements"
    ),
    (
      "TimeDistributed", #""layer":{"class_name":"LSTM","config":{}}"#, "[null, 2, 3]", "wraps a layer"
    ),
  ])
  func refusesByName(className: String, options: String, shape: String, reason: String) {
    let error = diagnostic { try load(json: chain([(className, "l", options)], shape: shape)) }
    #expect(error?.message.contains("'l'") ?? false, "\(error?.message ?? "read")")
    #expect(error?.message.contains(reason) ?? false, "\(error?.message ?? "read")")
    #expect(error?.hint != nil || error?.origin != nil)
  }

  @Test func `layouts that are mixed, and extents that are open, are refused by name with a hint`() {
    let layers = [
      ("MaxPooling2D", "p", "\"pool_size\":2,\"data_format\":\"channels_last\""),
      ("GlobalMaxPooling2D", "g", "\"data_format\":\"channels_first\""),
    ]
    let mixed = diagnostic { try load(json: chain(layers, shape: "[null, 4, 4, 2]")) }
    #expect(mixed?.message == "'g' has the data format 'channels_first'")
    #expect(mixed?.origin?.place == "layer 'g'" && mixed?.hint?.contains("channels_last") == true)
    let open = diagnostic { try load(json: chain([("Flatten", "f", "")], shape: "[null, null, 4, 2]")) }
    #expect(open?.code == "open-shape" && open?.message.contains("left open") == true)
    #expect(open?.hint != nil)
    let reflected = diagnostic {
      try load(
        json: chain([("AveragePooling1D", "a", "\"pool_size\":2,\"padding\":\"reflect\"")], shape: "[null, 4, 2]")
      )
    }
    #expect(reflected?.message == "'a' has the padding 'reflect'" && reflected?.hint?.contains("'same'") == true)
  }
}

extension String {
  fileprivate var trimming: String { String(drop { $0 == " " }) }
}
