import Diagnostics
import ModelIR
import TextForm

/// Folds batch normalisation and scaling into dense layers and convolutions, and drops layers that do nothing.
///
/// - `dense → affine` becomes one dense layer where the affine layer is the only reader and acts per output channel.
/// - `affine → dense` becomes one dense layer likewise: the scale multiplies the kernel's rows.
/// - Convolutions likewise; where they pad with zeros, only a scale folds into them from before.
/// - `affine → affine` becomes one.
/// - Linear activations and affine layers with scale 1 and bias 0 disappear.
///
/// Exact in real arithmetic; computed in double precision.
package struct AffineFolding: ModelPass {
  package init() {}

  package func run(_ graph: ModelGraph, log: DiagnosticLog) throws -> ModelGraph {
    var graph = graph
    for index in graph.nodes.indices {
      if case .batchNormalization(let layer) = graph.nodes[index].operation {
        graph.nodes[index].operation = .affine(layer.affine)
      }
    }
    var changed = true
    while changed {
      changed = false
      for index in graph.nodes.indices.reversed() where fold(&graph, at: index) {
        changed = true
        break
      }
    }
    DeadNodeElimination.run(&graph)
    PassTrace.record(.affineFolding, graph)
    return graph
  }

  /// Tries to make one node of the node at `index` and its predecessor, or none of it.
  private func fold(_ graph: inout ModelGraph, at index: Int) -> Bool {
    let node = graph.nodes[index]
    guard let input = node.inputs.first, let maker = graph.nodes.firstIndex(where: { $0.output == input }) else {
      return false
    }
    let isOnlyReader = graph.readerCounts[input.index] == 1
    switch (graph.nodes[maker].operation, node.operation) {
    case (_, .activation(.linear)):
      bypass(&graph, index)
      return true
    case (_, .affine(let layer)) where layer.isIdentity:
      bypass(&graph, index)
      return true
    case (.dense(let dense), .affine(let affine)) where isOnlyReader:
      guard let folded = dense.followed(by: affine) else { return false }
      replace(&graph, maker, andThen: index, by: .dense(folded), named: graph.nodes[maker])
      return true
    case (.affine(let affine), .dense(let dense)) where isOnlyReader:
      guard let folded = dense.preceded(by: affine) else { return false }
      replace(&graph, maker, andThen: index, by: .dense(folded), named: node)
      return true
    case (.convolution(let convolution), .affine(let affine)) where isOnlyReader:
      guard let folded = convolution.followed(by: affine) else { return false }
      replace(&graph, maker, andThen: index, by: .convolution(folded), named: graph.nodes[maker])
      return true
    case (.affine(let affine), .convolution(let convolution)) where isOnlyReader:
      guard let folded = convolution.preceded(by: affine) else { return false }
      replace(&graph, maker, andThen: index, by: .convolution(folded), named: node)
      return true
    case (.affine(let first), .affine(let second)) where isOnlyReader:
      let folded = first.followed(by: second, count: graph[node.output].count)
      replace(&graph, maker, andThen: index, by: .affine(folded), named: node)
      return true
    default: return false
    }
  }

  /// Lets the readers of a node read its input instead.
  private func bypass(_ graph: inout ModelGraph, _ index: Int) {
    let removed = graph.nodes.remove(at: index)
    for i in graph.nodes.indices {
      graph.nodes[i].inputs = graph.nodes[i].inputs.map { $0 == removed.output ? removed.inputs[0] : $0 }
    }
    graph.outputs = graph.outputs.map { $0 == removed.output ? removed.inputs[0] : $0 }
  }

  /// Replaces two neighbours by one node that reads the first's input and makes the second's output.
  private func replace(
    _ graph: inout ModelGraph,
    _ first: Int,
    andThen second: Int,
    by operation: ModelOperator,
    named model: ModelNode
  ) {
    graph.nodes[second] = ModelNode(
      name: model.name,
      operation: operation,
      inputs: graph.nodes[first].inputs,
      output: graph.nodes[second].output,
      origin: model.origin
    )
    graph.nodes.remove(at: first)
  }
}

extension BatchNormalizationLayer {
  /// The same function as a scale and a bias per channel.
  var affine: AffineLayer {
    let scale = variance.values.enumerated().map { c, variance in
      (gamma?.values[c] ?? 1) / (variance + epsilon).squareRoot()
    }
    let bias = scale.enumerated().map { c, scale in (beta?.values[c] ?? 0) - mean.values[c] * scale }
    return AffineLayer(
      scale: ParameterTensor(shape: [scale.count], values: scale, precision: .float64),
      bias: ParameterTensor(shape: [bias.count], values: bias, precision: .float64)
    )
  }
}

extension AffineLayer {
  var isIdentity: Bool {
    (scale?.values.allSatisfy { $0 == 1 } ?? true) && (bias?.values.allSatisfy { $0 == 0 } ?? true)
  }

  /// The scale of every one of `count` elements: one value, one per channel and one per element all repeat.
  func scales(_ count: Int) -> [Double] { (0..<count).map { i in scale.map { $0.values[i % $0.count] } ?? 1 } }
  func biases(_ count: Int) -> [Double] { (0..<count).map { i in bias.map { $0.values[i % $0.count] } ?? 0 } }

  /// Whether scale and bias are the same for every position of `channels` channels.
  func isPerChannel(_ channels: Int) -> Bool {
    [scale, bias].allSatisfy { tensor in tensor.map { channels % $0.count == 0 } ?? true }
  }

  func followed(by next: AffineLayer, count: Int) -> AffineLayer {
    let scale = zip(scales(count), next.scales(count)).map { $0 * $1 }
    let bias = zip(zip(biases(count), next.scales(count)), next.biases(count)).map { $0.0 * $0.1 + $1 }
    return AffineLayer(
      scale: ParameterTensor(shape: [count], values: scale, precision: .float64),
      bias: ParameterTensor(shape: [count], values: bias, precision: .float64)
    )
  }
}

extension DenseLayer {
  private func with(kernel values: [Double], bias: [Double]) -> DenseLayer {
    DenseLayer(
      kernel: ParameterTensor(shape: kernel.shape, values: values, precision: .float64),
      bias: ParameterTensor(shape: [bias.count], values: bias, precision: .float64)
    )
  }

  /// `affine(dense(x))` as one layer; nil where the affine layer differs between positions.
  func followed(by affine: AffineLayer) -> DenseLayer? {
    guard affine.isPerChannel(outputSize) else { return nil }
    let scales = affine.scales(outputSize)
    let biases = affine.biases(outputSize)
    let weights = kernel.values.enumerated().map { $1 * scales[$0 % outputSize] }
    return with(
      kernel: weights,
      bias: (0..<outputSize).map { (bias?.values[$0] ?? 0) * scales[$0] + biases[$0] }
    )
  }

  /// `dense(affine(x))` as one layer; nil where the affine layer differs between positions.
  func preceded(by affine: AffineLayer) -> DenseLayer? {
    guard affine.isPerChannel(inputSize) else { return nil }
    let scales = affine.scales(inputSize)
    let biases = affine.biases(inputSize)
    let weights = kernel.values.enumerated().map { $1 * scales[$0 / outputSize] }
    var sums = bias?.values ?? [Double](repeating: 0, count: outputSize)
    for i in 0..<inputSize {
      for j in 0..<outputSize { sums[j] += biases[i] * kernel.values[i * outputSize + j] }
    }
    return with(kernel: weights, bias: sums)
  }
}
