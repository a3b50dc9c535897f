extension ModelOperator {
  /// The weights that multiply what a layer reads, in dense layers and convolutions; setting them keeps everything else.
  package var kernel: ParameterTensor? {
    get {
      switch self {
      case .dense(let layer): layer.kernel
      case .convolution(let layer): layer.kernel
      case .input, .batchNormalization, .affine, .activation, .reshape, .concatenate, .merge, .quantize, .gather,
        .normalize, .treeEnsemble, .tableSum, .pool, .reduce, .pad, .recurrence, .product, .embedding:
        nil
      }
    }
    set {
      guard let newValue else { return }
      switch self {
      case .dense(var layer):
        layer.kernel = newValue
        self = .dense(layer)
      case .convolution(var layer):
        layer.kernel = newValue
        self = .convolution(layer)
      case .input, .batchNormalization, .affine, .activation, .reshape, .concatenate, .merge, .quantize, .gather,
        .normalize, .treeEnsemble, .tableSum, .pool, .reduce, .pad, .recurrence, .product, .embedding:
        break
      }
    }
  }

  /// Neurons of a dense layer, or channels out of a convolution.
  package var neuronCount: Int? { kernel?.shape.last }
}
