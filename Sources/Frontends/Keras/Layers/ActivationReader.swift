import Diagnostics
import ModelIR

/// An activation inside another layer.
struct NamedActivation {
  /// What hls4ml appends to the layer's name.
  var name: String
  var function: ActivationFunction
  /// One of QKeras's quantisers in place of the function.
  var quantizer: QKerasQuantizer?
}

/// Reads activations: layers of their own, and options of other layers.
struct ActivationReader {
  let generation: KerasGeneration
  /// The number of axes of the tensor, the batch not counted.
  let rank: Int

  /// A layer that is nothing but an activation.
  func layer(_ kind: KerasLayerClass, _ options: inout LayerOptions) throws -> ActivationFunction {
    switch kind {
    case .activation:
      guard let value = options.value("activation") else { return .linear }
      return try read(value, options.layer, options.origin).function
    case .reLU: return try relu(&options)
    case .leakyReLU:
      let slope = try options.number("negative_slope")
      return .leakyReLU(alpha: try slope ?? options.number("alpha") ?? 0.3)
    case .elu: return .elu(alpha: try options.number("alpha") ?? 1)
    case .thresholdedReLU: return .thresholdedReLU(theta: try options.number("theta") ?? 1)
    case .softmax:
      let axes = try options.ints("axis") ?? [-1]
      guard axes.count == 1, let axis = LayerReader.position(ofAxis: axes[0], rank: rank) else {
        throw options.refuse("'\(options.layer)' normalises along axes \(axes)", hint: "normalise along one axis")
      }
      return .softmax(axis: axis)
    case .inputLayer, .dense, .batchNormalization, .parametricReLU, .flatten, .reshape, .concatenate, .add, .subtract,
      .multiply, .average, .maximum, .minimum, .dropout, .spatialDropout1D, .spatialDropout2D, .spatialDropout3D,
      .gaussianNoise, .gaussianDropout, .alphaDropout, .activityRegularization, .identity, .conv1D, .conv2D,
      .depthwiseConv1D, .depthwiseConv2D, .separableConv1D, .separableConv2D,
      .maxPooling1D, .maxPooling2D,
      .averagePooling1D, .averagePooling2D, .globalMaxPooling1D, .globalMaxPooling2D, .globalAveragePooling1D,
      .globalAveragePooling2D, .zeroPadding1D, .zeroPadding2D, .cropping1D, .cropping2D, .upSampling1D, .upSampling2D,
      .permute, .repeatVector, .timeDistributed, .simpleRNN, .lstm, .gru, .bidirectional, .masking, .dot,
      .layerNormalization, .multiHeadAttention, .einsumDense, .embedding, .conv1DTranspose, .conv2DTranspose,
      .normalization, .rescaling, .unitNormalization, .attention:
      throw options.refuse("'\(kind.rawValue)' in '\(options.layer)' is not an activation")
    }
  }

  /// The option `activation` of a layer that computes something else first.
  func embedded(_ value: JSONValue?, in layer: KerasLayer) throws -> NamedActivation {
    try embedded(value, named: layer.name, origin: layer.origin)
  }

  /// - Parameter name: the layer's.
  func embedded(_ value: JSONValue?, named name: String, origin: Origin) throws -> NamedActivation {
    guard let value else { return NamedActivation(name: "linear", function: .linear) }
    return try read(value, name, origin)
  }

  /// A name, a serialised function, or a serialised layer.
  private func read(_ value: JSONValue, _ layer: String, _ origin: Origin) throws -> NamedActivation {
    if let quantizer = try QKerasQuantizer.read(value, "the activation of '\(layer)'", origin: origin) {
      let name = QuantizerCall(value)?.name ?? "quantizer"
      return NamedActivation(name: name, function: .linear, quantizer: quantizer)
    }
    if let name = value.string { return try named(name, layer, origin) }
    if let name = value["config"]?.string { return try named(name, layer, origin) }
    guard let className = value["class_name"]?.string, let config = value["config"]?.object else {
      throw Diagnostic.error("keras-option", "the activation of '\(layer)' cannot be read", at: origin)
    }
    guard let kind = KerasLayerClass(rawValue: className) else { throw unsupported(className, layer, origin) }
    var options = LayerOptions(layer: layer, origin: origin, values: config)
    return NamedActivation(name: className, function: try self.layer(kind, &options))
  }

  private func named(_ name: String, _ layer: String, _ origin: Origin) throws -> NamedActivation {
    guard let function = function(name) else { throw unsupported(name, layer, origin) }
    return NamedActivation(name: name, function: function)
  }

  private func function(_ name: String) -> ActivationFunction? {
    switch name {
    case "linear": .linear
    case "relu": .relu(ReLUParameters())
    case "relu6": .relu(ReLUParameters(maximum: 6))
    case "leaky_relu": .leakyReLU(alpha: 0.2)
    case "elu": .elu(alpha: 1)
    case "selu": .selu
    case "sigmoid": .sigmoid
    // The two generations of Keras mean different lines.
    case "hard_sigmoid": .hardSigmoid(slope: generation == .two ? 0.2 : 1.0 / 6.0, shift: 0.5)
    case "tanh": .tanh
    case "hard_tanh": .hardTanh(slope: 0.5, shift: 0.5)
    case "hard_shrink": .hardShrink(threshold: 0.5)
    case "softplus": .softplus
    case "softsign": .softsign
    case "gelu": .gelu
    case "silu", "swish": .swish
    case "exponential": .exponential(scale: 1)
    case "softmax": .softmax(axis: rank - 1)
    default: nil
    }
  }

  private func relu(_ options: inout LayerOptions) throws -> ActivationFunction {
    let maximum = try options.number("max_value")
    let slope = try options.number("negative_slope") ?? 0
    let threshold = try options.number("threshold") ?? 0
    if let maximum, maximum < 0 {
      throw options.refuse("'\(options.layer)' sets 'max_value' to \(maximum), below zero")
    }
    return .relu(ReLUParameters(maximum: maximum, negativeSlope: slope, threshold: threshold))
  }

  private func unsupported(_ name: String, _ layer: String, _ origin: Origin) -> Diagnostic {
    .error(
      "unsupported-activation",
      "'\(layer)' has the activation '\(name)', which is not supported",
      at: origin,
      hint:
        "supported are linear, relu, relu6, leaky_relu, elu, selu, sigmoid, hard_sigmoid, tanh, hard_tanh, hard_shrink, "
        + "softplus, softsign, gelu, silu, swish, exponential and softmax"
    )
  }
}
