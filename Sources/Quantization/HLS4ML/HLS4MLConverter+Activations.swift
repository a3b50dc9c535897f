import Diagnostics
import FixedPoint
import FixedPointIR
import ModelIR

extension HLS4MLConverter {
  /// The operation of an activation layer, as `nnet_activation.h` computes it.
  func activation(_ function: ActivationFunction, layer: HLS4MLLayer, index: Int) throws -> FixedOperation {
    switch function {
    case .linear: return .requantize
    case .relu(let parameters): return .rectifier(try relu(parameters, layer))
    case .leakyReLU(let alpha):
      return .rectifier(RectifierOperation(lowerSlope: try constant(alpha, "param", of: layer)))
    case .parametricReLU(let alpha):
      return .rectifier(RectifierOperation(lowerSlope: try constants(FoldedParameter(alpha), "param", of: layer)))
    case .thresholdedReLU(let theta):
      return .rectifier(RectifierOperation(threshold: try constant(theta, "param", of: layer)))
    case .elu(let alpha):
      return .exponentialUnit(
        ExponentialUnitOperation(
          positiveScale: ConstantVector(1),
          negativeScale: try constant(alpha, "param", of: layer),
          exponential: try scaledTable(.elu, layer)
        )
      )
    case .selu:
      // hls4ml's `ap_ufixed<16, 1> lambda`.
      let type = FixedPointType(width: 16, integerBits: 1, isSigned: false)
      let lambda = Int64(type.quantize(1.0507009873554805).raw)
      return .exponentialUnit(
        ExponentialUnitOperation(
          positiveScale: ConstantVector(lambda, fractionBits: type.fractionBits),
          negativeScale: ConstantVector(1),
          exponential: try scaledTable(.selu, layer)
        )
      )
    case .sigmoid: return .table(try scaledTable(.sigmoid, layer))
    case .tanh: return .table(try scaledTable(.tanh, layer))
    case .softplus: return .table(try scaledTable(.softplus, layer))
    case .softsign: return .table(try scaledTable(.softsign, layer))
    case .hardSigmoid(let slope, let shift):
      if source == .keras, slope != 0.2 || shift != 0.5 { reportSlope(slope, layer) }
      return .clampedLinear(try hardActivation(layer, slope: slope, shift: shift, isTanh: false))
    case .hardTanh(let slope, let shift):
      return .clampedLinear(try hardActivation(layer, slope: slope, shift: shift, isTanh: true))
    case .hardShrink, .clip, .hardSwish, .staircase, .exponential, .reciprocal, .erf, .gelu, .geluTanh, .swish,
      .squareRoot, .inverseSquareRoot, .logarithm:
      throw layer.hasNoSuchActivation(function)
    case .softmax(let axis): return try softmax(layer, index: index, axis: axis)
    }
  }

  private func relu(_ parameters: ReLUParameters, _ layer: HLS4MLLayer) throws -> RectifierOperation {
    guard !parameters.isPlain else { return .relu }
    guard parameters.negativeSlope == 0 && parameters.threshold == 0, let maximum = parameters.maximum else {
      throw Diagnostic.error(
        "unsupported-relu",
        "hls4ml ignores the negative slope and the threshold of the ReLU '\(layer.name)'; neither ignoring nor adding "
          + "them would be what the configuration asks for",
        at: layer.origin,
        hint: "use a LeakyReLU or ThresholdedReLU layer, or the native mode (no configuration)"
      )
    }
    // hls4ml loses the maximum of the layer `ReLU`; its function `relu6`, an activation of that name, clamps.
    guard source == .keras, layer.layerClass == "ReLU" else {
      guard let limit = Int64(exactly: maximum) else {
        throw Diagnostic.error(
          "unsupported-relu",
          "the ReLU '\(layer.name)' has the maximum \(maximum), not an integer",
          at: layer.origin,
          hint: "use an integer maximum, or the native mode (no configuration)"
        )
      }
      return RectifierOperation(maximum: ConstantVector(limit))
    }
    log.report(
      .warning(
        "ignored-relu-maximum",
        "hls4ml reads the ReLU '\(layer.name)' without its maximum \(maximum), and so does its compatible mode",
        at: layer.origin,
        hint: "use the native mode (no configuration), which clamps at \(maximum)"
      )
    )
    return .relu
  }

  private func reportSlope(_ slope: Double, _ layer: HLS4MLLayer) {
    log.report(
      .warning(
        "better-than-hls4ml",
        "hls4ml 1.3 computes the hard sigmoid '\(layer.name)' with Keras 2's slope 0.2; here it has the model's, \(slope)",
        at: layer.origin
      )
    )
  }

  private func scaledTable(_ function: ActivationTables.Function, _ layer: HLS4MLLayer) throws -> AddressedTable {
    try table(layer) { try ActivationTables.scaled(function, size: layer.tableSize, type: layer.type("table")) }
  }

  /// Names the layer in the only way in which making a table can fail.
  func table(_ layer: HLS4MLLayer, _ make: () throws -> AddressedTable) throws -> AddressedTable {
    do {
      return try make()
    } catch let error as TableTooWide {
      throw Diagnostic.error(
        "constant-too-wide",
        "a table of layer '\(layer.name)' has the type \(error.type), more than 64 bits",
        at: layer.origin,
        hint: "give the table a narrower type"
      )
    }
  }

  /// `clamp(slope · x + shift, 0, 1)`, or twice that minus one, with hls4ml's types for slope and shift.
  private func hardActivation(
    _ layer: HLS4MLLayer,
    slope: Double,
    shift: Double,
    isTanh: Bool
  ) throws -> ClampedLinearOperation {
    for (value, variable) in [(slope, "slope"), (shift, "shift")] {
      let type = layer.type(variable)
      guard value.isFinite, !type.quantize(value).overflowed else {
        throw Diagnostic.error(
          "unsupported-slope",
          "the \(variable) \(value) of layer '\(layer.name)' does not fit hls4ml's type \(type)",
          at: layer.origin,
          hint: "use the native mode (no configuration)"
        )
      }
    }
    var slope = try constant(slope, "slope", of: layer)
    var shift = try constant(shift, "shift", of: layer)
    guard isTanh else {
      return ClampedLinearOperation(slope: slope, shift: shift, lower: ConstantVector(0), upper: ConstantVector(1))
    }
    slope.fractionBits -= 1
    shift.raw = shift.raw.map { 2 * $0 - (1 << Int64(shift.fractionBits)) }
    return ClampedLinearOperation(slope: slope, shift: shift, lower: ConstantVector(-1), upper: ConstantVector(1))
  }
}
