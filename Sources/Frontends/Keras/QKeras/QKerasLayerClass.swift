/// The layer classes of QKeras that this frontend reads.
enum QKerasLayerClass: String, CaseIterable, Sendable {
  case dense = "QDense"
  case conv1D = "QConv1D"
  case conv2D = "QConv2D"
  case depthwiseConv2D = "QDepthwiseConv2D"
  case separableConv1D = "QSeparableConv1D"
  case separableConv2D = "QSeparableConv2D"
  case activation = "QActivation"
  case adaptiveActivation = "QAdaptiveActivation"
  case batchNormalization = "QBatchNormalization"
  case averagePooling2D = "QAveragePooling2D"
  case globalAveragePooling2D = "QGlobalAveragePooling2D"
  case conv2DBatchNorm = "QConv2DBatchnorm"
  case depthwiseConv2DBatchNorm = "QDepthwiseConv2DBatchnorm"
  case denseBatchNorm = "QDenseBatchnorm"

  /// The layer of Keras that this one is with quantised numbers.
  var base: KerasLayerClass {
    switch self {
    case .dense, .denseBatchNorm: .dense
    case .conv1D: .conv1D
    case .conv2D, .conv2DBatchNorm: .conv2D
    case .depthwiseConv2D, .depthwiseConv2DBatchNorm: .depthwiseConv2D
    case .separableConv1D: .separableConv1D
    case .separableConv2D: .separableConv2D
    case .activation, .adaptiveActivation: .activation
    case .batchNormalization: .batchNormalization
    case .averagePooling2D: .averagePooling2D
    case .globalAveragePooling2D: .globalAveragePooling2D
    }
  }

  /// Whether a batch normalisation is folded into the kernel before it is quantised.
  var foldsNormalization: Bool {
    switch self {
    case .conv2DBatchNorm, .depthwiseConv2DBatchNorm, .denseBatchNorm: true
    case .dense, .conv1D, .conv2D, .depthwiseConv2D, .separableConv1D, .separableConv2D, .activation,
      .adaptiveActivation, .batchNormalization, .averagePooling2D, .globalAveragePooling2D:
      false
    }
  }
}

extension KerasLayer {
  /// What the layer is, if it is one of QKeras's that is read.
  var qkerasClass: QKerasLayerClass? {
    isHGQ || firstHGQClass != nil || isOperation ? nil : QKerasLayerClass(rawValue: className)
  }

  /// Keras's own class of the layer, or of the one that QKeras quantises.
  var baseClass: KerasLayerClass? { qkerasClass?.base ?? KerasLayerClass(rawValue: className) }
}

extension KerasModel {
  /// Whether QKeras trained some of the layers.
  var hasQKerasLayers: Bool { layers.contains { $0.qkerasClass != nil || $0.model?.hasQKerasLayers ?? false } }
}
