import Diagnostics

/// The two families of Keras: they agree on most layers and differ in a few defaults.
enum KerasGeneration: Sendable {
  case two, three
}

/// The output of one call of a layer, as Keras's history names it.
struct KerasTensorReference: Hashable, Sendable {
  var layer: String
  /// Which of the layer's calls.
  var call: Int
  /// Which of the call's outputs.
  var tensor: Int
}

/// A layer of a Keras file: its class, its options and where it is called.
struct KerasLayer: Sendable {
  var name: String
  var className: String
  /// The name of the layer that pruning put around this one; files of weights know only that.
  var wrapperName: String?
  /// The Python module or registered package of a class that is not Keras's own.
  var foreignPackage: String?
  /// Whether this is an operator on tensors such as `a + b` and not a layer.
  var isOperation = false
  /// What an operator does: Keras 3's class, or the function of a TensorFlow operator; nil for layers.
  var operatorName: String?
  /// By call of an operator, what it is called on beside tensors.
  var arguments: [KerasCallArguments] = []
  var options: [String: JSONValue]
  /// The shape that Keras built the layer for, batch dimension included.
  var buildShape: JSONValue?
  /// The tensors that each call reads; empty for an input layer.
  var calls: [[KerasTensorReference]]
  /// By call, whether the last of those tensors is a mask.
  var callsWithMask: [Bool] = []
  /// The layers inside, where the layer is a model itself.
  var model: KerasModel?
  /// Whether that model is called at every step of the first axis of what the layer reads.
  var isDistributed = false
  var origin: Origin

  var isInput: Bool { className == KerasLayerClass.inputLayer.rawValue && foreignPackage == nil }
}

/// A functional or sequential model of a Keras file; a sequential one is a chain of calls.
struct KerasModel: Sendable {
  var name: String
  var layers: [KerasLayer]
  var inputs: [KerasTensorReference]
  var outputs: [KerasTensorReference]
  var origin: Origin

  /// Whether HGQ trained some of the layers.
  var hasHGQLayers: Bool { layers.contains { $0.isHGQ || $0.firstHGQClass != nil || $0.model?.hasHGQLayers ?? false } }

  /// The classes whose configuration holds layers.
  static let classNames: Set<String> = ["Functional", "Model", "Sequential"]
}

/// The layer classes that this frontend reads.
enum KerasLayerClass: String, CaseIterable, Sendable {
  case inputLayer = "InputLayer"
  case dense = "Dense"
  case batchNormalization = "BatchNormalization"
  case activation = "Activation"
  case reLU = "ReLU"
  case leakyReLU = "LeakyReLU"
  case parametricReLU = "PReLU"
  case elu = "ELU"
  case thresholdedReLU = "ThresholdedReLU"
  case softmax = "Softmax"
  case flatten = "Flatten"
  case reshape = "Reshape"
  case concatenate = "Concatenate"
  case add = "Add"
  case subtract = "Subtract"
  case multiply = "Multiply"
  case average = "Average"
  case maximum = "Maximum"
  case minimum = "Minimum"
  case dropout = "Dropout"
  case spatialDropout1D = "SpatialDropout1D"
  case spatialDropout2D = "SpatialDropout2D"
  case spatialDropout3D = "SpatialDropout3D"
  case gaussianNoise = "GaussianNoise"
  case gaussianDropout = "GaussianDropout"
  case alphaDropout = "AlphaDropout"
  case activityRegularization = "ActivityRegularization"
  case identity = "Identity"
  case conv1D = "Conv1D"
  case conv2D = "Conv2D"
  case depthwiseConv1D = "DepthwiseConv1D"
  case depthwiseConv2D = "DepthwiseConv2D"
  case separableConv1D = "SeparableConv1D"
  case separableConv2D = "SeparableConv2D"
  case maxPooling1D = "MaxPooling1D"
  case maxPooling2D = "MaxPooling2D"
  case averagePooling1D = "AveragePooling1D"
  case averagePooling2D = "AveragePooling2D"
  case globalMaxPooling1D = "GlobalMaxPooling1D"
  case globalMaxPooling2D = "GlobalMaxPooling2D"
  case globalAveragePooling1D = "GlobalAveragePooling1D"
  case globalAveragePooling2D = "GlobalAveragePooling2D"
  case zeroPadding1D = "ZeroPadding1D"
  case zeroPadding2D = "ZeroPadding2D"
  case cropping1D = "Cropping1D"
  case cropping2D = "Cropping2D"
  case upSampling1D = "UpSampling1D"
  case upSampling2D = "UpSampling2D"
  case permute = "Permute"
  case repeatVector = "RepeatVector"
  case timeDistributed = "TimeDistributed"
  case simpleRNN = "SimpleRNN"
  case lstm = "LSTM"
  case gru = "GRU"
  case bidirectional = "Bidirectional"
  case masking = "Masking"
  case dot = "Dot"
  case layerNormalization = "LayerNormalization"
  case multiHeadAttention = "MultiHeadAttention"
  case einsumDense = "EinsumDense"
  case embedding = "Embedding"
  case conv1DTranspose = "Conv1DTranspose"
  case conv2DTranspose = "Conv2DTranspose"
  case normalization = "Normalization"
  case rescaling = "Rescaling"
  case unitNormalization = "UnitNormalization"
  case attention = "Attention"

  /// Whether the layer has trained numbers.
  var hasWeights: Bool {
    switch self {
    case .dense, .batchNormalization, .parametricReLU, .conv1D, .conv2D, .depthwiseConv1D, .depthwiseConv2D,
      .separableConv1D, .separableConv2D,
      .timeDistributed, .simpleRNN, .lstm, .gru, .bidirectional, .layerNormalization, .multiHeadAttention, .einsumDense,
      .embedding, .conv1DTranspose, .conv2DTranspose, .normalization:
      true
    case .inputLayer, .activation, .reLU, .leakyReLU, .elu, .thresholdedReLU, .softmax, .flatten, .reshape,
      .concatenate,
      .add, .subtract, .multiply, .average, .maximum, .minimum, .dropout, .spatialDropout1D, .spatialDropout2D,
      .spatialDropout3D, .gaussianNoise, .gaussianDropout, .alphaDropout, .activityRegularization, .identity,
      .maxPooling1D, .maxPooling2D,
      .averagePooling1D, .averagePooling2D, .globalMaxPooling1D, .globalMaxPooling2D, .globalAveragePooling1D,
      .globalAveragePooling2D, .zeroPadding1D, .zeroPadding2D, .cropping1D, .cropping2D, .upSampling1D, .upSampling2D,
      .permute, .repeatVector, .masking, .dot, .rescaling, .unitNormalization, .attention:
      false
    }
  }

  /// Whether an operator of `keras.ops` with this name computes the same as the layer.
  var hasOperation: Bool {
    switch self {
    case .add, .subtract, .multiply, .maximum, .minimum: true
    case .inputLayer, .dense, .batchNormalization, .activation, .reLU, .leakyReLU, .parametricReLU, .elu,
      .thresholdedReLU, .softmax, .flatten, .reshape, .concatenate, .average, .dropout, .spatialDropout1D,
      .spatialDropout2D, .spatialDropout3D, .gaussianNoise, .gaussianDropout, .alphaDropout, .activityRegularization,
      .identity, .conv1D, .conv2D, .depthwiseConv1D, .depthwiseConv2D, .separableConv1D, .separableConv2D,
      .maxPooling1D, .maxPooling2D,
      .averagePooling1D, .averagePooling2D, .globalMaxPooling1D, .globalMaxPooling2D, .globalAveragePooling1D,
      .globalAveragePooling2D, .zeroPadding1D, .zeroPadding2D, .cropping1D, .cropping2D, .upSampling1D, .upSampling2D,
      .permute, .repeatVector, .timeDistributed, .simpleRNN, .lstm, .gru, .bidirectional, .masking, .dot,
      .layerNormalization, .multiHeadAttention, .einsumDense, .embedding, .conv1DTranspose, .conv2DTranspose,
      .normalization, .rescaling, .unitNormalization, .attention:
      false
    }
  }
}

extension KerasLayerClass {
  /// Whether the layer does something else where a mask goes with what it reads.
  var readsMask: Bool {
    switch self {
    case .simpleRNN, .lstm, .gru, .bidirectional, .globalAveragePooling1D: true
    case .inputLayer, .dense, .batchNormalization, .activation, .reLU, .leakyReLU, .parametricReLU, .elu,
      .thresholdedReLU, .softmax, .flatten, .reshape, .concatenate, .add, .subtract, .multiply, .average, .maximum,
      .minimum, .dropout, .spatialDropout1D, .spatialDropout2D, .spatialDropout3D, .gaussianNoise, .gaussianDropout,
      .alphaDropout, .activityRegularization, .identity, .conv1D, .conv2D, .depthwiseConv1D, .depthwiseConv2D,
      .separableConv1D, .separableConv2D, .maxPooling1D, .maxPooling2D, .averagePooling1D, .averagePooling2D,
      .globalMaxPooling1D, .globalMaxPooling2D, .globalAveragePooling2D, .zeroPadding1D,
      .zeroPadding2D, .cropping1D, .cropping2D, .upSampling1D, .upSampling2D, .permute, .repeatVector,
      .timeDistributed, .masking, .dot, .layerNormalization, .multiHeadAttention, .einsumDense, .embedding,
      .conv1DTranspose, .conv2DTranspose, .normalization, .rescaling, .unitNormalization, .attention:
      false
    }
  }

  /// What becomes of the mask of what the layer reads.
  var maskRule: MaskRule {
    switch self {
    case .dense, .batchNormalization, .activation, .reLU, .leakyReLU, .parametricReLU, .elu, .thresholdedReLU,
      .softmax, .dropout, .spatialDropout1D, .gaussianNoise, .gaussianDropout, .alphaDropout, .activityRegularization,
      .identity, .timeDistributed, .layerNormalization, .concatenate, .add, .subtract, .multiply, .average, .maximum,
      .minimum, .normalization, .rescaling, .unitNormalization:
      .kept
    case .multiHeadAttention, .einsumDense, .attention: .refused
    case .inputLayer, .flatten, .reshape, .spatialDropout2D, .spatialDropout3D, .conv1D, .conv2D, .depthwiseConv1D,
      .depthwiseConv2D, .separableConv1D, .separableConv2D, .maxPooling1D, .maxPooling2D, .averagePooling1D,
      .averagePooling2D, .globalMaxPooling1D, .globalMaxPooling2D, .globalAveragePooling2D, .zeroPadding1D,
      .zeroPadding2D, .cropping1D, .cropping2D, .upSampling1D, .upSampling2D, .permute, .repeatVector, .simpleRNN,
      .lstm, .gru, .bidirectional, .masking, .globalAveragePooling1D, .dot, .embedding, .conv1DTranspose,
      .conv2DTranspose:
      .dropped
    }
  }
}

/// What becomes of a mask behind a layer that does not look at it.
enum MaskRule: Sendable {
  /// It goes with the result.
  case kept
  /// Keras loses it there.
  case dropped
  /// Keras computes something else with it, which is not read here.
  case refused
}
