import Diagnostics
import ModelIR
import Testing

@testable import KerasFrontend

/// Which weights convolutions ask for, and what they make of them.
@Suite struct ConvolutionWeightTests {
  /// Numbers of its own for every weight, whatever it is called.
  private final class Weights: KerasWeights {
    var requests: [WeightRequest] = []

    func parameters(of layer: LayerAddress, _ requests: [WeightRequest]) -> [ParameterTensor] {
      self.requests = requests
      return requests.enumerated().map { index, request in
        let count = request.shape.reduce(1, *)
        return ParameterTensor(shape: request.shape, values: (0..<count).map { Double(($0 * 7 + index * 3) % 11 - 5) })
      }
    }

    func arrayCount(of layer: LayerAddress, inside path: [String]) -> Int { 0 }
    func arrays(of layer: LayerAddress, inside path: [String], named names: [String]) -> [StoredArray] { [] }
  }

  /// The layer applied to an input of its own, and the weights that it asked for.
  private func read(_ className: String, _ options: String, input: [Int]) throws -> (ModelGraph, [WeightRequest]) {
    let origin = Origin(file: "model.json")
    let document = try JSONValue(parsing: Array("{\(options)}".utf8), origin: origin)
    let layer = KerasLayer(
      name: "l",
      className: className,
      foreignPackage: nil,
      options: document.object ?? [:],
      buildShape: nil,
      calls: [],
      model: nil,
      origin: origin
    )
    let weights = Weights()
    var reader = LayerReader(
      layer,
      inputs: [input],
      generation: .three,
      address: LayerAddress(),
      weights: weights
    )
    var model = ModelGraph(name: "test", source: .keras)
    var last = model.append(.input, named: "x", inputs: [], shape: input, origin: origin)
    switch try reader.read() {
    case .nothing, .quantizer, .network: break
    case .operation(let operation, let shape, _):
      last = model.append(operation, named: "l", inputs: [last], shape: shape, origin: origin)
    case .chain(let steps, _):
      for step in steps {
        last = model.append(
          step.operation,
          named: "l_\(step.suffix ?? "")",
          inputs: [last],
          shape: step.shape,
          origin: origin
        )
      }
    }
    model.outputs = [last]
    try ModelGraphVerifier.verify(model)
    return (model, weights.requests)
  }

  private let x = (0..<10).map { Double($0 * 3 % 7 - 3) }

  @Test func causalConvolutionSeesThePast() throws {
    let (model, requests) = try read(
      "Conv1D",
      #""filters":3,"kernel_size":2,"dilation_rate":2,"padding":"causal","use_bias":false"#,
      input: [5, 2]
    )
    #expect(requests.map(\.name) == ["kernel"])
    #expect(requests[0].shape == [2, 2, 3])
    let kernel = (0..<12).map { Double($0 * 7 % 11 - 5) }
    var expected: [Double] = []
    for t in 0..<5 {
      for f in 0..<3 {
        var sum = 0.0
        for k in 0..<2 where t - 2 * (1 - k) >= 0 {
          for c in 0..<2 { sum += x[(t - 2 * (1 - k)) * 2 + c] * kernel[(k * 2 + c) * 3 + f] }
        }
        expected.append(sum)
      }
    }
    #expect(ReferenceEvaluator(model).evaluate(x, samples: 1).outputs == expected)
  }

  @Test func depthwiseChannelsComeMultiplierByMultiplier() throws {
    let (model, requests) = try read(
      "DepthwiseConv1D",
      #""kernel_size":3,"depth_multiplier":2,"padding":"valid","use_bias":true"#,
      input: [5, 2]
    )
    #expect(requests.map(\.name) == ["depthwise_kernel", "bias"])
    #expect(requests[0].otherName == "kernel")
    #expect(requests.map(\.shape) == [[3, 2, 2], [4]])
    let kernel = (0..<12).map { Double($0 * 7 % 11 - 5) }
    let bias = (0..<4).map { Double(($0 * 7 + 3) % 11 - 5) }
    var expected: [Double] = []
    for t in 0..<3 {
      for c in 0..<2 {
        for m in 0..<2 {
          expected.append((0..<3).reduce(bias[c * 2 + m]) { $0 + x[(t + $1) * 2 + c] * kernel[($1 * 2 + c) * 2 + m] })
        }
      }
    }
    #expect(ReferenceEvaluator(model).evaluate(x, samples: 1).outputs == expected)
  }

  @Test func separableConvolutionIsTwo() throws {
    let (model, requests) = try read(
      "SeparableConv1D",
      #""filters":3,"kernel_size":2,"strides":2,"padding":"same","use_bias":true"#,
      input: [5, 2]
    )
    #expect(requests.map(\.name) == ["depthwise_kernel", "pointwise_kernel", "bias"])
    #expect(requests.map(\.shape) == [[2, 2, 1], [1, 2, 3], [3]])
    #expect(model.nodes.map(\.name) == ["x", "l_depthwise", "l_pointwise"])
    let depthwise = (0..<4).map { Double($0 * 7 % 11 - 5) }
    let pointwise = (0..<6).map { Double(($0 * 7 + 3) % 11 - 5) }
    let bias = (0..<3).map { Double(($0 * 7 + 6) % 11 - 5) }
    var expected: [Double] = []
    // Five elements by two: one element of padding at the end.
    for t in 0..<3 {
      let between = (0..<2).map { c in
        (0..<2).reduce(0.0) { $0 + (2 * t + $1 < 5 ? x[(2 * t + $1) * 2 + c] * depthwise[$1 * 2 + c] : 0) }
      }
      for f in 0..<3 { expected.append(bias[f] + between[0] * pointwise[f] + between[1] * pointwise[3 + f]) }
    }
    #expect(ReferenceEvaluator(model).evaluate(x, samples: 1).outputs == expected)
  }

  @Test(arguments: [
    ("Conv1D", #""filters":3,"kernel_size":2,"groups":2"#, [5, 3], "groups"),
    ("Conv1D", #""filters":3,"kernel_size":9"#, [5, 2], "spans 9"),
    ("Conv2D", #""filters":3,"kernel_size":2,"padding":"causal""#, [5, 5, 2], "causal"),
    ("Conv2D", #""filters":3,"kernel_size":2,"data_format":"channels_first""#, [2, 5, 5], "channels_first"),
    ("DepthwiseConv2D", #""kernel_size":2,"depth_multiplier":0"#, [5, 5, 2], "multiplier"),
    ("Conv1D", #""filters":4611686018427387904,"kernel_size":2"#, [5, 2], "elements"),
  ])
  func refusesByName(className: String, options: String, input: [Int], reason: String) {
    let error = diagnostic { try read(className, options, input: input) }
    #expect(error?.message.contains("'l'") ?? false, "\(error?.message ?? "read")")
    #expect(error?.message.contains(reason) ?? false, "\(error?.message ?? "read")")
  }
}
