import Diagnostics
import ModelIR

/// A product with a constant kernel as dense layers between moves of elements.
///
/// Axes are sorted by who has them: positions (input and output), contracted ones (input, with or without the kernel), features
/// (kernel and output), and blocks (all three), which have a kernel each.
struct EinsumContraction {
  private let equation: EinsumEquation
  private let extents: [String: Int]
  private let kernel: ParameterTensor
  /// By output element, or nil.
  private let bias: [Double]?
  private let rules: ShapeInference

  private let blocks: [String]
  private let positions: [String]
  private let contracted: [String]
  private let features: [String]
  private let output: [String]

  init(
    _ equation: EinsumEquation,
    extents: [String: Int],
    kernel: ParameterTensor,
    bias: ParameterTensor?,
    layer: KerasLayer
  ) throws {
    self.equation = equation
    self.extents = extents
    self.kernel = kernel
    let rules = ShapeInference(layer: layer.name, origin: layer.origin)
    self.rules = rules
    let left = Array(equation.left.dropFirst())
    let output = Array(equation.output.dropFirst())
    self.output = output
    blocks = output.filter { left.contains($0) && equation.right.contains($0) }
    positions = output.filter { left.contains($0) && !equation.right.contains($0) }
    features = output.filter { !left.contains($0) }
    contracted = left.filter { !output.contains($0) }
    guard equation.right.allSatisfy({ left.contains($0) || output.contains($0) }) else {
      throw rules.error("unsupported-equation", "'\(layer.name)' sums over an axis that only its kernel has")
    }
    let shape = output.map { extents[$0] ?? 1 }
    try rules.checkExtents(shape.isEmpty ? [1] : shape)
    self.bias = try bias.map { bias in
      guard let sources = TensorLayout.broadcast(bias.shape, to: shape) else {
        throw rules.error("weight-shape", "the bias of '\(layer.name)' does not fit its output of shape \(shape)")
      }
      return sources.map { bias.values[$0] }
    }
  }

  private func shape(_ labels: [String]) -> [Int] { labels.map { extents[$0] ?? 1 } }
  private func count(_ labels: [String]) -> Int { shape(labels).reduce(1, *) }

  /// For every combination of labels, in order, the element of a tensor with these axes; other labels do not move it.
  private func elements(_ labels: [String], of axes: [String]) -> [Int] {
    let strides = Dictionary(zip(axes, TensorLayout.strides(shape(axes)))) { first, _ in first }
    return TensorLayout.sources(shape(labels), strides: labels.map { strides[$0] ?? 0 })
  }

  /// Adds the layers to a network; returns their result.
  func build(_ input: LayerNetwork.Value, in network: inout LayerNetwork) throws -> LayerNetwork.Value {
    let left = Array(equation.left.dropFirst())
    let result = shape(output).isEmpty ? [1] : shape(output)
    if features.isEmpty && contracted.isEmpty { return scaled(input, left, result, in: &network) }
    let order = blocks + positions + contracted
    try rules.checkExtents([max(count(order), 1)])
    try rules.checkExtents([max(count(contracted), 1), max(count(features), 1)])
    let sources = elements(order, of: left)
    let matrices = elements(blocks + contracted + features, of: equation.right)
    let biases = elements(blocks + positions + features, of: output).map { bias?[$0] ?? 0 }
    let (inputSize, outputSize, rows) = (count(contracted), count(features), count(positions))
    let isShared = biasIsShared(biases, rows: rows, outputSize: outputSize)
    var parts: [LayerNetwork.Value] = []
    for block in 0..<count(blocks) {
      let slice = Array(sources[block * rows * inputSize..<(block + 1) * rows * inputSize])
      let argument = network.gather(input, slice, suffix: "argument", shape: shape(positions) + [inputSize])
      let size = inputSize * outputSize
      let weights = matrices[block * size..<(block + 1) * size].map { kernel.values[$0] }
      let own = Array(biases[block * rows * outputSize..<block * rows * outputSize + outputSize])
      let layer = DenseLayer(
        kernel: ParameterTensor(shape: [inputSize, outputSize], values: weights),
        bias: isShared && bias != nil ? ParameterTensor(shape: [outputSize], values: own) : nil
      )
      let suffix = blocks.isEmpty ? nil : "\(block)"
      parts.append(network.append(.dense(layer), suffix, [argument], shape: shape(positions) + [outputSize]))
    }
    var value = parts[0]
    if parts.count > 1 {
      var joined = network.shape(of: value)
      joined[0] *= parts.count
      value = network.append(.concatenate(axis: 0), "blocks", parts, shape: joined)
    }
    value = network.gather(value, elements(output, of: blocks + positions + features), suffix: "order", shape: result)
    guard let bias, !isShared else { return value }
    let shift = AffineLayer(scale: nil, bias: ParameterTensor(shape: result, values: bias))
    return network.append(.affine(shift), "bias", [value], shape: result)
  }

  /// Whether all positions of a block have the same bias.
  private func biasIsShared(_ biases: [Double], rows: Int, outputSize: Int) -> Bool {
    biases.indices.allSatisfy { index in
      let block = index / (rows * outputSize)
      return biases[index] == biases[block * rows * outputSize + index % outputSize]
    }
  }

  /// Nothing is summed: a factor per element.
  private func scaled(
    _ input: LayerNetwork.Value,
    _ left: [String],
    _ result: [Int],
    in network: inout LayerNetwork
  ) -> LayerNetwork.Value {
    let argument = network.gather(input, elements(output, of: left), suffix: "order", shape: result)
    let factors = elements(output, of: equation.right).map { kernel.values[$0] }
    let layer = AffineLayer(
      scale: ParameterTensor(shape: result, values: factors),
      bias: bias.map { ParameterTensor(shape: result, values: $0) }
    )
    return network.append(.affine(layer), nil, [argument], shape: result)
  }
}
