import Diagnostics
import ModelIR

/// Layers that prepare inputs, and other transformations of single elements or of vectors.
extension LayerReader {
  /// `(x - mean) / √variance`, with numbers that the layer saw before the training, or that it was given.
  mutating func featureNormalization() throws -> LayerMeaning {
    let shape = inputs[0]
    // Without an axis, all elements share their numbers.
    let given = layer.options["axis"].map { $0.isNull ? [] : $0.array?.compactMap(\.int) ?? [$0.int ?? -1] } ?? [-1]
    options.ignore(["axis"])
    let axes = try given.map { axis -> Int in
      guard let place = Self.position(ofAxis: axis, rank: shape.count) else {
        throw options.refuse("'\(layer.name)' normalises along axis \(axis) of a tensor of shape \(shape)")
      }
      return place
    }.sorted()
    guard inputs.count == 1, Set(axes).count == axes.count else {
      throw options.refuse("'\(layer.name)' normalises along axes \(given)")
    }
    try rules.checkExtents(shape)
    let isInverse = try options.bool("invert", default: false)
    let (mean, variance) = (try numbers("mean"), try numbers("variance"))
    let extents = axes.map { shape[$0] }
    let stored: [[Double]]
    if let mean, let variance {
      stored = [mean, variance]
    } else {
      // How many events it saw stands there too.
      var place = address
      place.holdsCounter = true
      stored = try weights.parameters(of: place, ["mean", "variance"].map { WeightRequest(name: $0, shape: extents) })
        .map(\.values)
    }
    let padded = shape.indices.map { axes.contains($0) ? shape[$0] : 1 }
    let count = padded.reduce(1, *)
    guard stored.allSatisfy({ [1, count].contains($0.count) }), stored[1].allSatisfy({ $0 >= 0 }) else {
      throw rules.error("weight-shape", "the mean and variance of '\(layer.name)' do not fit \(shape)")
    }
    let sources = TensorLayout.broadcast(padded, to: shape) ?? []
    let isPerChannel = axes == [shape.count - 1] || axes.isEmpty
    let places = isPerChannel ? Array(0..<count) : sources
    func element(_ values: [Double], _ place: Int) -> Double { values[values.count == 1 ? 0 : place] }
    let deviations = places.map { Swift.max(element(stored[1], $0).squareRoot(), Double(Float(1e-7))) }
    let means = places.map { element(stored[0], $0) }
    func tensor(_ values: [Double]) -> ParameterTensor {
      ParameterTensor(shape: isPerChannel ? [values.count] : shape, values: values, precision: .float64)
    }
    let affine =
      isInverse
      ? AffineLayer(scale: tensor(deviations), bias: tensor(means))
      : AffineLayer(
        scale: tensor(deviations.map { 1 / $0 }),
        bias: tensor(zip(means, deviations).map { -$0 / $1 })
      )
    return try operation(.affine(affine))
  }

  /// A number, or a list of them, perhaps nested; nil where the option is left out.
  private mutating func numbers(_ option: String) throws -> [Double]? {
    guard let value = options.value(option) else { return nil }
    var values: [Double] = []
    var open = [value]
    while let next = open.popLast() {
      if let number = next.number {
        values.append(number)
      } else if let elements = next.array {
        open += elements.reversed()
      } else {
        throw options.refuse("'\(layer.name)' has a \(option) that is no list of numbers")
      }
    }
    guard !values.isEmpty, values.allSatisfy(\.isFinite) else {
      throw options.refuse("'\(layer.name)' has a \(option) that is no list of finite numbers")
    }
    return values
  }

  /// A scale and an offset, for all elements or for each channel.
  mutating func rescaling() throws -> LayerMeaning {
    guard inputs.count == 1, let width = inputs[0].last, let scale = try numbers("scale") else {
      throw missing("scale")
    }
    let offset = try numbers("offset") ?? [0]
    guard [1, width].contains(scale.count), [1, width].contains(offset.count) else {
      throw options.refuse("'\(layer.name)' has \(scale.count) scales and \(offset.count) offsets")
    }
    func tensor(_ values: [Double]) -> ParameterTensor {
      ParameterTensor(shape: [values.count], values: values.map { Double(Float($0)) })
    }
    return try operation(.affine(AffineLayer(scale: tensor(scale), bias: tensor(offset))))
  }

  /// A vector divided by its length.
  mutating func unitNormalization() throws -> LayerMeaning {
    let shape = inputs[0]
    let axes = try normalizedAxes()
    try rules.checkExtents(shape)
    let reduced = shape.indices.map { axes.contains($0) ? 1 : shape[$0] }
    var network = LayerNetwork(operands: inputs)
    let squares = network.append(.merge(.multiply), "squares", [.operand(0), .operand(0)], shape: shape)
    let sum = ModelOperator.reduce(ReductionLayer(kind: .sum, axes: axes, keepsAxes: true))
    let total = network.append(sum, "sum", [squares], shape: reduced)
    let root = ActivationFunction.inverseSquareRoot(offset: 1e-12)
    let factor = network.append(.activation(root), "factor", [total], shape: reduced)
    let spread = TensorLayout.broadcast(reduced, to: shape) ?? []
    let factors = network.gather(factor, spread, suffix: "factor_of_all", shape: shape)
    let result = network.append(.merge(.multiply), nil, [.operand(0), factors], shape: shape)
    return .network(network, results: [result], mask: nil)
  }

  /// A normalisation whose channels are not the last axis: a factor and a summand for every element.
  func normalization(_ layer: BatchNormalizationLayer, along axis: Int) throws -> LayerMeaning {
    let shape = inputs[0]
    try rules.checkExtents(shape)
    var strides = [Int](repeating: 0, count: shape.count)
    strides[axis] = 1
    let channels = TensorLayout.sources(shape, strides: strides)
    let scale = layer.variance.values.enumerated().map { channel, variance in
      (layer.gamma?.values[channel] ?? 1) / (variance + layer.epsilon).squareRoot()
    }
    guard scale.allSatisfy(\.isFinite) else {
      throw rules.error("bad-parameters", "'\(self.layer.name)' has a variance that is not positive")
    }
    let bias = scale.enumerated().map { (layer.beta?.values[$0] ?? 0) - layer.mean.values[$0] * $1 }
    func spread(_ values: [Double]) -> ParameterTensor {
      ParameterTensor(shape: shape, values: channels.map { values[$0] }, precision: .float64)
    }
    return try operation(.affine(AffineLayer(scale: spread(scale), bias: spread(bias))))
  }

  /// `softmax(Q · Kᵀ) · V` over the steps of tensors without heads.
  mutating func dotAttention() throws -> LayerMeaning {
    try options.mustBeOff("use_scale", hint: "scale the query with a layer of its own")
    try options.mustBeOff("causal")
    options.ignore(["dropout", "seed"])
    guard try options.string("score_mode") ?? "dot" == "dot", (2...3).contains(inputs.count),
      inputs.allSatisfy({ $0.count == 2 })
    else {
      throw options.refuse("'\(layer.name)' attends to tensors of shapes \(inputs)", hint: "use score_mode='dot'")
    }
    let key = inputs.count > 2 ? 2 : 1
    let (steps, others, width, values) = (inputs[0][0], inputs[1][0], inputs[0][1], inputs[1][1])
    guard inputs[key] == [others, width] else {
      throw rules.error("shape-mismatch", "'\(layer.name)' attends to tensors of shapes \(inputs)")
    }
    var network = LayerNetwork(operands: inputs)
    let scores = TensorProduct(left: [0, 1], right: [2, 1], output: [0, 2])
    let score = network.append(.product(scores), "scores", [.operand(0), .operand(key)], shape: [steps, others])
    let share = network.append(.activation(.softmax(axis: 1)), "shares", [score], shape: [steps, others])
    let sum = TensorProduct(left: [0, 1], right: [1, 2], output: [0, 2])
    let result = network.append(.product(sum), nil, [share, .operand(1)], shape: [steps, values])
    return .network(network, results: [result], mask: nil)
  }
}
