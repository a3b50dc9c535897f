import Diagnostics
import ModelIR

/// What a call of a layer computes.
enum LayerMeaning {
  /// Its input, unchanged.
  case nothing
  /// One of QKeras's quantisers.
  case quantizer(QKerasQuantizer)
  case operation(ModelOperator, shape: [Int], activation: NamedActivation?)
  /// Several operators, each of the one before; all but the last have names of their own behind the layer's.
  case chain([Step], activation: NamedActivation?)
  /// Several operators, several results, and the mask that goes with the first of them.
  case network(LayerNetwork, results: [LayerNetwork.Value], mask: LayerNetwork.Value?)

  struct Step {
    var operation: ModelOperator
    var shape: [Int]
    var suffix: String?
  }
}

/// Reads one call of a layer: its options, its weights, the shape it makes.
struct LayerReader {
  let layer: KerasLayer
  /// The shapes of what it reads.
  let inputs: [[Int]]
  let generation: KerasGeneration
  let address: LayerAddress
  let weights: any KerasWeights
  /// What an operator is called on beside tensors.
  let arguments: KerasCallArguments?
  let rules: ShapeInference
  /// Whether a mask goes with what the layer reads, which is then one operand more.
  var hasMask = false
  var options: LayerOptions

  init(
    _ layer: KerasLayer,
    inputs: [[Int]],
    generation: KerasGeneration,
    address: LayerAddress,
    weights: any KerasWeights,
    arguments: KerasCallArguments? = nil
  ) {
    self.layer = layer
    self.arguments = arguments
    self.inputs = inputs
    self.generation = generation
    self.address = address
    self.weights = weights
    rules = ShapeInference(layer: layer.name, origin: layer.origin)
    options = LayerOptions(layer: layer.name, origin: layer.origin, values: layer.options)
  }

  mutating func read() throws -> LayerMeaning {
    if let kind = layer.operatorKind, let arguments, !inputs.isEmpty { return try readOperator(kind, arguments) }
    if layer.isProxyQuantizer, !inputs.isEmpty { return try proxyQuantizer() }
    guard let kind = layer.baseClass else {
      throw Diagnostic.error("unsupported-layer", "'\(layer.name)' is a \(layer.className)", at: layer.origin)
    }
    guard !inputs.isEmpty else { throw rules.error("bad-arity", "'\(layer.name)' is called on nothing") }
    try options.checkNumberFormat()
    if let meaning = try layerWithLogSoftmax() { return meaning }
    switch layer.qkerasClass {
    case .activation: return try quantizedActivation()
    case .adaptiveActivation: return try adaptiveActivation()
    case .averagePooling2D: return try quantizedAverage(isGlobal: false)
    case .globalAveragePooling2D: return try quantizedAverage(isGlobal: true)
    case .dense, .conv1D, .conv2D, .depthwiseConv2D, .separableConv1D, .separableConv2D, .batchNormalization,
      .conv2DBatchNorm, .depthwiseConv2DBatchNorm, .denseBatchNorm, nil:
      break
    }
    switch kind {
    case .inputLayer: throw rules.error("keras-architecture", "the input '\(layer.name)' is called like a layer")
    case .dense: return try dense()
    case .batchNormalization: return try batchNormalization()
    case .activation, .reLU, .leakyReLU, .elu, .thresholdedReLU, .softmax:
      let function = try ActivationReader(generation: generation, rank: inputs[0].count).layer(kind, &options)
      return try operation(.activation(function))
    case .parametricReLU: return try parametricReLU()
    case .flatten:
      if inputs[0].count > 1 { try options.mustBeChannelsLast() }
      return try operation(.reshape, declared: [-1])
    case .reshape:
      guard let target = try options.ints("target_shape") else { throw missing("target_shape") }
      return try operation(.reshape, declared: target)
    case .concatenate: return try operation(.concatenate(axis: try axis(default: -1)))
    case .add: return try merge(.add)
    case .subtract: return try merge(.subtract)
    case .multiply: return try merge(.multiply)
    case .average: return try merge(.average)
    case .maximum: return try merge(.maximum)
    case .minimum: return try merge(.minimum)
    case .conv1D: return try convolution(axes: 1)
    case .conv2D: return try convolution(axes: 2)
    case .depthwiseConv1D: return try depthwiseConvolution(axes: 1)
    case .depthwiseConv2D: return try depthwiseConvolution(axes: 2)
    case .separableConv1D: return try separableConvolution(axes: 1)
    case .separableConv2D: return try separableConvolution(axes: 2)
    case .maxPooling1D: return try pooling(.maximum, axes: 1)
    case .maxPooling2D: return try pooling(.maximum, axes: 2)
    case .averagePooling1D: return try pooling(.average(countsPadding: false), axes: 1)
    case .averagePooling2D: return try pooling(.average(countsPadding: false), axes: 2)
    case .globalMaxPooling1D: return try globalPooling(.maximum, axes: 1)
    case .globalMaxPooling2D: return try globalPooling(.maximum, axes: 2)
    case .globalAveragePooling1D where hasMask: return try maskedMean()
    case .globalAveragePooling1D: return try globalPooling(.mean, axes: 1)
    case .globalAveragePooling2D: return try globalPooling(.mean, axes: 2)
    case .zeroPadding1D: return try zeroPadding(axes: 1)
    case .zeroPadding2D: return try zeroPadding(axes: 2)
    case .cropping1D: return try cropping(axes: 1)
    case .cropping2D: return try cropping(axes: 2)
    case .upSampling1D: return try upSampling(axes: 1)
    case .upSampling2D: return try upSampling(axes: 2)
    case .permute: return try permute()
    case .repeatVector: return try repeatVector()
    case .timeDistributed: return try timeDistributed()
    case .simpleRNN: return try recurrence(.simple)
    case .lstm: return try recurrence(.lstm)
    case .gru:
      let resetsAfter = try options.bool("reset_after", default: true)
      return try recurrence(.gru(resetsAfter: resetsAfter))
    case .bidirectional: return try bidirectional()
    case .masking: return try masking()
    case .dot: return try dot()
    case .layerNormalization: return try layerNormalization()
    case .multiHeadAttention: return try attention()
    case .einsumDense: return try einsumDense()
    case .embedding: return try embedding()
    case .conv1DTranspose: return try transposedConvolution(axes: 1)
    case .conv2DTranspose: return try transposedConvolution(axes: 2)
    case .normalization: return try featureNormalization()
    case .rescaling: return try rescaling()
    case .unitNormalization: return try unitNormalization()
    case .attention: return try dotAttention()
    case .dropout, .spatialDropout1D, .spatialDropout2D, .spatialDropout3D, .gaussianNoise, .gaussianDropout,
      .alphaDropout, .activityRegularization, .identity:
      options.ignoreAll()
      guard inputs.count == 1 else { throw rules.error("bad-arity", "'\(layer.name)' has \(inputs.count) inputs") }
      return .nothing
    }
  }

  /// An operator whose output shape follows from its inputs.
  func operation(
    _ operation: ModelOperator,
    declared: [Int] = [],
    activation: NamedActivation? = nil
  ) throws -> LayerMeaning {
    let shape = try rules.shape(of: operation, inputs: inputs, declared: declared)
    return .operation(operation, shape: shape, activation: activation)
  }

  /// The option `axis` as a position in the shape without batch dimension.
  mutating func axis(default fallback: Int) throws -> Int {
    let axes = try options.ints("axis") ?? [fallback]
    let rank = inputs[0].count
    guard axes.count == 1, let axis = Self.position(ofAxis: axes[0], rank: rank) else {
      throw options.refuse(
        "'\(layer.name)' works along axis \(axes) of a tensor with \(rank + 1) axes, the batch included"
      )
    }
    return axis
  }

  /// Keras counts the batch as axis 0, and negative axes from the end; nil for the batch and beyond.
  static func position(ofAxis axis: Int, rank: Int) -> Int? {
    guard (-rank...rank).contains(axis), axis != 0 else { return nil }
    return axis > 0 ? axis - 1 : rank + axis
  }

  func missing(_ option: String) -> Diagnostic {
    .error("keras-option", "the option '\(option)' of '\(layer.name)' is missing", at: layer.origin)
  }
}
