import Diagnostics
import FixedPoint
import ModelIR

/// hls4ml's types where nothing is configured.
enum HLS4MLDefaults {
  static let table = FixedPointType(width: 18, integerBits: 8)
  static let softmaxTable = FixedPointType(width: 18, integerBits: 8, rounding: .roundHalfUp, overflow: .saturate)
  static let hardSlope = FixedPointType(width: 16, integerBits: 0, isSigned: false)
  static let hardShift = FixedPointType(width: 2, integerBits: 0, isSigned: false)
  /// hls4ml's `uint<1>`, the type of a bias that is not there and of a scale of one.
  static let bit = FixedPointType(width: 1, integerBits: 1, isSigned: false, rounding: .truncateTowardZero)
  /// hls4ml's `int<2>`, the type of a scale of minus one.
  static let sign = FixedPointType(width: 2, integerBits: 2, rounding: .truncateTowardZero)
}

extension HLS4MLLayerGraph {
  /// The types of a new layer, as hls4ml gives them before inference: configured, `auto`, or a default of its own.
  func initialTypes(of layer: HLS4MLLayer, operation: ModelOperator, source: ModelSource) throws -> PrecisionTable {
    var types = PrecisionTable()
    func take(_ variables: String...) {
      for variable in variables { types[variable] = layer.configured(variable) }
    }
    func fixed(_ variable: String, _ type: FixedPointType) {
      types[variable] = layer.attributeType("\(variable)_t") ?? .type(type)
    }
    switch operation {
    case .input:
      take("result")
      if let precision = overrides.inputPrecision { types["result"] = .type(precision) }
    case .dense(let dense):
      addKernelTypes(of: layer, trained: dense.types, hasBias: dense.bias != nil || source != .keras, to: &types)
    case .convolution(let convolution):
      let hasBias = convolution.bias != nil || source != .keras
      addKernelTypes(of: layer, trained: convolution.types, hasBias: hasBias, to: &types)
    case .batchNormalization: take("result", "scale", "bias")
    case .affine(let affine):
      take("result", "scale", "bias")
      if affine.scale == nil { types["scale"] = .type(HLS4MLDefaults.bit) }
      if affine.bias == nil { types["bias"] = .type(HLS4MLDefaults.bit) }
      // What is left of `constant - x`.
      if affine.bias != nil, affine.scale?.values == [-1] { types["scale"] = .type(HLS4MLDefaults.sign) }
    case .reshape, .concatenate, .merge, .quantize, .gather, .normalize, .treeEnsemble, .tableSum, .pad, .product,
      .embedding:
      take("result")
    case .recurrence:
      take("result", "weight", "recurrent_weight", "bias", "recurrent_bias")
      types["accum"] = layer.attributeType("accum_t") ?? layer.configured("accum")
      fixed("table", HLS4MLDefaults.table)
    case .pool, .reduce:
      take("result")
      types["accum"] = layer.attributeType("accum_t") ?? layer.configured("accum")
    case .activation(let function):
      take("result")
      fixed("table", HLS4MLDefaults.table)
      try addParameterTypes(of: function, layer: layer, to: &types)
    }
    return types
  }

  /// Keras layers without bias get one of type uint<1>; ONNX's are given zeros of the bias type.
  ///
  /// Where training settled types, a configuration cannot change them.
  private func addKernelTypes(
    of layer: HLS4MLLayer,
    trained: ParameterTypes,
    hasBias: Bool,
    to types: inout PrecisionTable
  ) {
    for variable in ["result", "weight"] { types[variable] = layer.configured(variable) }
    types["accum"] = layer.attributeType("accum_t") ?? layer.configured("accum")
    types["bias"] = hasBias ? layer.configured("bias") : .type(HLS4MLDefaults.bit)
    if let type = trained.kernel { types["weight"] = .type(type) }
    if hasBias, let type = trained.bias { types["bias"] = .type(type) }
  }

  private func addParameterTypes(
    of function: ActivationFunction,
    layer: HLS4MLLayer,
    to types: inout PrecisionTable
  ) throws {
    guard let facts = function.hls4ml else { throw layer.hasNoSuchActivation(function) }
    switch facts.parameters {
    case .none: break
    case .constant, .typedAsInput: types["param"] = layer.configured("param")
    case .line:
      types["slope"] = .type(HLS4MLDefaults.hardSlope)
      types["shift"] = .type(HLS4MLDefaults.hardShift)
    case .softmax:
      types["accum"] = layer.attributeType("accum_t") ?? layer.configured("accum")
      for variable in ["exp_table", "inv_table", "inv_inp"] {
        types[variable] = layer.attributeType("\(variable)_t") ?? .type(HLS4MLDefaults.softmaxTable)
      }
    }
  }
}

extension HLS4MLLayer {
  /// Why the layer cannot be had in hls4ml's arithmetic.
  func hasNoSuchActivation(_ function: ActivationFunction) -> Diagnostic {
    .error(
      "unsupported-activation",
      "hls4ml's arithmetic has no \(function.name), which '\(name)' computes",
      at: origin,
      hint: "use \(option: .arithmetic, "native")"
    )
  }
}
