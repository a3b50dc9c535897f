/// The functions by name, for those who list, read or choose them.
///
/// The raw value is the function's usual name, and what the text form calls it.
package enum ActivationKind: String, Sendable, CaseIterable {
  case linear, relu
  case leakyReLU = "leaky_relu"
  case parametricReLU = "prelu"
  case thresholdedReLU = "thresholded_relu"
  case elu, selu, sigmoid
  case hardSigmoid = "hard_sigmoid"
  case tanh
  case hardTanh = "hard_tanh"
  case hardShrink = "hard_shrink"
  case softplus, softsign, softmax
  case clip
  case hardSwish = "hard_swish"
  case erf, gelu, swish
  case geluTanh = "gelu_tanh"
  case squareRoot = "square_root"
  case inverseSquareRoot = "inverse_square_root"
  case staircase, exponential, reciprocal, logarithm

  /// A function of this kind with customary parameters, for those who then set them; a parametric ReLU is a plain one.
  package var standard: ActivationFunction {
    switch self {
    case .linear: .linear
    case .relu: .relu(ReLUParameters())
    case .leakyReLU: .leakyReLU(alpha: 0.2)
    case .parametricReLU: .parametricReLU(alpha: ParameterTensor([0]))
    case .thresholdedReLU: .thresholdedReLU(theta: 1)
    case .elu: .elu(alpha: 1)
    case .selu: .selu
    case .sigmoid: .sigmoid
    case .hardSigmoid: .hardSigmoid(slope: 1.0 / 6, shift: 0.5)
    case .tanh: .tanh
    case .hardTanh: .hardTanh(slope: 0.5, shift: 0.5)
    case .hardShrink: .hardShrink(threshold: 0.5)
    case .softplus: .softplus
    case .softsign: .softsign
    case .softmax: .softmax(axis: 0)
    case .clip: .clip(lower: nil, upper: nil)
    case .hardSwish: .hardSwish(shift: 3, limit: 6)
    case .erf: .erf
    case .gelu: .gelu
    case .swish: .swish
    case .geluTanh: .geluTanh
    case .squareRoot: .squareRoot
    case .inverseSquareRoot: .inverseSquareRoot(offset: 1)
    case .staircase: .staircase(.sign)
    case .exponential: .exponential(scale: 1)
    case .reciprocal: .reciprocal(offset: 0)
    case .logarithm: .logarithm
    }
  }
}
