/// The layer classes of HGQ that this frontend reads.
enum HGQLayerClass: String, CaseIterable, Sendable {
  case dense = "QDense"
  case denseTable = "QDenseT"
  case einsumDenseTable = "QEinsumDenseT"
  case convTable1D = "QConvT1D"
  case convTable2D = "QConvT2D"
  case einsumDense = "QEinsumDense"
  case einsumDenseBatchnorm = "QEinsumDenseBatchnorm"
  case batchNormDense = "QBatchNormDense"
  case batchNormalization = "QBatchNormalization"
  case add = "QAdd"
  case subtract = "QSubtract"
  case multiply = "QMultiply"
  case maximum = "QMaximum"
  case minimum = "QMinimum"
  case averagePow2 = "QAveragePow2"
  case sum = "QSum"
  case meanPow2 = "QMeanPow2"
  case einsum = "QEinsum"
  case dot = "QDot"
  case softmax = "QSoftmax"
  case multiHeadAttention = "QMultiHeadAttention"
  case linformerAttention = "QLinformerAttention"
  case unaryFunction = "QUnaryFunctionLUT"
  case affinedUnaryFunction = "QAffinedUnaryFunctionLUT"
  case quantizer = "Quantizer"
  case conv1D = "QConv1D"
  case conv2D = "QConv2D"
  case maxPooling1D = "QMaxPooling1D"
  case maxPooling2D = "QMaxPooling2D"
  case averagePooling1D = "QAveragePooling1D"
  case averagePooling2D = "QAveragePooling2D"
  case globalMaxPooling1D = "QGlobalMaxPooling1D"
  case globalMaxPooling2D = "QGlobalMaxPooling2D"
  case globalAveragePooling1D = "QGlobalAveragePooling1D"
  case globalAveragePooling2D = "QGlobalAveragePooling2D"

  /// The packages that HGQ's versions register their layers under.
  static let packages: Set = ["hgq", "hgq2"]
}

extension KerasLayer {
  /// Whether the layer is one of HGQ's, read or not.
  var isHGQ: Bool { foreignPackage.map(HGQLayerClass.packages.contains) ?? false }

  /// What the layer is, if it is one of HGQ's that is read.
  var hgqClass: HGQLayerClass? { isHGQ ? HGQLayerClass(rawValue: className) : nil }
}
