import DataFiles
import Diagnostics
import ModelIR

/// Products of tensors by tensors and by kernels with an equation, and joins that repeat what is smaller.
extension LayerReader {
  /// Tensors element by element; axes of extent 1 are repeated.
  func merge(_ kind: MergeKind) throws -> LayerMeaning {
    let rank = inputs[0].count
    guard inputs.count > 1, inputs.contains(where: { $0 != inputs[0] }), inputs.allSatisfy({ $0.count == rank }) else {
      return try operation(.merge(kind))
    }
    let shape = inputs[0].indices.map { axis in inputs.map { $0[axis] }.max() ?? 1 }
    try rules.checkExtents(shape)
    var network = LayerNetwork(operands: inputs)
    var operands: [LayerNetwork.Value] = []
    for index in inputs.indices {
      guard let all = network.broadcast(.operand(index), to: shape, suffix: "operand\(index)") else {
        return try operation(.merge(kind))
      }
      operands.append(all)
    }
    let result = network.append(.merge(kind), nil, operands, shape: shape)
    return .network(network, results: [result], mask: nil)
  }

  /// The product of two operands along one axis of each, which are counted with the batch as axis 0.
  mutating func dot() throws -> LayerMeaning {
    try options.mustBeOff("normalize", hint: "divide by the norms with layers of their own")
    guard inputs.count == 2, let axes = try options.ints("axes"), [1, 2].contains(axes.count) else {
      throw missing("axes")
    }
    var labels = [Array(0..<inputs[0].count), Array(inputs[0].count..<inputs[0].count + inputs[1].count)]
    for (side, axis) in [axes[0], axes[axes.count - 1]].enumerated() {
      guard let place = Self.position(ofAxis: axis, rank: inputs[side].count) else {
        throw options.refuse("'\(layer.name)' multiplies along axis \(axis) of a tensor of shape \(inputs[side])")
      }
      labels[side][place] = -1
    }
    let common = inputs[0].count + inputs[1].count
    let output = (labels[0] + labels[1]).filter { $0 >= 0 }
    let named = labels.map { $0.map { $0 < 0 ? common : $0 } }
    return try operation(.product(TensorProduct(left: named[0], right: named[1], output: output)))
  }

  /// `a · b` of the last two axes, the axes before them walked in both.
  func matrixProduct(_ arguments: KerasCallArguments) throws -> LayerMeaning {
    // What TensorFlow's function may do besides.
    for name in ["transpose_a", "transpose_b", "adjoint_a", "adjoint_b"]
    where arguments.named[name].map({ !$0.isOff }) ?? false {
      throw options.refuse("'\(layer.name)' sets '\(name)'", hint: "transpose the matrix itself")
    }
    if inputs.count == 1, let (matrix, isFirst) = try constantMatrix(arguments) {
      return try product(with: matrix, isFirst: isFirst)
    }
    guard inputs.count == 2, inputs[0].count == inputs[1].count, inputs[0].count >= 2 else {
      throw rules.error("shape-mismatch", "'\(layer.name)' multiplies tensors of shapes \(inputs)")
    }
    return try operation(.product(.matrices(outer: inputs[0].count - 2)))
  }

  /// A product with a matrix of constants from either side, as adjacencies stand in networks on graphs.
  private func product(with matrix: ParameterTensor, isFirst: Bool) throws -> LayerMeaning {
    // Axes in front of the matrices are the ellipsis's, the batch among them.
    let text = isFirst ? "...nc,en->...ec" : "...c,cd->...d"
    let shape = [1] + inputs[0]
    let equation = try EinsumEquation(text, leftRank: shape.count, rightRank: 2, layer: layer)
    var network = LayerNetwork(operands: inputs)
    let extents = try equation.extents(left: shape, right: matrix.shape, layer: layer)
    network.result = try EinsumContraction(equation, extents: extents, kernel: matrix, bias: nil, layer: layer)
      .build(.operand(0), in: &network)
    return .network(network, results: [network.result], mask: nil)
  }

  /// The matrix beside the only tensor, and whether it stands before it; nil where there is none.
  private func constantMatrix(_ arguments: KerasCallArguments) throws -> (ParameterTensor, isFirst: Bool)? {
    var given: (value: JSONValue, isFirst: Bool)?
    for (place, argument) in arguments.positional.enumerated() {
      if case .value(let value) = argument { given = given ?? (value, place == 0) }
    }
    for (name, isFirst) in [("a", true), ("x1", true), ("b", false), ("x2", false)] {
      if let value = arguments.named[name] { given = given ?? (value, isFirst) }
    }
    // Keras 3 writes an array as an object that holds lists.
    guard let given, let rows = (given.value["config"]?["value"] ?? given.value).array?.map(\.array) else { return nil }
    let numbers = rows.map { row in (row ?? []).compactMap(\.number) }
    let width = numbers.first?.count ?? 0
    guard width > 0, zip(rows, numbers).allSatisfy({ $0?.count == width && $1.count == width }) else {
      throw options.refuse("'\(layer.name)' multiplies by something that is no matrix of numbers")
    }
    try rules.checkExtents([rows.count, width])
    let values = numbers.flatMap { $0 }.map { Double(Float($0)) }
    return (ParameterTensor(shape: [rows.count, width], values: values), given.isFirst)
  }

  /// A kernel times the input by an equation.
  mutating func einsumDense() throws -> LayerMeaning {
    guard let text = try options.string("equation") else { throw missing("equation") }
    for option in ["lora_rank", "lora_alpha", "quantization_config", "quantization_mode"] {
      try options.mustBeOff(option, hint: "merge or remove it, and save the model with plain float weights")
    }
    guard inputs.count == 1 else { throw rules.error("bad-arity", "'\(layer.name)' has \(inputs.count) inputs") }
    let shape = inputs[0]
    let equation = try EinsumEquation(text, leftRank: shape.count + 1, rightRank: nil, layer: layer)
    guard let batch = equation.left.first, equation.output.first == batch, !equation.right.contains(batch) else {
      throw options.refuse(
        "'\(layer.name)' does not keep the batch as its first axis",
        hint: "write it like 'bc,cC->bC'"
      )
    }
    var extents = Dictionary(zip(equation.left, [1] + shape)) { first, _ in first }
    let wanted = (options.value("output_shape").map { $0.array ?? [$0] } ?? []).map(\.int)
    for (label, extent) in zip(equation.output.reversed(), wanted.reversed()) where extents[label] == nil {
      extents[label] = extent
    }
    let kernelShape = equation.right.compactMap { extents[$0] }
    guard kernelShape.count == equation.right.count else {
      throw options.refuse("'\(layer.name)' has the equation '\(text)' and leaves extents of its output open")
    }
    try rules.checkExtents(kernelShape)
    let output = Array(equation.output.dropFirst())
    var requests = [WeightRequest(name: "kernel", shape: kernelShape)]
    let axes = try options.string("bias_axes").map { $0.map(String.init) }
    if let axes {
      requests.append(WeightRequest(name: "bias", shape: HGQLayerReader.biasShape(axes, output: output, extents)))
    }
    let tensors = try weights.parameters(of: address, requests)
    let contraction = try EinsumContraction(
      equation,
      extents: extents,
      kernel: tensors[0],
      bias: axes == nil ? nil : tensors[1],
      layer: layer
    )
    var network = LayerNetwork(operands: inputs)
    let product = try contraction.build(.operand(0), in: &network)
    let result = try activated(product, in: &network)
    return .network(network, results: [result], mask: nil)
  }

  /// The layer's activation behind what it computes.
  mutating func activated(_ value: LayerNetwork.Value, in network: inout LayerNetwork) throws -> LayerNetwork.Value {
    let shape = network.shape(of: value)
    let activation = try ActivationReader(generation: generation, rank: shape.count)
      .embedded(options.value("activation"), in: layer)
    if activation.quantizer != nil { throw options.refuse("'\(layer.name)' has a quantiser for its activation") }
    if case .linear = activation.function { return value }
    return network.append(.activation(activation.function), activation.name, [value], shape: shape)
  }

  /// Rows of a table by number; where zero means that nothing is there, with a mask.
  mutating func embedding() throws -> LayerMeaning {
    guard let rows = try options.int("input_dim"), let size = try options.int("output_dim") else {
      throw missing("input_dim")
    }
    for option in ["lora_rank", "lora_alpha", "quantization_config", "quantization_mode"] {
      try options.mustBeOff(option, hint: "merge or remove it, and save the model with plain float weights")
    }
    let hasMask = try options.bool("mask_zero", default: false)
    try rules.checkExtents([rows, size])
    let table = try weights.parameters(of: address, [WeightRequest(name: "embeddings", shape: [rows, size])])[0]
    let operation = ModelOperator.embedding(EmbeddingLayer(table: table))
    let shape = try rules.shape(of: operation, inputs: inputs, declared: [])
    guard hasMask, inputs[0].count == 1 else { return .operation(operation, shape: shape, activation: nil) }
    var network = LayerNetwork(operands: inputs)
    let differs = Staircase(thresholds: [0, Double.leastNonzeroMagnitude], values: [1, 0, 1])
    let flags = network.append(.activation(.staircase(differs)), "differs", [.operand(0)], shape: inputs[0])
    let mask = network.append(.reshape, "mask", [flags], shape: inputs[0] + [1])
    let result = network.append(operation, nil, [.operand(0)], shape: shape)
    return .network(network, results: [result], mask: mask)
  }
}
