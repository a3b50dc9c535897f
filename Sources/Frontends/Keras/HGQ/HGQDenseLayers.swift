import Diagnostics
import ModelIR

/// The layers with a kernel.
extension HGQLayerReader {
  mutating func dense() throws {
    guard let units = try options.int("units") else { throw missing("units") }
    let useBias = try options.bool("use_bias", default: true)
    let input = try quantizedOperand()
    let kernelShape = try kernelShape(units: units)
    let variables = try variables(["kernel"] + (useBias ? ["bias"] : []) + [Self.bookkeeping])
    let kernel = try variable("kernel", of: variables, shape: kernelShape)
    let bias = useBias ? try variable("bias", of: variables, shape: [units]) : nil
    try addDense(input, kernel: kernel, bias: bias)
  }

  /// A normalised input: `gamma · (x - mean) / sqrt(variance + epsilon)`, folded into kernel and bias.
  ///
  /// The mean meets the kernel before the scale does: so it was trained.
  mutating func batchNormDense() throws {
    guard let units = try options.int("units") else { throw missing("units") }
    let scales = try options.bool("scale", default: true)
    let useBias = try options.bool("use_bias", default: true)
    options.ignore(["momentum", "synchronized"])
    guard let epsilon = try options.number("epsilon") else { throw missing("epsilon") }
    let input = try quantizedOperand()
    let shape = try kernelShape(units: units)
    var names = ["kernel"]
    if useBias { names.append("bias") }
    if scales { names.append("gamma") }
    let variables = try variables(names + [Self.bookkeeping, "moving_mean", "moving_variance"])
    var kernel = try variable("kernel", of: variables, shape: shape)
    let mean = try variable("moving_mean", of: variables, shape: [shape[0]])
    let scale = try normalisation(variables, gamma: scales ? "gamma" : nil, count: shape[0], epsilon: epsilon)
    var bias = ParameterTensor(shape: [units], values: [Double](repeating: 0, count: units))
    if useBias { bias = try variable("bias", of: variables, shape: [units]) }
    for j in 0..<units {
      let shift = (0..<shape[0]).reduce(0.0) { $0 + mean.values[$1] * kernel.values[$1 * units + j] }
      bias.values[j] = Double(Float(bias.values[j] - shift))
    }
    for index in kernel.values.indices {
      kernel.values[index] = Double(scale[index / units] * Float(kernel.values[index]))
    }
    try addDense(input, kernel: kernel, bias: bias)
  }

  private func kernelShape(units: Int) throws -> [Int] {
    guard let last = inputs.first?.last else { throw rules.error("bad-arity", "'\(layer.name)' is called on nothing") }
    try rules.checkExtents([last, units])
    return [last, units]
  }

  /// Quantises the constants and adds the product over the last axis.
  private mutating func addDense(_ input: LayerNetwork.Value, kernel: ParameterTensor, bias: ParameterTensor?) throws {
    let layer = DenseLayer(
      kernel: try quantize(kernel, by: "kq_conf", inside: "kq"),
      bias: try bias.map { try quantize($0, by: "bq_conf", inside: "bq") }
    )
    let shape = network.shape(of: input).dropLast() + [layer.outputSize]
    try rules.checkExtents(Array(shape))
    network.result = try activate(network.append(.dense(layer), nil, [input], shape: Array(shape)))
  }

  /// `gamma / sqrt(variance + epsilon)` in float32, each step rounded.
  func normalisation(
    _ variables: [String: StoredArray],
    gamma: String?,
    count: Int,
    epsilon: Double
  ) throws -> [Float] {
    let variance = try variable("moving_variance", of: variables, shape: nil)
    let gamma = try gamma.map { try variable($0, of: variables, shape: nil) }
    guard variance.count == count, gamma.map({ $0.count == count }) ?? true else {
      throw rules.error("weight-shape", "the batch normalisation of '\(layer.name)' does not have \(count) channels")
    }
    return try (0..<count).map { c in
      let root = (Float(variance.values[c]) + Float(epsilon)).squareRoot()
      let scale = Float(gamma?.values[c] ?? 1) / root
      guard scale.isFinite else {
        throw rules.error(
          "bad-parameters",
          "the variance of '\(layer.name)' is \(variance.values[c]) in channel \(c)",
          hint: "repair the layer's variance: it must be positive"
        )
      }
      return scale
    }
  }

  // MARK: - Batch normalisation by itself

  mutating func batchNormalization() throws {
    try options.mustBeOff("renorm")
    options.ignore(["renorm_clipping", "renorm_momentum", "momentum", "synchronized"])
    guard let epsilon = try options.number("epsilon") else { throw missing("epsilon") }
    let scales = try options.bool("scale", default: true)
    let centres = try options.bool("center", default: true)
    let input = try quantizedOperand()
    let shape = network.shape(of: input)
    let axes = try options.ints("axis") ?? [-1]
    guard axes.count == 1, let axis = LayerReader.position(ofAxis: axes[0], rank: shape.count) else {
      throw options.refuse("'\(layer.name)' normalises along axes \(axes)", hint: "normalise along one axis")
    }
    let channels = shape[axis]
    let names = (scales ? ["gamma"] : []) + (centres ? ["beta"] : [])
    let variables = try variables(names + ["moving_mean", "moving_variance", Self.bookkeeping])
    let mean = try variable("moving_mean", of: variables, shape: [channels])
    let factors = try normalisation(variables, gamma: scales ? "gamma" : nil, count: channels, epsilon: epsilon)
    let beta = centres ? try variable("beta", of: variables, shape: [channels]) : nil
    // Without centring HGQ2 adds one: its beta starts as ones, and nothing takes it away.
    let offsets = (0..<channels).map { Float(beta?.values[$0] ?? 1) - Float(mean.values[$0]) * factors[$0] }
    let scale = try quantize(Self.tensor(factors), by: "kq_conf", inside: "kq")
    let bias = try quantize(Self.tensor(offsets), by: "bq_conf", inside: "bq")
    // The channel of every element.
    var strides = [Int](repeating: 0, count: shape.count)
    strides[axis] = 1
    let channel = TensorLayout.sources(shape, strides: strides)
    func spread(_ tensor: ParameterTensor) -> ParameterTensor {
      ParameterTensor(shape: shape, values: channel.map { tensor.values[$0] })
    }
    let operation = AffineLayer(scale: spread(scale), bias: spread(bias))
    network.result = network.append(.affine(operation), nil, [input], shape: shape)
  }

  private static func tensor(_ values: [Float]) -> ParameterTensor {
    ParameterTensor(shape: [values.count], values: values.map(Double.init))
  }
}
