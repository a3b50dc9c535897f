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
  /// The Python module or registered package of a class that is not Keras's own.
  var foreignPackage: String?
  /// Whether this is an operator on tensors such as `a + b` and not a layer.
  var isOperation = false
  var options: [String: JSONValue]
  /// The shape that Keras built the layer for, batch dimension included.
  var buildShape: JSONValue?
  /// The tensors that each call reads; empty for an input layer.
  var calls: [[KerasTensorReference]]
  /// The layers inside, where the layer is a model itself.
  var model: KerasModel?
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
  var hasHGQLayers: Bool { layers.contains { $0.isHGQ || $0.model?.hasHGQLayers ?? false } }

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

  /// Whether the layer has trained numbers.
  var hasWeights: Bool {
    switch self {
    case .dense, .batchNormalization, .parametricReLU: true
    case .inputLayer, .activation, .reLU, .leakyReLU, .elu, .thresholdedReLU, .softmax, .flatten, .reshape,
      .concatenate,
      .add, .subtract, .multiply, .average, .maximum, .minimum, .dropout, .spatialDropout1D, .spatialDropout2D,
      .spatialDropout3D, .gaussianNoise, .gaussianDropout, .alphaDropout, .activityRegularization, .identity:
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
      .identity:
      false
    }
  }
}
