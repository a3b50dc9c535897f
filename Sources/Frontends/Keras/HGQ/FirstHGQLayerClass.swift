/// The layer classes of the first HGQ that this frontend reads, as they are before a model becomes its proxy.
enum FirstHGQLayerClass: String, CaseIterable, Sendable {
  case quantize = "HQuantize"
  case dense = "HDense"
  case denseBatchNorm = "HDenseBatchNorm"
  case conv1D = "HConv1D"
  case conv2D = "HConv2D"
  case conv1DBatchNorm = "HConv1DBatchNorm"
  case conv2DBatchNorm = "HConv2DBatchNorm"
  case activation = "HActivation"
  case add = "HAdd"

  /// The package that these layers are registered under.
  static let package = "HGQ"

  /// Keras's own layers that the first HGQ gives names of its own, since they only pass numbers on.
  static let passive = [
    "PReshape": "Reshape", "PFlatten": "Flatten", "PConcatenate": "Concatenate", "PMaxPooling1D": "MaxPooling1D",
    "PMaxPooling2D": "MaxPooling2D", "PAveragePooling1D": "AveragePooling1D", "PAveragePooling2D": "AveragePooling2D",
    "PDropout": "Dropout", "PPermute": "Permute", "Signature": "Identity",
  ]

  /// Keras's layer that computes the same between the quantisers; nil where there is none.
  var base: KerasLayerClass? {
    switch self {
    case .quantize: nil
    case .dense, .denseBatchNorm: .dense
    case .conv1D, .conv1DBatchNorm: .conv1D
    case .conv2D, .conv2DBatchNorm: .conv2D
    case .activation: .activation
    case .add: .add
    }
  }

  /// Whether a batch normalisation is folded into kernel and bias before they are quantised.
  var normalizes: Bool {
    switch self {
    case .denseBatchNorm, .conv1DBatchNorm, .conv2DBatchNorm: true
    case .quantize, .dense, .conv1D, .conv2D, .activation, .add: false
    }
  }
}

extension KerasLayer {
  /// What the layer is, if it is one of the first HGQ's that is read.
  var firstHGQClass: FirstHGQLayerClass? {
    foreignPackage == FirstHGQLayerClass.package ? FirstHGQLayerClass(rawValue: className) : nil
  }
}
