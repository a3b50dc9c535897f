import Diagnostics
import Fuzzing
import ModelIR

/// Makes small trained-looking models with every layer, branches and joins.
struct RandomModelGraph {
  var generator: SeededGenerator
  private var graph = ModelGraph(name: "random", source: .keras)
  /// Only layers through which magnitudes stay moderate.
  private let origin = Origin(file: "random")
  /// The share of weights that are zero.
  var sparsity = 0.0

  init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

  mutating func graph(layers: Int) -> ModelGraph {
    graph = ModelGraph(name: "random", source: .keras)
    let input = graph.append(.input, named: "input", inputs: [], shape: [int(2...5)], origin: origin)
    var live = [dense(input, "stem", size: int(3...6))]
    for index in 0..<layers {
      let source = live[int(0...live.count - 1)]
      live.append(layer(source, live: live, name: "layer\(index)"))
      if live.count > 3 { live.removeFirst() }
    }
    graph.outputs = Array(live.suffix(2))
    DeadNodeElimination.run(&graph)
    return compacted(graph)
  }

  func inputs(samples: Int, for graph: ModelGraph) -> [Double] {
    var generator = generator
    let size = graph.inputs.reduce(0) { $0 + graph[$1].count }
    return (0..<samples * size).map { _ in Double.random(in: -1...1, using: &generator) }
  }

  mutating func int(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &generator) }

  private mutating func values(_ count: Int, scale: Double = 1, around center: Double = 0) -> [Double] {
    (0..<count).map { _ in
      Double.random(in: 0..<1, using: &generator) < sparsity ? 0 : center + scale * generator.normal()
    }
  }

  private mutating func tensor(_ count: Int, scale: Double = 1, around center: Double = 0) -> ParameterTensor {
    ParameterTensor(shape: [count], values: values(count, scale: scale, around: center))
  }

  private mutating func dense(_ source: TensorID, _ name: String, size: Int) -> TensorID {
    let shape = graph[source].shape
    let n = shape[shape.count - 1]
    let kernel = ParameterTensor(
      shape: [n, size],
      values: values(n * size, scale: 1 / Double(n).squareRoot())
    )
    let layer = DenseLayer(kernel: kernel, bias: int(0...3) == 0 ? nil : tensor(size, scale: 0.3))
    return graph.append(.dense(layer), named: name, inputs: [source], shape: shape.dropLast() + [size], origin: origin)
  }

  private mutating func layer(_ source: TensorID, live: [TensorID], name: String) -> TensorID {
    let shape = graph[source].shape
    let count = graph[source].count
    switch int(0...9) {
    case 0, 1, 2: return dense(source, name, size: int(2...6))
    case 3:
      let channels = shape[shape.count - 1]
      let layer = BatchNormalizationLayer(
        gamma: tensor(channels, scale: 0.2, around: 1),
        beta: tensor(channels, scale: 0.3),
        mean: tensor(channels, scale: 0.3),
        variance: ParameterTensor(shape: [channels], values: values(channels, scale: 0.1).map { 0.5 + $0 * $0 }),
        epsilon: 1e-3
      )
      return graph.append(.batchNormalization(layer), named: name, inputs: [source], shape: shape, origin: origin)
    case 4, 5, 6:
      return graph.append(
        .activation(activation(count, axes: shape.count)),
        named: name,
        inputs: [source],
        shape: shape,
        origin: origin
      )
    case 7:
      let partners = live.filter { graph[$0].shape == shape }
      let kinds = MergeKind.allCases
      let kind = kinds[int(0...kinds.count - 1)]
      var inputs = [source, partners[int(0...partners.count - 1)]]
      if kind == .average || kind == .add { inputs.append(source) }
      return graph.append(.merge(kind), named: name, inputs: inputs, shape: shape, origin: origin)
    case 8:
      let target = shape.count == 1 && count % 2 == 0 ? [2, count / 2] : [count]
      return graph.append(.reshape, named: name, inputs: [source], shape: target, origin: origin)
    default:
      let partners = live.filter { graph[$0].shape == shape }
      let other = partners[int(0...partners.count - 1)]
      let axis = int(0...shape.count - 1)
      var target = shape
      target[axis] *= 2
      return graph.append(
        .concatenate(axis: axis),
        named: name,
        inputs: [source, other],
        shape: target,
        origin: origin
      )
    }
  }

  /// What a float model holds as a layer of its own: parts of a softmax or of a normalisation are none.
  private static let activationKinds = ActivationKind.allCases.filter {
    ![.exponential, .reciprocal, .squareRoot, .inverseSquareRoot, .logarithm].contains($0)
  }

  private mutating func activation(_ count: Int, axes: Int) -> ActivationFunction {
    switch Self.activationKinds[int(0...Self.activationKinds.count - 1)] {
    case .linear: .linear
    case .relu:
      int(0...1) == 0
        ? .relu(ReLUParameters())
        : .relu(ReLUParameters(maximum: 1.5, negativeSlope: 0.25, threshold: 0.1))
    case .leakyReLU: .leakyReLU(alpha: 0.3)
    case .parametricReLU: .parametricReLU(alpha: tensor(count, scale: 0.3))
    // Where a function jumps, a small error of its argument makes a large one of its result.
    case .thresholdedReLU: .thresholdedReLU(theta: 0)
    case .hardShrink: .hardShrink(threshold: 0)
    case .elu: .elu(alpha: 0.7)
    case .selu: .selu
    case .sigmoid: .sigmoid
    case .hardSigmoid: .hardSigmoid(slope: 0.2, shift: 0.5)
    case .tanh: .tanh
    case .hardTanh: .hardTanh(slope: 0.5, shift: 0.5)
    case .softplus: .softplus
    case .clip: .clip(lower: -1.5, upper: 0.75)
    case .hardSwish: .hardSwish(shift: 3, limit: 6)
    case .staircase, .exponential, .reciprocal, .squareRoot, .inverseSquareRoot, .logarithm: .linear
    case .erf: .erf
    case .gelu: .gelu
    case .geluTanh: .geluTanh
    case .swish: .swish
    case .softsign: .softsign
    case .softmax: .softmax(axis: int(0...axes - 1))
    }
  }

  /// Without the tensors that no layer makes.
  private func compacted(_ graph: ModelGraph) -> ModelGraph {
    var result = ModelGraph(name: graph.name, source: graph.source)
    var ids: [TensorID: TensorID] = [:]
    for node in graph.nodes {
      ids[node.output] = result.append(
        node.operation,
        named: node.name,
        inputs: node.inputs.compactMap { ids[$0] },
        shape: graph[node.output].shape,
        origin: node.origin
      )
    }
    result.outputs = graph.outputs.compactMap { ids[$0] }
    return result
  }
}
