/// A scalar function applied to every element, or softmax along an axis.
///
/// What is known of each function stands in `ActivationFunction+Facts.swift`; its name in ``ActivationKind``.
package enum ActivationFunction: Sendable {
  case linear
  case relu(ReLUParameters)
  /// `x > 0 ? x : alpha · x`
  case leakyReLU(alpha: Double)
  /// `x > 0 ? x : alpha[i] · x`; one alpha per element (or one per channel, or one).
  case parametricReLU(alpha: ParameterTensor)
  /// `x > theta ? x : 0`
  case thresholdedReLU(theta: Double)
  /// `x > 0 ? x : alpha · (exp(x) - 1)`
  case elu(alpha: Double)
  case selu
  case sigmoid
  /// `clamp(slope · x + shift, 0, 1)`
  case hardSigmoid(slope: Double, shift: Double)
  case tanh
  /// `clamp(2 · (slope · x + shift) - 1, -1, 1)`; Keras's hard tanh has slope 0.5 and shift 0.5.
  case hardTanh(slope: Double, shift: Double)
  /// `|x| > threshold ? x : 0`
  case hardShrink(threshold: Double)
  case softplus
  case softsign
  /// `min(max(x, lower), upper)`; nil: no such limit.
  case clip(lower: Double?, upper: Double?)
  /// `x · min(max(x + shift, 0), limit) / limit`
  case hardSwish(shift: Double, limit: Double)
  case staircase(Staircase)
  /// The error function.
  case erf
  /// `x · (1 + erf(x / √2)) / 2`
  case gelu
  /// `x · (1 + tanh(√(2/π) · (x + 0.044715 · x³))) / 2`
  case geluTanh
  /// `x / (1 + exp(-x))`
  case swish
  /// Of what is not negative; zero for what is.
  case squareRoot
  /// `1 / √(x + offset)`
  case inverseSquareRoot(offset: Double)
  /// `exp(scale · x)`, in single precision.
  case exponential(scale: Double)
  /// `1 / (x + offset)`, in single precision.
  case reciprocal(offset: Double)
  /// The natural one, of what is positive.
  case logarithm
  /// Normalised exponentials along an axis of the shape without batch dimension.
  case softmax(axis: Int)

  package var parameterCount: Int {
    if case .parametricReLU(let alpha) = self { return alpha.count }
    return 0
  }
}

/// Keras's general ReLU: `x >= maximum ? maximum : x >= threshold ? x : slope · (x - threshold)`.
package struct ReLUParameters: Sendable, Hashable {
  package var maximum: Double?
  package var negativeSlope: Double
  package var threshold: Double

  package init(maximum: Double? = nil, negativeSlope: Double = 0, threshold: Double = 0) {
    self.maximum = maximum
    self.negativeSlope = negativeSlope
    self.threshold = threshold
  }

  /// `max(x, 0)` and nothing else.
  package var isPlain: Bool { maximum == nil && negativeSlope == 0 && threshold == 0 }
}

extension ReLUParameters {
  /// The function at one point.
  package func value(at x: Double) -> Double {
    if let maximum, x >= maximum { return maximum }
    return x >= threshold ? x : negativeSlope * (x - threshold)
  }
}
