import Diagnostics
import ModelIR

/// Several heads of attention, made of products with kernels, products of two tensors and a softmax.
extension LayerReader {
  mutating func attention() throws -> LayerMeaning {
    guard let heads = try options.int("num_heads"), let keySize = try options.int("key_dim") else {
      throw missing("num_heads")
    }
    let valueSize = try options.int("value_dim") ?? keySize
    let useBias = try options.bool("use_bias", default: true)
    for option in ["use_gate", "sliding_window"] { try options.mustBeOff(option) }
    options.ignoreDropout(["dropout"])
    options.ignore(["seed", "flash_attention", "query_shape", "key_shape", "value_shape"])
    let rank = inputs[0].count
    if let axes = try options.ints("attention_axes"), axes.sorted() != Array(1..<max(rank, 1)) {
      throw options.refuse("'\(layer.name)' attends along axes \(axes)", hint: "attend along all axes but the last")
    }
    guard [2, 3].contains(inputs.count), rank >= 2, inputs.allSatisfy({ $0.count >= 2 }), heads > 0, keySize > 0,
      valueSize > 0
    else {
      throw options.refuse("'\(layer.name)' attends to tensors of shapes \(inputs)")
    }
    let wanted = options.value("output_shape").map { ($0.array ?? [$0]).compactMap(\.int) } ?? [inputs[0][rank - 1]]
    guard wanted.count == 1 else {
      throw options.refuse("'\(layer.name)' returns features of shape \(wanted)", hint: "return one axis of features")
    }
    var network = LayerNetwork(operands: inputs)
    // Positions along one axis, whatever they are.
    let sequences = inputs.indices.map { index -> LayerNetwork.Value in
      let shape = [inputs[index].dropLast().reduce(1, *), inputs[index].last ?? 1]
      return network.gather(.operand(index), Array(0..<shape[0] * shape[1]), suffix: "positions\(index)", shape: shape)
    }
    let (query, value) = (sequences[0], sequences[1])
    let key = sequences.count > 2 ? sequences[2] : value
    let projections = [
      try projection(query, "query", size: keySize, heads, useBias, scale: 1 / Double(keySize).squareRoot(), &network),
      try projection(key, "key", size: keySize, heads, useBias, &network),
      try projection(value, "value", size: valueSize, heads, useBias, &network),
    ]
    let (targets, sources) = (network.shape(of: query)[0], network.shape(of: key)[0])
    guard sources == network.shape(of: value)[0] else {
      throw rules.error("shape-mismatch", "'\(layer.name)' has keys and values of different lengths: \(inputs)")
    }
    let square = [heads, targets, sources]
    try rules.checkExtents(square)
    // Labels: 0 queries, 1 heads, 2 features, 3 keys.
    let scores = network.append(
      .product(TensorProduct(left: [0, 1, 2], right: [3, 1, 2], output: [1, 0, 3])),
      "scores",
      [projections[0], projections[1]],
      shape: square
    )
    let shares = network.append(.activation(.softmax(axis: 2)), "probabilities", [scores], shape: square)
    let context = network.append(
      .product(TensorProduct(left: [1, 0, 3], right: [3, 1, 2], output: [0, 1, 2])),
      "context",
      [shares, projections[2]],
      shape: [targets, heads, valueSize]
    )
    let (kernel, bias) = try weights(
      "attention_output",
      [heads, valueSize, wanted[0]],
      bias: useBias ? [wanted[0]] : nil
    )
    let result = try contracted(context, "abcd,cde->abe", kernel, bias, &network)
    let shape = Array(inputs[0].dropLast()) + wanted
    let all = Array(0..<shape.reduce(1, *))
    return .network(network, results: [network.gather(result, all, suffix: "result", shape: shape)], mask: nil)
  }

  /// Queries, keys or values of all heads.
  private mutating func projection(
    _ input: LayerNetwork.Value,
    _ part: String,
    size: Int,
    _ heads: Int,
    _ useBias: Bool,
    scale: Double = 1,
    _ network: inout LayerNetwork
  ) throws -> LayerNetwork.Value {
    let features = network.shape(of: input)[1]
    var (kernel, bias) = try weights(part, [features, heads, size], bias: useBias ? [heads, size] : nil)
    if scale != 1 {
      kernel = kernel.scaled(by: scale)
      bias = bias?.scaled(by: scale)
    }
    network.prefix = part
    defer { network.prefix = nil }
    return try contracted(input, "abc,cde->abde", kernel, bias, &network)
  }

  private func contracted(
    _ input: LayerNetwork.Value,
    _ text: String,
    _ kernel: ParameterTensor,
    _ bias: ParameterTensor?,
    _ network: inout LayerNetwork
  ) throws -> LayerNetwork.Value {
    let shape = network.shape(of: input)
    let equation = try EinsumEquation(text, leftRank: shape.count + 1, rightRank: kernel.shape.count, layer: layer)
    let extents = try equation.extents(left: [1] + shape, right: kernel.shape, layer: layer)
    return try EinsumContraction(equation, extents: extents, kernel: kernel, bias: bias, layer: layer)
      .build(input, in: &network)
  }

  /// The kernel and the bias of one of the layer's parts.
  private func weights(_ part: String, _ kernel: [Int], bias: [Int]?) throws -> (ParameterTensor, ParameterTensor?) {
    try rules.checkExtents(kernel)
    var place = address
    place.inside = [part == "attention_output" ? "output_dense" : "\(part)_dense"]
    place.part = part
    let requests =
      [WeightRequest(name: "kernel", shape: kernel)] + (bias.map { [WeightRequest(name: "bias", shape: $0)] } ?? [])
    let tensors = try weights.parameters(of: place, requests)
    return (tensors[0], bias == nil ? nil : tensors[1])
  }
}

extension ParameterTensor {
  fileprivate func scaled(by factor: Double) -> ParameterTensor {
    ParameterTensor(shape: shape, values: values.map { $0 * factor }, precision: .float64)
  }
}
