import Diagnostics
import ModelIR

/// The layers that multiply by an equation.
extension HGQLayerReader {
  /// A constant kernel times the input.
  ///
  /// - Parameter normalises: whether a batch normalisation along the bias axes is folded in. Its epsilon is 1e-7,
  ///   whatever was asked for, and it acts before the bias: the layer's bias is the normalisation's own.
  mutating func einsumDense(normalises: Bool) throws {
    guard let text = try options.string("equation") else { throw missing("equation") }
    let biasAxes = try options.string("bias_axes").map { $0.map(String.init) }
    let input = try quantizedOperand()
    let shape = network.shape(of: input)
    var names = ["kernel"]
    if biasAxes != nil || normalises { names.append("bias") }
    if normalises { names.append("gamma") }
    names.append(Self.bookkeeping)
    if normalises { names += ["moving_mean", "moving_variance"] }
    let variables = try variables(names)
    var kernel = try variable("kernel", of: variables, shape: nil)
    let equation = try EinsumEquation(text, leftRank: shape.count + 1, rightRank: kernel.shape.count, layer: layer)
    try checkBatch(of: equation, isInKernel: false)
    let extents = try equation.extents(left: [1] + shape, right: kernel.shape, layer: layer)
    let output = Array(equation.output.dropFirst())
    var bias = try biasAxes.map { axes in
      try variable("bias", of: variables, shape: Self.biasShape(axes, output: output, extents))
    }
    if normalises {
      guard let axes = biasAxes, var shifted = bias else { throw missing("bias_axes") }
      try normalise(&kernel, &shifted, axes, equation, extents, variables)
      bias = shifted
    }
    kernel = try quantize(kernel, by: "kq_conf", inside: "kq")
    bias = try bias.map { try quantize($0, by: "bq_conf", inside: "bq") }
    let contraction = try EinsumContraction(equation, extents: extents, kernel: kernel, bias: bias, layer: layer)
    network.result = try activate(contraction.build(input, in: &network))
  }

  /// The bias runs from the first of its axes to the last axis of the output, with ones between.
  static func biasShape(_ axes: [String], output: [String], _ extents: [String: Int]) -> [Int] {
    let first = output.firstIndex { axes.contains($0) } ?? output.count
    return output[first...].map { axes.contains($0) ? extents[$0, default: 1] : 1 }
  }

  private func checkBatch(of equation: EinsumEquation, isInKernel: Bool) throws {
    let batch = equation.left.first
    guard equation.output.first == batch, isInKernel == (equation.right.first == batch),
      equation.right.dropFirst().allSatisfy({ $0 != batch })
    else {
      throw options.refuse(
        "'\(layer.name)' does not keep the batch as its first axis",
        hint: "write it like 'bc,cC->bC'"
      )
    }
  }

  private func normalise(
    _ kernel: inout ParameterTensor,
    _ bias: inout ParameterTensor,
    _ axes: [String],
    _ equation: EinsumEquation,
    _ extents: [String: Int],
    _ variables: [String: StoredArray]
  ) throws {
    let normalised = axes.map { extents[$0] ?? 0 }
    guard equation.right.filter(axes.contains) == axes, equation.output.filter(axes.contains) == axes else {
      throw options.refuse(
        "'\(layer.name)' normalises along the axes \(axes.joined()), which its kernel does not have in this order",
        hint: "normalise along one axis of the kernel"
      )
    }
    let count = normalised.reduce(1, *)
    let scale = try normalisation(variables, gamma: "gamma", count: count, epsilon: 1e-7)
    let mean = try variable("moving_mean", of: variables, shape: nil)
    guard mean.count == count else {
      throw rules.error("weight-shape", "the means of '\(layer.name)' are not \(count)")
    }
    let strides = Dictionary(zip(axes, TensorLayout.strides(normalised))) { first, _ in first }
    let channels = TensorLayout.sources(kernel.shape, strides: equation.right.map { strides[$0] ?? 0 })
    for (index, channel) in channels.enumerated() {
      kernel.values[index] = Double(Float(kernel.values[index]) * scale[channel])
    }
    let labels = equation.output.suffix(bias.shape.count)
    let biasChannels = TensorLayout.sources(bias.shape, strides: labels.map { strides[$0] ?? 0 })
    for (index, channel) in biasChannels.enumerated() {
      let shift = -Float(mean.values[channel]) * scale[channel]
      bias.values[index] = Double(Float(bias.values[index]) + shift)
    }
  }

  /// The product of two operands along one axis of each, which are counted with the batch as axis 0.
  mutating func dot() throws {
    try options.mustBeOff("normalize")
    guard inputs.count == 2, let axes = try options.ints("axes"), [1, 2].contains(axes.count) else {
      throw missing("axes")
    }
    let labels = try zip(inputs, [axes[0], axes[axes.count - 1]]).enumerated().map { side, operand in
      let (shape, axis) = operand
      guard let position = LayerReader.position(ofAxis: axis, rank: shape.count), shape.count <= 8 else {
        throw options.refuse("'\(layer.name)' multiplies along axis \(axis) of a tensor with \(shape.count + 1) axes")
      }
      let own = Array((side == 0 ? "abcdefgh" : "ijklmnop").prefix(shape.count))
      return own.indices.map { $0 == position ? "z" : String(own[$0]) }
    }
    let output = labels.joined().filter { $0 != "z" }.joined()
    try multiply("y\(labels[0].joined()),y\(labels[1].joined())->y\(output)")
  }

  /// The product of two operands.
  mutating func multiply(_ text: String) throws {
    guard inputs.count == 2 else { throw rules.error("bad-arity", "'\(layer.name)' has \(inputs.count) inputs") }
    network.result = try product(quantizedOperands(), text)
  }

  /// The product of two values by an equation that keeps the batch first.
  mutating func product(_ operands: [LayerNetwork.Value], _ text: String) throws -> LayerNetwork.Value {
    let shapes = operands.map { network.shape(of: $0) }
    let equation = try EinsumEquation(
      text,
      leftRank: shapes[0].count + 1,
      rightRank: shapes[1].count + 1,
      layer: layer
    )
    try checkBatch(of: equation, isInKernel: true)
    let extents = try equation.extents(left: [1] + shapes[0], right: [1] + shapes[1], layer: layer)
    let output = Array(equation.output.dropFirst())
    let labels = output + Set(equation.left + equation.right).subtracting(equation.output).sorted()
    let terms = labels.map { extents[$0] ?? 1 }
    try rules.checkExtents(terms)
    let products = zip(operands, [equation.left, equation.right]).enumerated().map { index, operand in
      let own = Array(operand.1.dropFirst())
      let strides = Dictionary(zip(own, TensorLayout.strides(shapes[index]))) { first, _ in first }
      let sources = TensorLayout.sources(terms, strides: labels.map { strides[$0] ?? 0 })
      return network.gather(operand.0, sources, suffix: "factor\(index)", shape: terms)
    }
    let product = network.append(.merge(.multiply), "product", products, shape: terms)
    let shape = output.map { extents[$0] ?? 1 }
    return addSum(product, terms: terms[output.count...].reduce(1, *), shape: shape.isEmpty ? [1] : shape)
  }

  /// The sum over the last `terms` elements, times a power of two.
  mutating func addSum(_ value: LayerNetwork.Value, terms: Int, shape: [Int], scale: Double = 1) -> LayerNetwork.Value {
    let count = network.shape(of: value).reduce(1, *)
    let rows = network.gather(value, Array(0..<count), suffix: "terms", shape: [count / terms, terms])
    let kernel = ParameterTensor(shape: [terms, 1], values: [Double](repeating: scale, count: terms))
    let sums = network.append(.dense(DenseLayer(kernel: kernel, bias: nil)), nil, [rows], shape: [count / terms, 1])
    return network.gather(sums, Array(0..<count / terms), suffix: "shape", shape: shape)
  }
}
