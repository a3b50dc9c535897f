import Diagnostics
import FixedPoint
import ModelIR

/// A layer's trained numbers as it computes with them.
struct LayerConstants {
  var kernel: ParameterTensor
  var bias: ParameterTensor?
  /// What the sums are multiplied by before the bias, per channel out or one for all; nil: nothing.
  var scale: [Double]?
  var types = ParameterTypes.none
}

// What QKeras adds to Keras's layers: quantised constants, and normalisations folded into them.
extension LayerReader {
  /// The constants behind the layer's quantisers, if it has any.
  ///
  /// - Parameter channels: the channel out that an element of the kernel belongs to, by its position along the last axis or axes.
  mutating func constants(
    kernel: ParameterTensor,
    bias: ParameterTensor?,
    quantizer name: String = "kernel_quantizer"
  ) throws -> LayerConstants {
    guard layer.qkerasClass != nil else { return LayerConstants(kernel: kernel, bias: bias) }
    options.ignore(["kernel_range", "bias_range", "depthwise_range", "pointwise_range"])
    var result = LayerConstants(kernel: kernel, bias: bias)
    if let quantizer = try quantizer(name, isKernel: true) {
      let quantized = quantizer.quantized(kernel)
      result.kernel = quantized.tensor
      result.scale = quantized.scale
      result.types.kernel = quantized.type
    }
    if let bias, let quantizer = try quantizer("bias_quantizer", isKernel: false) {
      let quantized = quantizer.quantized(bias)
      result.bias = quantized.scaled
      result.types.bias = quantized.scale == nil ? quantized.type : nil
    }
    return result
  }

  /// A quantiser among the layer's options.
  mutating func quantizer(_ name: String, isKernel: Bool = false) throws -> QKerasQuantizer? {
    guard let value = options.value(name) else { return nil }
    let title = "the \(name) of '\(layer.name)'"
    if let quantizer = try QKerasQuantizer.read(value, title, origin: layer.origin, isKernel: isKernel) {
      return quantizer
    }
    let found = QuantizerCall(value)?.name ?? value["class_name"]?.string
    throw Diagnostic.error(
      "unsupported-quantizer",
      "\(title) is \(found.map { "'\($0)', which is not supported" } ?? "no quantizer that can be read")",
      at: layer.origin,
      hint: "supported are \(QKerasQuantizer.names.sorted().joined(separator: ", "))"
    )
  }

  /// A dense layer or convolution, then its scale, then its activation.
  func meaning(
    of constants: LayerConstants,
    activation: NamedActivation,
    _ make: (ParameterTensor, ParameterTensor?, ParameterTypes) -> ModelOperator
  ) throws -> LayerMeaning {
    guard let scale = constants.scale else {
      return try operation(make(constants.kernel, constants.bias, constants.types), activation: activation)
    }
    let product = make(constants.kernel, nil, constants.types)
    let shape = try rules.shape(of: product, inputs: inputs, declared: [])
    let affine = AffineLayer(scale: ParameterTensor(shape: [scale.count], values: scale), bias: constants.bias)
    return .chain(
      [
        LayerMeaning.Step(operation: product, shape: shape, suffix: nil),
        LayerMeaning.Step(operation: .affine(affine), shape: shape, suffix: "alpha"),
      ],
      activation: activation
    )
  }

  // MARK: - Activations

  mutating func quantizedActivation() throws -> LayerMeaning {
    guard let value = options.value("activation") else { throw missing("activation") }
    let title = "the activation of '\(layer.name)'"
    if let quantizer = try QKerasQuantizer.read(value, title, origin: layer.origin) { return .quantizer(quantizer) }
    // Here QKeras's own function is meant, which is steeper than Keras's.
    if value.string == "hard_sigmoid" { return try operation(.activation(.hardSigmoid(slope: 0.5, shift: 0.5))) }
    let function = try ActivationReader(generation: generation, rank: inputs[0].count)
      .embedded(value, in: layer).function
    return try operation(.activation(function))
  }

  // MARK: - Folded normalisations

  /// Kernel and bias after the batch normalisation of the layer, in float32.
  ///
  /// - Parameter channelAxis: where the kernel has the channels that are normalised, counted from the end.
  mutating func folded(
    _ kernel: ParameterTensor,
    _ bias: ParameterTensor?,
    channelAxis: Int
  ) throws -> (ParameterTensor, ParameterTensor?) {
    guard layer.qkerasClass?.foldsNormalization ?? false else { return (kernel, bias) }
    options.ignore([
      "momentum", "folding_mode", "ema_freeze_delay", "axis", "renorm", "renorm_clipping", "renorm_momentum", "fused",
      "virtual_batch_size", "synchronized", "adjustment",
    ])
    guard let epsilon = try options.number("epsilon") else { throw missing("epsilon") }
    let channels = kernel.shape[kernel.shape.count - 1 - channelAxis]
    let inner = kernel.shape.suffix(channelAxis).reduce(1, *)
    func vector(_ name: String) throws -> [Float] {
      let title = "the \(name) of '\(layer.name)'"
      guard let array = try weights.array(named: name, of: address), array.values.count == channels else {
        throw Diagnostic.error(
          "missing-weight",
          "\(title) is not in the file, or does not have \(channels) values",
          at: layer.origin,
          hint: "check that the weights belong to this model"
        )
      }
      try array.requireFinite(title, at: layer.origin)
      return array.values.map { Float($0) }
    }
    let ones = [Float](repeating: 1, count: channels)
    let gamma = try options.bool("scale", default: true) ? vector("gamma") : ones
    let beta = try options.bool("center", default: true) ? vector("beta") : ones.map { _ in 0 }
    let (mean, variance) = (try vector("moving_mean"), try vector("moving_variance"))
    let factors = zip(gamma, variance).map { $0 * (1 / ($1 + Float(epsilon)).squareRoot()) }
    guard factors.allSatisfy(\.isFinite) else {
      throw rules.error("bad-parameters", "the variance of '\(layer.name)' is not positive")
    }
    var kernel = kernel
    for index in kernel.values.indices {
      kernel.values[index] = Double(factors[index / inner % channels] * Float(kernel.values[index]))
    }
    let shifts = (0..<channels).map { c in
      Double(factors[c] * (Float(bias?.values[c] ?? 0) - mean[c]) + beta[c])
    }
    return (kernel, ParameterTensor(shape: [channels], values: shifts))
  }

  // MARK: - Means

  /// A sum of what the window sees, times a factor that is quantised.
  mutating func quantizedAverage(isGlobal: Bool) throws -> LayerMeaning {
    let activation = try ActivationReader(generation: generation, rank: inputs[0].count)
      .embedded(options.value("activation"), in: layer)
    let quantizer = try self.quantizer("average_quantizer")
    guard let quantizer else {
      let plain = try isGlobal ? globalPooling(.mean, axes: 2) : pooling(.average(countsPadding: false), axes: 2)
      guard case .operation(let operation, let shape, _) = plain else { return plain }
      return .operation(operation, shape: shape, activation: activation)
    }
    let channels = try windowedInput(axes: 2)
    let keepsAxes = isGlobal ? try options.bool("keepdims", default: false) : true
    let window =
      isGlobal
      ? SlidingWindow(axes: inputs[0].dropLast().suffix(2).map { SlidingWindow.Axis(size: $0) })
      : try self.window(axes: 2, size: "pool_size", stridesFollowSize: true)
    guard !window.hasPadding else {
      throw options.refuse("'\(layer.name)' pads the windows of its quantised mean", hint: "use 'valid' padding")
    }
    let factor = ParameterTensor(shape: [1], values: [Double(1 / Float(window.tapCount))])
    let value = quantizer.quantized(factor).scaled.values[0]
    let sizes = window.axes.map(\.size) + [1, channels]
    let kernel = ParameterTensor(shape: sizes, values: [Double](repeating: value, count: sizes.reduce(1, *)))
    let sum = ModelOperator.convolution(ConvolutionLayer(kernel: kernel, bias: nil, window: window, groups: channels))
    let shape = try rules.shape(of: sum, inputs: inputs, declared: [])
    guard !keepsAxes else { return .operation(sum, shape: shape, activation: activation) }
    return .chain(
      [
        LayerMeaning.Step(operation: sum, shape: shape, suffix: "mean"),
        LayerMeaning.Step(operation: .reshape, shape: [channels], suffix: nil),
      ],
      activation: activation
    )
  }
}

extension QKerasConstants {
  /// The numbers times their scale.
  var scaled: ParameterTensor {
    guard let scale else { return tensor }
    var result = tensor
    for index in result.values.indices { result.values[index] *= scale[index % scale.count] }
    return result
  }
}
