import Diagnostics
import FixedPoint
import ModelIR

// Quantisers of activations: a function, and the type that its results have.
extension QKerasQuantizer {
  /// Adds what the quantiser does with a value; the last step has no name of its own.
  ///
  /// - Throws: a ``Diagnostic`` where the quantiser would look at the data.
  func add(to network: inout LayerNetwork, _ value: LayerNetwork.Value, of layer: KerasLayer) throws {
    var steps = QKerasSteps(network: network, value: value)
    switch self {
    case .bits(let bits): try steps.quantize(bits, of: layer)
    case .relu(let relu): try steps.rectify(relu, of: layer)
    case .tanh(let bits, let isSymmetric, let isReal):
      steps.append(.activation(isReal ? .tanh : .hardTanh(slope: 0.5, shift: 0.5)), Self.functionSuffix)
      steps.quantize(Self.tanhType(bits: bits, isSymmetric: isSymmetric))
    case .sigmoid(let bits, let isSymmetric, let isReal):
      let type = Self.sigmoidType(bits: bits)
      steps.append(.activation(isReal ? .sigmoid : .hardSigmoid(slope: 0.5, shift: 0.5)), Self.functionSuffix)
      if isSymmetric { steps.append(.activation(.clip(lower: type.step, upper: nil)), "least") }
      steps.quantize(type)
    case .hardSwish(let bits, let shift, let limit):
      steps.append(.activation(.hardSwish(shift: shift, limit: limit)), Self.functionSuffix)
      try steps.quantize(bits, of: layer)
    case .binary(let alpha, _), .ternary(let alpha, _, _):
      if let staircase { steps.append(.activation(.staircase(staircase)), nil) }
      try steps.multiply(by: alpha, of: layer)
    case .ulaw, .powerOfTwo, .function:
      if let staircase {
        steps.append(.activation(.staircase(staircase)), nil)
      } else if let function {
        steps.append(.activation(function), nil)
      }
    }
    network = steps.network
    network.result = steps.value
  }

  /// What the name of a function's node has beyond that of the quantiser behind it.
  static let functionSuffix = "function"

  /// The class of the nodes that a quantiser of activations becomes.
  static let nodeClass = QKerasLayerClass.activation.rawValue

  private var function: ActivationFunction? {
    guard case .function(let name) = self else { return nil }
    switch name {
    case "smooth_tanh": return .hardTanh(slope: 0.1875, shift: 0.5)
    case "smooth_sigmoid": return .hardSigmoid(slope: 0.1875, shift: 0.5)
    default: return nil
    }
  }
}

/// Steps of a quantiser, each of the one before.
private struct QKerasSteps {
  var network: LayerNetwork
  var value: LayerNetwork.Value

  mutating func append(_ operation: ModelOperator, _ suffix: String?) {
    value = network.append(operation, suffix, [value], shape: network.shape(of: value))
  }

  mutating func quantize(_ type: FixedPointType, _ suffix: String? = nil) {
    append(.quantize(TensorQuantizer(types: [type])), suffix)
  }

  mutating func quantize(_ bits: QKerasBits, of layer: KerasLayer) throws {
    if bits.isSign { append(.activation(.staircase(.sign)), nil) } else { quantize(bits.type) }
    try multiply(by: bits.alpha, of: layer)
  }

  mutating func rectify(_ relu: QKerasReLU, of layer: KerasLayer) throws {
    let unit = QKerasPowers.power(relu.integer)
    if relu.usesSigmoid {
      guard relu.negativeSlope == 0 else {
        throw Diagnostic.error(
          "unsupported-quantizer",
          "'\(layer.name)' has a quantized_relu with a sigmoid and a negative slope",
          at: layer.origin,
          hint: "leave one of them out"
        )
      }
      let step = QKerasPowers.power(-relu.bits)
      append(.affine(Self.affine(scale: 1 / unit)), "scaled")
      append(.activation(.hardSigmoid(slope: 0.5, shift: 0.5)), "sigmoid")
      quantize(
        FixedPointType(
          width: relu.bits + 1,
          integerBits: 1,
          isSigned: false,
          rounding: .roundHalfToEven,
          overflow: .saturate
        ),
        "rounded"
      )
      append(.affine(Self.affine(scale: 2, bias: -1)), "stretched")
      append(.activation(.clip(lower: 0, upper: 1 - step)), "clipped")
      append(.affine(Self.affine(scale: unit)), nil)
      return
    }
    let slope = relu.negativeSlope
    let function: ActivationFunction = slope == 0 ? .relu(ReLUParameters()) : .leakyReLU(alpha: slope)
    append(.activation(function), QKerasQuantizer.functionSuffix)
    if slope > 0, slope < 1 { append(.activation(.clip(lower: -slope * unit, upper: nil)), "least") }
    quantize(
      FixedPointType(
        width: relu.bits,
        integerBits: relu.integer + (slope == 0 ? 0 : 1),
        isSigned: slope != 0,
        rounding: .roundHalfToEven,
        overflow: .saturate
      )
    )
    if let bound = relu.upperBound { append(.activation(.clip(lower: nil, upper: Double(Float(bound)))), "bound") }
  }

  mutating func multiply(by alpha: QKerasAlpha, of layer: KerasLayer) throws {
    switch alpha {
    case .one: break
    case .number(let number): append(.affine(Self.affine(scale: Double(Float(number)))), "alpha")
    case .automatic:
      throw Diagnostic.error(
        "unsupported-quantizer",
        "'\(layer.name)' fits the scale of its activations to each batch of data (alpha is 'auto')",
        at: layer.origin,
        hint: "give the quantiser alpha=1"
      )
    }
  }

  private static func affine(scale: Double, bias: Double? = nil) -> AffineLayer {
    AffineLayer(
      scale: ParameterTensor(shape: [1], values: [scale]),
      bias: bias.map { ParameterTensor(shape: [1], values: [$0]) }
    )
  }
}
