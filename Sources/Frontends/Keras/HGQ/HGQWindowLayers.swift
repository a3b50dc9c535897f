import Diagnostics
import ModelIR

/// Convolutions and pooling.
extension HGQLayerReader {
  mutating func convolution(axes count: Int) throws {
    guard let filters = try options.int("filters") else { throw missing("filters") }
    let groups = try options.int("groups") ?? 1
    let useBias = try options.bool("use_bias", default: true)
    let channels = try options.windowedInput(inputs, axes: count, rules: rules)
    guard groups > 0, filters > 0, channels % groups == 0, filters % groups == 0 else {
      throw rules.error(
        "bad-parameters",
        "'\(layer.name)' has \(groups) groups of \(channels) channels in and \(filters) channels out"
      )
    }
    guard let window = try options.window(over: inputs[0], axes: count, size: "kernel_size") else {
      throw missing("kernel_size")
    }
    let input = try quantizedOperand()
    let kernelShape = window.axes.map(\.size) + [channels / groups, filters]
    try rules.checkExtents(kernelShape)
    let variables = try variables(["kernel"] + (useBias ? ["bias"] : []) + [Self.bookkeeping])
    let kernel = try variable("kernel", of: variables, shape: kernelShape)
    let bias = useBias ? try variable("bias", of: variables, shape: [filters]) : nil
    let operation = ModelOperator.convolution(
      ConvolutionLayer(
        kernel: try quantize(kernel, by: "kq_conf", inside: "kq"),
        bias: try bias.map { try quantize($0, by: "bq_conf", inside: "bq") },
        window: window,
        groups: groups
      )
    )
    let shape = try rules.shape(of: operation, inputs: [network.shape(of: input)], declared: [])
    network.result = try activate(network.append(operation, nil, [input], shape: shape))
  }

  mutating func pooling(_ kind: PoolingLayer.Kind, axes count: Int) throws {
    _ = try options.windowedInput(inputs, axes: count, rules: rules)
    guard let window = try options.window(over: inputs[0], axes: count, size: "pool_size", stridesFollowSize: true)
    else { throw missing("pool_size") }
    try append(.pool(PoolingLayer(kind: kind, window: window)))
  }

  mutating func globalPooling(_ kind: ReductionLayer.Kind, axes count: Int) throws {
    _ = try options.windowedInput(inputs, axes: count, rules: rules)
    let keepsAxes = try options.bool("keepdims", default: false)
    let rank = inputs[0].count
    let axes = Array((rank - 1 - count)..<(rank - 1))
    try append(.reduce(ReductionLayer(kind: kind, axes: axes, keepsAxes: keepsAxes)))
  }

  private mutating func append(_ operation: ModelOperator) throws {
    let input = try quantizedOperand()
    let shape = try rules.shape(of: operation, inputs: [network.shape(of: input)], declared: [])
    network.result = network.append(operation, nil, [input], shape: shape)
  }
}
