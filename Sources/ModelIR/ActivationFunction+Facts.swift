import Glibc

// All that is known of a function: its kind, its value, its parameters, and what hls4ml calls it. How the quantisers build it stands in
// `NativeGraphBuilder.addActivation` and `HLS4MLConverter.activation`; everybody else asks for these facts.
extension ActivationFunction {
  package var kind: ActivationKind {
    switch self {
    case .linear: .linear
    case .relu: .relu
    case .leakyReLU: .leakyReLU
    case .parametricReLU: .parametricReLU
    case .thresholdedReLU: .thresholdedReLU
    case .elu: .elu
    case .selu: .selu
    case .sigmoid: .sigmoid
    case .hardSigmoid: .hardSigmoid
    case .tanh: .tanh
    case .hardTanh: .hardTanh
    case .hardShrink: .hardShrink
    case .softplus: .softplus
    case .softsign: .softsign
    case .softmax: .softmax
    case .clip: .clip
    case .hardSwish: .hardSwish
    case .erf: .erf
    case .gelu: .gelu
    case .swish: .swish
    case .geluTanh: .geluTanh
    case .squareRoot: .squareRoot
    case .inverseSquareRoot: .inverseSquareRoot
    case .staircase: .staircase
    case .exponential: .exponential
    case .reciprocal: .reciprocal
    case .logarithm: .logarithm
    }
  }

  /// The function's usual name.
  package var name: String { kind.rawValue }

  /// SELU's constants, as its authors give them.
  package static let seluAlpha = 1.6732632423543772
  package static let seluScale = 1.0507009873554805

  /// The function itself.
  package var form: ActivationForm {
    switch self {
    case .linear: .scalar { $0 }
    case .relu(let parameters): .scalar { parameters.value(at: $0) }
    case .leakyReLU(let alpha): .scalar { $0 > 0 ? $0 : alpha * $0 }
    case .parametricReLU(let alpha): .sloped(alpha)
    case .thresholdedReLU(let theta): .scalar { $0 > theta ? $0 : 0 }
    case .elu(let alpha): .scalar { $0 > 0 ? $0 : alpha * expm1($0) }
    case .selu: .scalar { Self.seluScale * ($0 > 0 ? $0 : Self.seluAlpha * expm1($0)) }
    case .sigmoid: .scalar { 1 / (1 + exp(-$0)) }
    case .hardSigmoid(let slope, let shift): .scalar { min(max(slope * $0 + shift, 0), 1) }
    case .tanh: .scalar { Glibc.tanh($0) }
    case .hardTanh(let slope, let shift): .scalar { min(max(2 * (slope * $0 + shift) - 1, -1), 1) }
    case .hardShrink(let threshold): .scalar { abs($0) > threshold ? $0 : 0 }
    case .softplus: .scalar { max($0, 0) + log1p(exp(-abs($0))) }
    case .softsign: .scalar { $0 / (1 + abs($0)) }
    case .softmax(let axis): .normalized(axis: axis)
    case .clip(let lower, let upper): .scalar { min(max($0, lower ?? -.infinity), upper ?? .infinity) }
    case .hardSwish(let shift, let limit): .scalar { $0 * min(max($0 + shift, 0), limit) / limit }
    case .staircase(let steps): .scalar { steps.value(at: $0) }
    case .erf: .scalar { Glibc.erf($0) }
    case .gelu, .geluTanh, .swish:
      .scalar { [gate = gate ?? { _ in 1 }] in $0 * gate($0) }
    case .squareRoot: .scalar { max($0, 0).squareRoot() }
    // Zero has no inverse; the smallest normal number's stands for it.
    case .inverseSquareRoot(let offset):
      .scalar { 1 / max($0 + offset, Double(Float.leastNormalMagnitude)).squareRoot() }
    // Zero has none; the smallest normal number's stands for it.
    case .logarithm: .scalar { log(max($0, Double(Float.leastNormalMagnitude))) }
    // As float32 computes them; beyond its range they stay finite.
    case .exponential(let scale): .scalar { exp(min(Double(Float($0) * Float(scale)), 88)) }
    case .reciprocal(let offset):
      .scalar { Double(max(min(1 / (Float($0) + Float(offset)), .greatestFiniteMagnitude), -.greatestFiniteMagnitude)) }
    }
  }

  /// The share of its argument that the function lets through, which rises from 0 to 1; nil for functions of other kinds.
  package var gate: (@Sendable (Double) -> Double)? {
    switch self {
    case .gelu: { 0.5 * erfc(-$0 / 2.0.squareRoot()) }
    case .geluTanh:
      // (1 + tanh(z)) / 2 is the sigmoid of 2 z; far below zero the cube bends no more than the exponential can bear.
      { 1 / (1 + exp(-2 * (2 / Double.pi).squareRoot() * ($0 + 0.044715 * $0 * $0 * $0))) }
    case .swish: { 1 / (1 + exp(-$0)) }
    case .linear, .relu, .leakyReLU, .parametricReLU, .thresholdedReLU, .elu, .selu, .sigmoid, .hardSigmoid, .tanh,
      .hardTanh, .hardShrink, .softplus, .softsign, .softmax, .clip, .hardSwish, .staircase, .erf, .squareRoot,
      .inverseSquareRoot, .exponential, .reciprocal, .logarithm:
      nil
    }
  }

  /// What hls4ml makes of the function; nil where it has none such.
  package var hls4ml: HLS4MLActivation? {
    switch self {
    case .linear, .relu: HLS4MLActivation("Activation")
    case .selu, .sigmoid, .tanh, .softplus, .softsign: HLS4MLActivation("Activation", readsTable: true)
    case .leakyReLU(let alpha): HLS4MLActivation("ParametrizedActivation", .constant(alpha))
    case .elu(let alpha): HLS4MLActivation("ParametrizedActivation", .constant(alpha), readsTable: true)
    case .thresholdedReLU: HLS4MLActivation("ParametrizedActivation", .typedAsInput)
    case .parametricReLU: HLS4MLActivation("PReLU", .typedAsInput)
    case .hardSigmoid, .hardTanh: HLS4MLActivation("HardActivation", .line)
    case .hardShrink, .clip, .hardSwish, .staircase, .exponential, .reciprocal, .erf, .gelu, .geluTanh, .swish,
      .squareRoot, .inverseSquareRoot, .logarithm:
      nil
    case .softmax: HLS4MLActivation("Softmax", .softmax, readsTable: true)
    }
  }

  /// Shows a visitor every parameter, in the order of the text form, and takes over what it makes of them.
  package mutating func visitParameters<Visitor: ActivationParameterVisitor>(
    _ visitor: inout Visitor
  ) throws(Visitor.Failure) {
    switch self {
    case .linear, .selu, .sigmoid, .tanh, .softplus, .softsign, .erf, .gelu, .geluTanh, .swish, .squareRoot, .logarithm:
      break
    case .inverseSquareRoot(var offset):
      try visitor.number("offset", &offset)
      self = .inverseSquareRoot(offset: offset)
    case .relu(var parameters):
      try visitor.number("maximum", ifAny: &parameters.maximum)
      try visitor.number("slope", label: "negative slope", unlessZero: &parameters.negativeSlope)
      try visitor.number("threshold", label: "threshold", unlessZero: &parameters.threshold)
      self = .relu(parameters)
    case .leakyReLU(var alpha):
      try visitor.number("alpha", &alpha)
      self = .leakyReLU(alpha: alpha)
    case .parametricReLU(var alpha):
      try visitor.tensor("alpha", &alpha)
      self = .parametricReLU(alpha: alpha)
    case .thresholdedReLU(var theta):
      try visitor.number("theta", &theta)
      self = .thresholdedReLU(theta: theta)
    case .elu(var alpha):
      try visitor.number("alpha", &alpha)
      self = .elu(alpha: alpha)
    case .hardSigmoid(var slope, var shift):
      try visitor.number("slope", &slope)
      try visitor.number("shift", &shift)
      self = .hardSigmoid(slope: slope, shift: shift)
    case .hardTanh(var slope, var shift):
      try visitor.number("slope", &slope)
      try visitor.number("shift", &shift)
      self = .hardTanh(slope: slope, shift: shift)
    case .hardShrink(var threshold):
      try visitor.number("threshold", &threshold)
      self = .hardShrink(threshold: threshold)
    case .softmax(var axis):
      try visitor.axis(&axis)
      self = .softmax(axis: axis)
    case .clip(var lower, var upper):
      try visitor.number("lower", ifAny: &lower)
      try visitor.number("upper", ifAny: &upper)
      self = .clip(lower: lower, upper: upper)
    case .hardSwish(var shift, var limit):
      try visitor.number("shift", &shift)
      try visitor.number("limit", &limit)
      self = .hardSwish(shift: shift, limit: limit)
    case .staircase(var steps):
      try visitor.tensor("thresholds", &steps.thresholds)
      try visitor.tensor("values", &steps.values)
      self = .staircase(steps)
    case .exponential(var scale):
      try visitor.number("scale", &scale)
      self = .exponential(scale: scale)
    case .reciprocal(var offset):
      try visitor.number("offset", &offset)
      self = .reciprocal(offset: offset)
    }
  }
}
