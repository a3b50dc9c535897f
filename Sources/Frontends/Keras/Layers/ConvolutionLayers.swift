import Diagnostics
import ModelIR

/// Convolutions: plain, per channel, and per channel and then across channels.
extension LayerReader {
  mutating func convolution(axes count: Int) throws -> LayerMeaning {
    guard let filters = try options.int("filters") else { throw missing("filters") }
    let groups = try options.int("groups") ?? 1
    let channels = try windowedInput(axes: count)
    guard groups > 0, channels % groups == 0, filters > 0, filters % groups == 0 else {
      throw rules.error(
        "bad-parameters",
        "'\(layer.name)' has \(groups) groups of \(channels) channels in and \(filters) channels out"
      )
    }
    let window = try self.window(axes: count, size: "kernel_size")
    let activation = try self.activation()
    let sizes = window.axes.map(\.size)
    let (kernel, bias) = try kernelAndBias(sizes + [channels / groups, filters], bias: filters, name: "kernel")
    let (folded, shift) = try folded(kernel, bias, channelAxis: 0)
    return try meaning(of: try constants(kernel: folded, bias: shift), activation: activation) {
      .convolution(ConvolutionLayer(kernel: $0, bias: $1, window: window, groups: groups, types: $2))
    }
  }

  mutating func depthwiseConvolution(axes count: Int) throws -> LayerMeaning {
    let channels = try windowedInput(axes: count)
    let multiplier = try depthMultiplier()
    let window = try self.window(axes: count, size: "kernel_size")
    let activation = try self.activation()
    let sizes = window.axes.map(\.size)
    let (stored, bias) = try kernelAndBias(
      sizes + [channels, multiplier],
      bias: channels * multiplier,
      name: "depthwise_kernel",
      otherName: "kernel"
    )
    let (kernel, shift) = try folded(stored, bias, channelAxis: 1)
    var constants = try constants(kernel: kernel, bias: shift, quantizer: "depthwise_quantizer")
    constants.scale = constants.scale.map { Self.spread($0, channels: channels, multiplier: multiplier) }
    return try meaning(of: constants, activation: activation) {
      Self.depthwise($0, bias: $1, window: window, channels: channels, multiplier: multiplier, types: $2)
    }
  }

  /// A convolution per channel, and one of width 1 across the channels that it makes.
  mutating func separableConvolution(axes count: Int) throws -> LayerMeaning {
    guard let filters = try options.int("filters"), filters > 0 else { throw missing("filters") }
    let channels = try windowedInput(axes: count)
    let multiplier = try depthMultiplier()
    let window = try self.window(axes: count, size: "kernel_size")
    let activation = try self.activation()
    let sizes = window.axes.map(\.size)
    let ones = [Int](repeating: 1, count: count)
    var requests = [
      WeightRequest(name: "depthwise_kernel", shape: sizes + [channels, multiplier]),
      WeightRequest(name: "pointwise_kernel", shape: ones + [channels * multiplier, filters]),
    ]
    for request in requests { try rules.checkExtents(request.shape) }
    let hasBias = try options.bool("use_bias", default: true)
    if hasBias { requests.append(WeightRequest(name: "bias", shape: [filters])) }
    let tensors = try weights.parameters(of: address, requests)
    let inner = try constants(kernel: tensors[0], bias: nil, quantizer: "depthwise_quantizer")
    let outer = try constants(
      kernel: tensors[1],
      bias: hasBias ? tensors[2] : nil,
      quantizer: "pointwise_quantizer"
    )
    let depthwise = Self.depthwise(
      inner.kernel,
      bias: nil,
      window: window,
      channels: channels,
      multiplier: multiplier,
      types: inner.types
    )
    let between = try rules.shape(of: depthwise, inputs: inputs, declared: [])
    let pointwise = ModelOperator.convolution(
      ConvolutionLayer(
        kernel: outer.kernel,
        bias: outer.scale == nil ? outer.bias : nil,
        window: SlidingWindow(axes: ones.map { SlidingWindow.Axis(size: $0) }),
        types: outer.types
      )
    )
    let shape = try rules.shape(of: pointwise, inputs: [between], declared: [])
    var steps = [LayerMeaning.Step(operation: depthwise, shape: between, suffix: "depthwise")]
    if let scale = inner.scale {
      let spread = Self.spread(scale, channels: channels, multiplier: multiplier)
      steps.append(Self.scaled(by: spread, bias: nil, shape: between, suffix: "depthwise_alpha"))
    }
    steps.append(LayerMeaning.Step(operation: pointwise, shape: shape, suffix: "pointwise"))
    if let scale = outer.scale {
      steps.append(Self.scaled(by: scale, bias: outer.bias, shape: shape, suffix: "alpha"))
    }
    return .chain(steps, activation: activation)
  }

  /// A multiplication of its own behind a kernel.
  private static func scaled(by scale: [Double], bias: ParameterTensor?, shape: [Int], suffix: String)
    -> LayerMeaning.Step
  {
    let affine = AffineLayer(scale: ParameterTensor(shape: [scale.count], values: scale), bias: bias)
    return LayerMeaning.Step(operation: .affine(affine), shape: shape, suffix: suffix)
  }

  /// By channel out of a depthwise kernel, what belongs to its multiple.
  private static func spread(_ scale: [Double], channels: Int, multiplier: Int) -> [Double] {
    scale.count == 1 ? scale : (0..<channels * multiplier).map { scale[$0 % scale.count] }
  }

  /// Keras orders a depthwise kernel by channel in and then multiplier, which is the order of the channels out.
  private static func depthwise(
    _ stored: ParameterTensor,
    bias: ParameterTensor?,
    window: SlidingWindow,
    channels: Int,
    multiplier: Int,
    types: ParameterTypes
  ) -> ModelOperator {
    let kernel = ParameterTensor(
      shape: window.axes.map(\.size) + [1, channels * multiplier],
      values: stored.values,
      precision: stored.precision
    )
    return .convolution(
      ConvolutionLayer(kernel: kernel, bias: bias, window: window, groups: channels, types: types)
    )
  }

  private mutating func depthMultiplier() throws -> Int {
    let multiplier = try options.int("depth_multiplier") ?? 1
    guard (1...ShapeInference.elementLimit).contains(multiplier) else {
      throw options.refuse("'\(layer.name)' has the depth multiplier \(multiplier)")
    }
    return multiplier
  }

  mutating func activation() throws -> NamedActivation {
    try ActivationReader(generation: generation, rank: inputs[0].count)
      .embedded(options.value("activation"), in: layer)
  }

  mutating func kernelAndBias(
    _ shape: [Int],
    bias: Int,
    name: String,
    otherName: String? = nil
  ) throws -> (ParameterTensor, ParameterTensor?) {
    for option in ["lora_rank", "lora_alpha", "quantization_config", "quantization_mode"] {
      try options.mustBeOff(option, hint: "merge or remove it, and save the model with plain float weights")
    }
    let hasBias = try options.bool("use_bias", default: true)
    try rules.checkExtents(shape)
    var requests = [WeightRequest(name: name, shape: shape, otherName: otherName)]
    if hasBias { requests.append(WeightRequest(name: "bias", shape: [bias])) }
    let tensors = try weights.parameters(of: address, requests)
    return (tensors[0], hasBias ? tensors[1] : nil)
  }
}
