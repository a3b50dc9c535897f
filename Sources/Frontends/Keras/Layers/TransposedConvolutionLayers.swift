import Diagnostics
import ModelIR

/// Transposed convolutions as what they equal: zeros between the elements, then a convolution with the mirrored kernel.
extension LayerReader {
  mutating func transposedConvolution(axes count: Int) throws -> LayerMeaning {
    guard let filters = try options.int("filters"), filters > 0 else { throw missing("filters") }
    let channels = try windowedInput(axes: count)
    guard let sizes = try options.perAxis("kernel_size", count) else { throw missing("kernel_size") }
    let strides = try options.perAxis("strides", count) ?? [Int](repeating: 1, count: count)
    let dilations = try options.perAxis("dilation_rate", count) ?? [Int](repeating: 1, count: count)
    let padding = (try options.string("padding") ?? "valid").lowercased()
    if let extra = options.value("output_padding"), !extra.isNull {
      throw options.refuse(
        "'\(layer.name)' sets 'output_padding'",
        hint: "leave it out; the padding then fixes the extent"
      )
    }
    let limit = 1...ShapeInference.elementLimit
    guard ["valid", "same"].contains(padding), dilations.allSatisfy({ $0 == 1 }),
      (sizes + strides).allSatisfy(limit.contains)
    else {
      throw options.refuse("'\(layer.name)' has the padding '\(padding)' and the dilation \(dilations)")
    }
    let activation = try self.activation()
    let (stored, bias) = try kernelAndBias(sizes + [filters, channels], bias: filters, name: "kernel")
    let axes = inputs[0].dropLast().suffix(count)
    let plan = zip(zip(axes, sizes), strides).map { axis, stride in
      TransposedAxis(extent: axis.0, size: axis.1, stride: stride, isSame: padding == "same")
    }
    try rules.checkExtents(plan.map(\.spreadExtent) + [channels])
    let kernel = TransposedAxis.mirrored(stored, sizes: sizes)
    var network = LayerNetwork(operands: inputs)
    let spread = network.spread(.operand(0), strides: strides)
    let window = SlidingWindow(axes: plan.map(\.window))
    let convolution = ModelOperator.convolution(ConvolutionLayer(kernel: kernel, bias: bias, window: window))
    let shape = try rules.shape(of: convolution, inputs: [network.shape(of: spread)], declared: [])
    var result = network.append(convolution, nil, [spread], shape: shape)
    if case .linear = activation.function {
    } else {
      result = network.append(.activation(activation.function), activation.name, [result], shape: shape)
    }
    return .network(network, results: [result], mask: nil)
  }
}

/// One axis of a transposed convolution.
private struct TransposedAxis {
  var extent: Int
  var size: Int
  var stride: Int
  var isSame: Bool

  /// With zeros between the elements.
  var spreadExtent: Int { (extent - 1) * stride + 1 }

  /// The window of the convolution that makes the extent that Keras gives the result.
  var window: SlidingWindow.Axis {
    let result = isSame ? extent * stride : extent * stride + max(size - stride, 0)
    let cut = isSame ? max(size - stride, 0) / 2 : 0
    let before = size - 1 - cut
    return SlidingWindow.Axis(
      size: size,
      before: before,
      after: max(result - spreadExtent - before + size - 1, 0)
    )
  }

  /// The kernel with its window mirrored, channels in before channels out.
  static func mirrored(_ kernel: ParameterTensor, sizes: [Int]) -> ParameterTensor {
    let rank = kernel.shape.count
    let (filters, channels) = (kernel.shape[rank - 2], kernel.shape[rank - 1])
    let taps = sizes.reduce(1, *)
    let values = (0..<taps).flatMap { tap in
      (0..<channels).flatMap { c in
        (0..<filters).map { j in kernel.values[((taps - 1 - tap) * filters + j) * channels + c] }
      }
    }
    return ParameterTensor(shape: sizes + [channels, filters], values: values, precision: kernel.precision)
  }
}
