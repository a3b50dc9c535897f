import Basics
import Diagnostics
import FixedPoint
import ModelIR
import Quantization

@testable import Optimization

/// Small networks with weights that look trained, the same in every run.
struct TestNetworks {
  private var generator: SeededGenerator
  private(set) var model: ModelGraph
  private let origin = Origin(file: "test")

  init(seed: UInt64, inputs: [Int]) {
    generator = SeededGenerator(seed: seed)
    model = ModelGraph(name: "test", source: .keras)
    model.outputs = [model.append(.input, named: "x", inputs: [], shape: inputs, origin: origin)]
  }

  mutating func numbers(_ count: Int, scale: Double = 1) -> [Double] {
    (0..<count).map { _ in generator.normal() * scale }
  }

  /// A layer on what the model returns so far, or on the given tensors.
  @discardableResult
  mutating func add(_ operation: ModelOperator, _ name: String, on inputs: [TensorID]? = nil) throws -> TensorID {
    let inputs = inputs ?? model.outputs
    let rules = ShapeInference(layer: name, origin: origin)
    let shape = try rules.shape(of: operation, inputs: inputs.map { model[$0].shape }, declared: [-1])
    let output = model.append(operation, named: name, inputs: inputs, shape: shape, origin: origin)
    model.outputs = [output]
    return output
  }

  @discardableResult
  mutating func dense(_ outputs: Int, _ name: String, on inputs: [TensorID]? = nil) throws -> TensorID {
    let n = model[(inputs ?? model.outputs)[0]].shape.last ?? 1
    let kernel = ParameterTensor(
      shape: [n, outputs],
      values: numbers(n * outputs, scale: (2 / Double(n)).squareRoot())
    )
    let bias = ParameterTensor(shape: [outputs], values: numbers(outputs, scale: 0.2))
    return try add(.dense(DenseLayer(kernel: kernel, bias: bias)), name, on: inputs)
  }

  mutating func relu(_ name: String) throws {
    try add(.activation(.relu(ReLUParameters(maximum: nil))), name)
  }

  mutating func events(_ count: Int) -> CalibrationData {
    let width = model.inputs.reduce(0) { $0 + model[$1].count }
    return CalibrationData(inputs: numbers(count * width), samples: count)
  }

  /// 6-10-8-3 with rectifiers.
  static func classifier() throws -> TestNetworks {
    var network = TestNetworks(seed: 5, inputs: [6])
    try network.dense(10, "first")
    try network.relu("first_relu")
    try network.dense(8, "second")
    try network.relu("second_relu")
    try network.dense(3, "scores")
    return network
  }

  /// What networks answer with.
  enum Output: String, CaseIterable {
    case sigmoid, questions, heads, regression, autoencoder
  }

  static func with(_ output: Output) throws -> TestNetworks {
    var network = TestNetworks(seed: 21, inputs: [6])
    try network.dense(10, "first")
    try network.relu("first_relu")
    let hidden = network.model.outputs
    switch output {
    case .sigmoid, .questions:
      try network.dense(output == .sigmoid ? 1 : 3, "scores")
      try network.add(.activation(.sigmoid), "probabilities")
    case .heads:
      try network.dense(3, "scores")
      let classes = try network.add(.activation(.softmax(axis: 0)), "classes")
      try network.dense(1, "mass", on: hidden)
      network.model.outputs = [classes] + network.model.outputs
    case .regression: try network.dense(1, "mass")
    case .autoencoder: try network.dense(6, "decoded")
    }
    return network
  }

  /// A convolution, a maximum, a dense layer.
  static func image() throws -> TestNetworks {
    var network = TestNetworks(seed: 9, inputs: [6, 6, 2])
    let shape = [3, 3, 2, 4]
    let layer = ConvolutionLayer(
      kernel: ParameterTensor(shape: shape, values: network.numbers(72, scale: 0.3)),
      bias: ParameterTensor(shape: [4], values: network.numbers(4, scale: 0.1)),
      window: SlidingWindow(axes: [.init(size: 3, before: 1, after: 1), .init(size: 3, before: 1, after: 1)])
    )
    try network.add(.convolution(layer), "conv")
    try network.relu("conv_relu")
    let window = SlidingWindow(axes: [.init(size: 2, stride: 2), .init(size: 2, stride: 2)])
    try network.add(.pool(PoolingLayer(kind: .maximum, window: window)), "pool")
    let reshaped = network.model.append(
      .reshape,
      named: "flat",
      inputs: network.model.outputs,
      shape: [36],
      origin: network.origin
    )
    network.model.outputs = [reshaped]
    try network.dense(4, "scores")
    try network.add(.activation(.softmax(axis: 0)), "softmax")
    return network
  }

  /// Branches that are joined in every way, and functions of every kind.
  static func joins() throws -> TestNetworks {
    var network = TestNetworks(seed: 11, inputs: [5])
    let input = network.model.outputs
    try network.dense(4, "left", on: input)
    let left = try network.add(.activation(.tanh), "left_tanh")
    try network.dense(4, "right", on: input)
    let right = try network.add(.activation(.leakyReLU(alpha: 0.25)), "right_leaky")
    let sum = try network.add(.merge(.add), "sum", on: [left, right])
    let product = try network.add(.merge(.multiply), "product", on: [left, right])
    let largest = try network.add(.merge(.maximum), "largest", on: [left, right])
    try network.add(.concatenate(axis: 0), "all", on: [sum, product, largest])
    try network.dense(2, "numbers")
    return network
  }
}

extension ModelGraph {
  /// The model with a quantiser behind a tensor.
  func quantized(behind name: String, _ types: [FixedPointType]) -> ModelGraph {
    var graph = ModelGraph(name: name, source: source)
    for (index, tensor) in tensors.enumerated() {
      guard let node = nodes.first(where: { $0.output.index == index }) else { continue }
      // All tensors behind the first move up by one.
      let inputs = node.inputs.map { TensorID($0.index + 1) }
      let output = graph.append(
        node.operation,
        named: node.name,
        inputs: inputs,
        shape: tensor.shape,
        origin: node.origin
      )
      if node.name == name {
        graph.append(
          .quantize(TensorQuantizer(types: types)),
          named: "quantizer",
          inputs: [output],
          shape: tensor.shape,
          origin: node.origin
        )
      }
    }
    graph.outputs = outputs.map { TensorID($0.index + 1) }
    return graph
  }
}
