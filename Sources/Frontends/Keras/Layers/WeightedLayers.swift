import Diagnostics
import ModelIR

/// The layers with trained numbers.
extension LayerReader {
  mutating func dense() throws -> LayerMeaning {
    guard let units = try options.int("units") else { throw missing("units") }
    let useBias = try options.bool("use_bias", default: true)
    for option in ["lora_rank", "lora_alpha", "quantization_config", "quantization_mode"] {
      try options.mustBeOff(option, hint: "merge or remove it, and save the model with plain float weights")
    }
    let activation = try ActivationReader(generation: generation, rank: inputs[0].count)
      .embedded(options.value("activation"), in: layer)
    guard inputs.count == 1, let inputSize = inputs[0].last else {
      throw rules.error("bad-arity", "'\(layer.name)' has \(inputs.count) inputs")
    }
    try rules.checkExtents(inputs[0].dropLast() + [units])
    try rules.checkExtents([inputSize, units])
    var requests = [WeightRequest(name: "kernel", shape: [inputSize, units])]
    if useBias { requests.append(WeightRequest(name: "bias", shape: [units])) }
    let tensors = try weights.parameters(of: address, requests)
    let (kernel, bias) = try folded(tensors[0], useBias ? tensors[1] : nil, channelAxis: 0)
    return try meaning(of: try constants(kernel: kernel, bias: bias), activation: activation) {
      .dense(DenseLayer(kernel: $0, bias: $1, types: $2))
    }
  }

  mutating func batchNormalization() throws -> LayerMeaning {
    try options.mustBeOff("renorm")
    let rank = inputs[0].count
    let axis = try axis(default: -1)
    guard axis == rank - 1 || layer.qkerasClass == nil else {
      throw options.refuse(
        "'\(layer.name)' normalises along an axis that is not the last",
        hint: "put the channels last"
      )
    }
    guard let epsilon = try options.number("epsilon") else { throw missing("epsilon") }
    let scales = try options.bool("scale", default: true)
    let centres = try options.bool("center", default: true)
    let shape = [inputs[0][axis]]
    let names = (scales ? ["gamma"] : []) + (centres ? ["beta"] : []) + ["moving_mean", "moving_variance"]
    let stored = try weights.parameters(of: address, names.map { WeightRequest(name: $0, shape: shape) })
    let tensors = try quantizedStatistics(stored, names)
    func tensor(_ name: String) -> ParameterTensor? { names.firstIndex(of: name).map { tensors[$0] } }
    let parameters = BatchNormalizationLayer(
      gamma: tensor("gamma"),
      beta: tensor("beta"),
      mean: tensors[tensors.count - 2],
      variance: tensors[tensors.count - 1],
      epsilon: epsilon
    )
    if axis != rank - 1 { return try normalization(parameters, along: axis) }
    return try operation(.batchNormalization(parameters))
  }

  /// QKeras quantises each of the numbers of a normalisation by itself.
  private mutating func quantizedStatistics(_ stored: [ParameterTensor], _ names: [String]) throws
    -> [ParameterTensor]
  {
    guard layer.qkerasClass != nil else { return stored }
    try options.mustBeOff("inverse_quantizer", hint: "quantise the variance instead")
    options.ignore(["gamma_range", "beta_range", "mean_range", "variance_range"])
    let prefixes = ["gamma": "gamma", "beta": "beta", "moving_mean": "mean", "moving_variance": "variance"]
    return try zip(stored, names).map { tensor, name in
      guard let quantizer = try quantizer("\(prefixes[name] ?? name)_quantizer") else { return tensor }
      return quantizer.quantized(tensor).scaled
    }
  }

  mutating func parametricReLU() throws -> LayerMeaning {
    let rank = inputs[0].count
    var shape = inputs[0]
    for axis in try options.ints("shared_axes") ?? [] {
      guard let position = Self.position(ofAxis: axis, rank: rank), axis > 0 else {
        throw options.refuse("'\(layer.name)' shares its slopes along axis \(axis)")
      }
      shape[position] = 1
    }
    let stored = try weights.parameters(of: address, [WeightRequest(name: "alpha", shape: shape)])[0]
    return try operation(.activation(.parametricReLU(alpha: Self.spread(stored, over: inputs[0]))))
  }

  /// One slope, one per channel, or, where others are shared, one per element.
  private static func spread(_ alpha: ParameterTensor, over shape: [Int]) -> ParameterTensor {
    if alpha.count == 1 { return ParameterTensor(shape: [1], values: alpha.values, precision: alpha.precision) }
    if alpha.shape.dropLast().allSatisfy({ $0 == 1 }), alpha.shape.last == shape.last {
      return ParameterTensor(shape: [alpha.count], values: alpha.values, precision: alpha.precision)
    }
    var values = alpha.values
    // From the last axis to the first, each shared axis repeats the blocks below it.
    var block = 1
    for (axis, extent) in shape.enumerated().reversed() {
      if alpha.shape[axis] != extent {
        var repeated: [Double] = []
        repeated.reserveCapacity(values.count * extent)
        for start in stride(from: 0, to: values.count, by: block) {
          for _ in 0..<extent { repeated += values[start..<(start + block)] }
        }
        values = repeated
      }
      block *= extent
    }
    return ParameterTensor(shape: shape, values: values, precision: alpha.precision)
  }
}
