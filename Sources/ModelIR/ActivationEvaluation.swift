import Glibc

extension ActivationFunction {
  /// SELU's constants, as its authors give them.
  package static let seluAlpha = 1.6732632423543772
  package static let seluScale = 1.0507009873554805

  /// The function at one point, in double precision and without overflow for any finite argument.
  ///
  /// - Precondition: the function is elementwise and has one form for all elements: neither softmax nor a parametric ReLU.
  package func value(at x: Double) -> Double {
    switch self {
    case .linear: x
    case .relu(let parameters): parameters.value(at: x)
    case .leakyReLU(let alpha): x > 0 ? x : alpha * x
    case .thresholdedReLU(let theta): x > theta ? x : 0
    case .elu(let alpha): x > 0 ? x : alpha * expm1(x)
    case .selu: Self.seluScale * (x > 0 ? x : Self.seluAlpha * expm1(x))
    case .sigmoid: 1 / (1 + exp(-x))
    case .hardSigmoid(let slope, let shift): min(max(slope * x + shift, 0), 1)
    case .tanh: Glibc.tanh(x)
    case .hardTanh(let slope, let shift): min(max(2 * (slope * x + shift) - 1, -1), 1)
    case .softplus: max(x, 0) + log1p(exp(-abs(x)))
    case .softsign: x / (1 + abs(x))
    case .parametricReLU, .softmax: preconditionFailure("\(name) is not a function of one number")
    }
  }
}

extension ReLUParameters {
  /// The function at one point.
  package func value(at x: Double) -> Double {
    if let maximum, x >= maximum { return maximum }
    return x >= threshold ? x : negativeSlope * (x - threshold)
  }
}
