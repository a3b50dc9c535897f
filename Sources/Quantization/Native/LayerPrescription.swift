import FixedPointIR

/// What an optimiser decided about one layer, to the bit; the quantiser then chooses nothing there.
package struct LayerPrescription: Sendable {
  /// The weights of a dense layer or a convolution.
  package var kernel: PrescribedKernel?
  /// The types of the layer's result; nil: chosen as elsewhere.
  package var types: PrescribedTypes?

  package init(kernel: PrescribedKernel? = nil, types: PrescribedTypes? = nil) {
    self.kernel = kernel
    self.types = types
  }
}

/// Types that were decided elsewhere.
package enum PrescribedTypes: Sendable {
  /// The type of every element.
  case each(ElementTypes)
  /// What every value needs, whatever that takes.
  case exact
}

/// Weights as integers, in the order of the trained kernel.
package struct PrescribedKernel: Sendable {
  package var weights: [Int64]
  package var fractionBits: Int
  /// One per output.
  package var bias: ConstantVector

  package init(weights: [Int64], fractionBits: Int, bias: ConstantVector) {
    self.weights = weights
    self.fractionBits = fractionBits
    self.bias = bias
  }
}
