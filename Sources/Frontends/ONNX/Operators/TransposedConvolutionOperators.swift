import Diagnostics
import ModelIR

// Transposed convolutions as what they equal: zeros between the elements, then a convolution with the mirrored kernel.
extension GraphImporter {
  mutating func importTransposedConvolution(_ node: OperatorNode) throws {
    try checkInputs(node, atMost: 3)
    let input = try anyLayout(node, 0)
    let weights = try constant(node, 1, "kernel")
    let bias = try optionalConstant(node, 2, "bias")
    let rank = weights.shape.count - 2
    let groups = try node.integer("group", default: 1)
    let refusal = node.error(
      "shape-mismatch",
      "'\(node.label)' (ConvTranspose) has a kernel of shape \(weights.shape) and an input of shape \(input.shape) per event",
      hint: "transposed convolutions over one or two axes without groups and dilation, with fixed pads, can be compiled"
    )
    guard (1...2).contains(rank), input.shape.count == rank + 1, weights.type.isFloatingPoint, groups == 1,
      weights.shape[0] == input.shape[0], try ["NOTSET", nil].contains(node.string("auto_pad")),
      try node.integers("output_shape") == nil
    else { throw refusal }
    let sizes = Array(weights.shape.dropFirst(2))
    let ones = [Int](repeating: 1, count: rank)
    let strides = try node.integers("strides") ?? ones
    let extra = try node.integers("output_padding") ?? ones.map { _ in 0 }
    let pads = try node.integers("pads") ?? [Int](repeating: 0, count: 2 * rank)
    let limit = 0...ShapeInference.elementLimit
    guard try (node.integers("kernel_shape") ?? sizes) == sizes, try (node.integers("dilations") ?? ones) == ones,
      strides.count == rank, extra.count == rank, pads.count == 2 * rank,
      (strides + extra + pads).allSatisfy(limit.contains), strides.allSatisfy({ $0 > 0 }),
      (0..<rank).allSatisfy({ pads[$0] < sizes[$0] && pads[rank + $0] < sizes[$0] + extra[$0] }),
      let kernel = weights.transposed(Array(2..<weights.shape.count) + [0, 1])
    else { throw refusal }
    let window = SlidingWindow(
      axes: (0..<rank).map { axis in
        SlidingWindow.Axis(
          size: sizes[axis],
          before: sizes[axis] - 1 - pads[axis],
          after: sizes[axis] - 1 - pads[rank + axis] + extra[axis]
        )
      }
    )
    let source = try channelsLast(input, origin: node.origin)
    try ShapeInference(layer: node.label, origin: node.origin)
      .checkExtents(zip(input.shape.dropFirst(), strides).map { ($0 - 1) * $1 + 1 } + [input.shape[0]])
    let block = kernel.shape[rank] * kernel.shape[rank + 1]
    let taps = sizes.reduce(1, *)
    let mirrored = (0..<taps).flatMap { tap in kernel.values[(taps - 1 - tap) * block..<(taps - tap) * block] }
    let layer = ConvolutionLayer(
      kernel: ConstantTensor(shape: kernel.shape, values: mirrored, type: kernel.type).parameter(shape: kernel.shape),
      bias: bias.map { $0.parameter(shape: $0.shape) },
      window: window
    )
    var network = LayerNetwork(operands: [graph[source].shape])
    let spread = network.spread(.operand(0), strides: strides)
    let rules = ShapeInference(layer: node.label, origin: node.origin)
    let shape = try rules.shape(of: .convolution(layer), inputs: [network.shape(of: spread)], declared: [])
    let result = network.append(.convolution(layer), nil, [spread], shape: shape)
    let tensors = append(network, node, operands: [source])
    try defineChannelsFirst(node, tensors(result))
  }
}
