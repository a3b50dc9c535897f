import Diagnostics
import FixedPoint
import ModelIR

/// Reads one call of a layer of the first HGQ: `activation(q(layer(x)))`, with quantised constants and exact sums.
///
/// Its quantisers only round. How large numbers get, HGQ observes when it makes a proxy, and files of its own layers do not hold it; so types
/// have as many bits before the point as any number needs, and widths follow from ranges.
struct FirstHGQLayerReader: NetworkReading {
  let layer: KerasLayer
  let kind: FirstHGQLayerClass
  /// The shapes of what it reads.
  let inputs: [[Int]]
  let address: LayerAddress
  let weights: any KerasWeights
  private(set) var options: LayerOptions
  private(set) var findings: [Diagnostic] = []

  /// Bits before the point, the sign among them, of inputs.
  private static let inputIntegerBits = 16
  /// Bits of what is bounded by the ranges of the inputs.
  private static let width = 60
  /// Bits before the point of functions between -1 and 1.
  private static let boundedIntegerBits = 2

  init(
    _ layer: KerasLayer,
    _ kind: FirstHGQLayerClass,
    inputs: [[Int]],
    address: LayerAddress,
    weights: any KerasWeights
  ) {
    self.layer = layer
    self.kind = kind
    self.inputs = inputs
    self.address = address
    self.weights = weights
    options = LayerOptions(layer: layer.name, origin: layer.origin, values: layer.options)
  }

  mutating func read() throws -> LayerNetwork {
    let rules = ShapeInference(layer: layer.name, origin: layer.origin)
    guard let shape = inputs.first else {
      throw rules.error("bad-arity", "'\(layer.name)' is called on nothing")
    }
    var network = LayerNetwork(operands: inputs)
    guard let base = kind.base else {
      options.ignoreAll()
      network.result = try quantize(.operand(0), nil, in: &network, hasBias: false, integerBits: Self.inputIntegerBits)
      findings.append(
        Diagnostic(
          .note,
          "range-not-in-file",
          "'\(layer.name)' (HQuantize) does not say how large its numbers get; its port takes "
            + "\(Self.inputIntegerBits) bits before the point",
          at: layer.origin,
          hint: "HGQ's proxy says more: HGQ.trace_minmax(model, inputs), HGQ.to_proxy_model(model).save('proxy.h5')"
        )
      )
      return network
    }
    var plain = layer
    plain.className = base.rawValue
    plain.foreignPackage = nil
    for option in ["kq_conf", "paq_conf", "beta", "parallel_factor"] { plain.options[option] = nil }
    let isFunction = kind == .activation
    if !isFunction { plain.options["activation"] = nil }
    var reader = LayerReader(
      plain,
      inputs: inputs,
      generation: .two,
      address: address,
      weights: FirstHGQConstants(layer: layer, kind: kind, weights: weights)
    )
    let meaning = try reader.read()
    options = reader.options
    guard case .operation(let operation, let result, _) = meaning else {
      throw options.refuse("'\(layer.name)' is a \(layer.className) that cannot be read")
    }
    let operands = inputs.indices.map { LayerNetwork.Value.operand($0) }
    let value = network.append(operation, isFunction ? "function" : nil, operands, shape: result)
    let hasBias = try options.bool("use_bias", default: base == .dense || base == .conv1D || base == .conv2D)
    let rounded = try quantize(
      value,
      isFunction ? nil : "rounded",
      in: &network,
      hasBias: hasBias && base != .add,
      integerBits: operation.isBounded ? Self.boundedIntegerBits : nil
    )
    network.result = rounded
    guard !isFunction, base != .add else { return network }
    let activation = try ActivationReader(generation: .two, rank: shape.count)
      .embedded(layer.options["activation"].flatMap { $0.isNull ? nil : $0 }, in: layer)
    if case .linear = activation.function { return network }
    network.result = network.append(.activation(activation.function), activation.name, [rounded], shape: result)
    return network
  }

  /// A value rounded to the fraction bits of each element.
  private func quantize(
    _ value: LayerNetwork.Value,
    _ suffix: String?,
    in network: inout LayerNetwork,
    hasBias: Bool,
    integerBits: Int?
  ) throws -> LayerNetwork.Value {
    let shape = network.shape(of: value)
    let rounding = try FirstHGQRounding(layer, "paq_conf", of: address, weights: weights)
    let bits = try rounding.fractionBits(over: [1] + shape)
    let down = rounding.roundsDown(hasBias: hasBias, isFunction: kind == .activation)
    let types = bits.map { fraction in
      let width = integerBits.map { max($0 + fraction, 0) } ?? Self.width
      return FixedPointType(
        width: width,
        integerBits: width == 0 ? 0 : width - fraction,
        isSigned: width > 0,
        rounding: down ? .truncate : .roundHalfUp,
        overflow: .saturate
      )
    }
    let isUniform = types.allSatisfy { $0 == types.first }
    let operation = TensorQuantizer(types: isUniform ? Array(types.prefix(1)) : types)
    return network.append(.quantize(operation), suffix, [value], shape: shape)
  }
}

extension ModelOperator {
  /// Whether all that the operator makes lies between -1 and 1.
  fileprivate var isBounded: Bool {
    guard case .activation(let function) = self else { return false }
    switch function {
    case .sigmoid, .tanh, .softsign, .hardSigmoid, .hardTanh, .erf, .softmax: return true
    case .linear, .relu, .leakyReLU, .parametricReLU, .thresholdedReLU, .elu, .selu, .hardShrink, .softplus, .clip,
      .hardSwish, .staircase, .gelu, .geluTanh, .swish, .squareRoot, .inverseSquareRoot, .exponential, .reciprocal,
      .logarithm:
      return false
    }
  }
}
