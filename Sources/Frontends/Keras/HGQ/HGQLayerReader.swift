import Diagnostics
import ModelIR

/// Reads one call of a layer that becomes a network of its own.
protocol NetworkReading {
  /// What has been looked at.
  var options: LayerOptions { get }
  /// What the user should know of the layer.
  var findings: [Diagnostic] { get }
  /// What the layer computes.
  mutating func read() throws -> LayerNetwork
}

/// Reads one call of an HGQ layer: `oq(activation(layer(iq(x))))`, everything but the quantisers exact.
struct HGQLayerReader: NetworkReading {
  let layer: KerasLayer
  /// The shapes of what it reads.
  let inputs: [[Int]]
  let address: LayerAddress
  let weights: any KerasWeights
  let rules: ShapeInference
  var options: LayerOptions
  var network: LayerNetwork
  /// What the user should know of the layer.
  var findings: [Diagnostic] = []

  init(_ layer: KerasLayer, inputs: [[Int]], address: LayerAddress, weights: any KerasWeights) {
    self.layer = layer
    self.inputs = inputs
    self.address = address
    self.weights = weights
    rules = ShapeInference(layer: layer.name, origin: layer.origin)
    options = LayerOptions(layer: layer.name, origin: layer.origin, values: layer.options)
    network = LayerNetwork(operands: inputs)
  }

  /// What the layer computes, and the options that were looked at.
  mutating func read() throws -> LayerNetwork {
    guard let kind = layer.hgqClass else {
      throw Diagnostic.error("unsupported-layer", "'\(layer.name)' is a \(layer.className)", at: layer.origin)
    }
    guard !inputs.isEmpty else { throw rules.error("bad-arity", "'\(layer.name)' is called on nothing") }
    try options.checkNumberFormat()
    options.ignore(Self.trainingOptions)
    switch kind {
    case .dense: try dense()
    case .denseTable: try denseTables()
    case .einsumDenseTable: try einsumTables()
    case .convTable1D: try convolutionTables(axes: 1)
    case .convTable2D: try convolutionTables(axes: 2)
    case .einsumDense: try einsumDense(normalises: false)
    case .einsumDenseBatchnorm: try einsumDense(normalises: true)
    case .batchNormDense: try batchNormDense()
    case .batchNormalization: try batchNormalization()
    case .add: try merge(.add)
    case .subtract: try merge(.subtract)
    case .multiply: try merge(.multiply)
    case .maximum: try merge(.maximum)
    case .minimum: try merge(.minimum)
    case .averagePow2: try averagePow2()
    case .sum: try sum()
    case .meanPow2: try meanPow2()
    case .einsum:
      guard let equation = try options.string("equation") else { throw missing("equation") }
      try multiply(equation)
    case .dot: try dot()
    case .softmax: try softmax()
    case .multiHeadAttention: try attention(isLinformer: false)
    case .linformerAttention: try attention(isLinformer: true)
    case .conv1D: try convolution(axes: 1)
    case .conv2D: try convolution(axes: 2)
    case .maxPooling1D: try pooling(.maximum, axes: 1)
    case .maxPooling2D: try pooling(.maximum, axes: 2)
    case .averagePooling1D: try pooling(.average(countsPadding: false), axes: 1)
    case .averagePooling2D: try pooling(.average(countsPadding: false), axes: 2)
    case .globalMaxPooling1D: try globalPooling(.maximum, axes: 1)
    case .globalMaxPooling2D: try globalPooling(.maximum, axes: 2)
    case .globalAveragePooling1D: try globalPooling(.mean, axes: 1)
    case .globalAveragePooling2D: try globalPooling(.mean, axes: 2)
    case .unaryFunction: network.result = try activate(quantizedOperand())
    case .affinedUnaryFunction: try affinedUnaryFunction()
    case .quantizer:
      guard let configuration = options.value("config") else { throw missing("config") }
      network.result = try quantize(operand(), by: configuration, "config", inside: ["quantizer"], suffix: nil)
      return network
    }
    if try options.bool("enable_oq", default: false) {
      guard let configuration = options.value("oq_conf") else { throw missing("oq_conf") }
      network.result = try quantize(
        network.result,
        by: configuration,
        "oq_conf",
        inside: ["oq", "quantizer"],
        suffix: "oq"
      )
    } else {
      options.ignore(["oq_conf"])
    }
    return network
  }

  /// Bookkeeping of the training, and how it is parallelised.
  private static let trainingOptions: Set<String> = [
    "enable_ebops", "ebops_factor", "beta0", "parallelization_factor", "qnoise_factor", "output_shape",
    "quantization_config", "iq_conf", "iq_confs", "kq_conf", "bq_conf", "allow_heterogeneous_table",
    "allow_heterogeneous_input", "toq_conf", "table_idxs",
  ]

  // MARK: - Operands

  /// The only operand.
  func operand() throws -> LayerNetwork.Value {
    guard inputs.count == 1 else {
      throw rules.error("bad-arity", "'\(layer.name)' (\(layer.className)) has \(inputs.count) inputs")
    }
    return .operand(0)
  }

  /// The only operand, through the input quantiser where it is enabled.
  mutating func quantizedOperand() throws -> LayerNetwork.Value {
    let operand = try operand()
    guard try options.bool("enable_iq", default: true) else { return operand }
    guard let configuration = options.value("iq_conf") else { throw missing("iq_conf") }
    return try quantize(operand, by: configuration, "iq_conf", inside: ["iq", "quantizer"], suffix: "iq")
  }

  /// All operands, each through a quantiser of its own where they are enabled.
  mutating func quantizedOperands() throws -> [LayerNetwork.Value] {
    let operands = inputs.indices.map { LayerNetwork.Value.operand($0) }
    guard try options.bool("enable_iq", default: true) else { return operands }
    guard let configurations = options.value("iq_confs")?.array, configurations.count == inputs.count else {
      throw missing("iq_confs")
    }
    var results: [LayerNetwork.Value] = []
    for (index, configuration) in configurations.enumerated() {
      let part = index == 0 ? "quantizer" : "quantizer_\(index)"
      results.append(
        try quantize(
          operands[index],
          by: configuration,
          "iq_confs",
          inside: ["iq", "quantizers", part, "quantizer"],
          suffix: "iq\(index)"
        )
      )
    }
    return results
  }

  mutating func quantize(
    _ value: LayerNetwork.Value,
    by configuration: JSONValue,
    _ name: String,
    inside path: [String],
    suffix: String?
  ) throws -> LayerNetwork.Value {
    guard let quantizer = try QuantizerOptions.read(configuration, name, of: layer) else { return value }
    let shape = network.shape(of: value)
    let parameters = try parameters(quantizer, inside: path)
    let types = try parameters.types(of: shape)
    let operation = TensorQuantizer(types: types, scaling: quantizer.scaling)
    return network.append(.quantize(operation), suffix, [value], shape: shape)
  }

  func parameters(_ quantizer: QuantizerOptions, inside path: [String]) throws -> QuantizerParameters {
    try QuantizerParameters(quantizer, of: address, inside: path, weights: weights, origin: layer.origin)
  }

  // MARK: - Constants

  /// Trained constants through their quantiser.
  func quantize(_ tensor: ParameterTensor, by configuration: String, inside part: String) throws -> ParameterTensor {
    guard let value = layer.options[configuration], !value.isNull else { return tensor }
    guard let quantizer = try QuantizerOptions.read(value, configuration, of: layer) else { return tensor }
    return try parameters(quantizer, inside: [part, "quantizer"]).quantized(tensor)
  }

  /// The layer's own variables by name; `bookkeeping` stands where the training's own may lie.
  func variables(_ names: [String]) throws -> [String: StoredArray] {
    let wanted = names.filter { $0 != Self.bookkeeping }
    let count = try weights.arrayCount(of: address, inside: [])
    let hasBookkeeping = count == wanted.count + 2
    let order = names.flatMap { name -> [String] in
      guard name == Self.bookkeeping else { return [name] }
      return hasBookkeeping ? ["beta (training)", "ebops"] : []
    }
    let arrays = try weights.arrays(of: address, inside: [], named: order)
    for (name, array) in zip(order, arrays) where (name == "ebops") != array.isInteger {
      throw Diagnostic.error(
        "unexpected-weights",
        "the variable \(name) of '\(layer.name)' holds \(array.isInteger ? "integers" : "floats")",
        at: layer.origin,
        hint: "save the model again with the HGQ2 that trained it"
      )
    }
    return Dictionary(zip(order, arrays)) { first, _ in first }
  }

  static let bookkeeping = "…"

  /// A variable of a known shape.
  func variable(_ name: String, of variables: [String: StoredArray], shape: [Int]?) throws -> ParameterTensor {
    guard let array = variables[name] else { throw rules.error("missing-weight", "'\(layer.name)' has no \(name)") }
    if let shape, array.shape != shape {
      throw Diagnostic.error(
        "weight-shape",
        "the \(name) of '\(layer.name)' has shape \(array.shape), but the layer needs \(shape)",
        at: layer.origin,
        hint: "check that the weights belong to this model"
      )
    }
    try array.requireFinite("the \(name) of '\(layer.name)'", at: layer.origin)
    try rules.checkExtents(array.shape.isEmpty ? [1] : array.shape)
    return ParameterTensor(shape: array.shape, values: array.values, precision: .float32)
  }

  // MARK: - Activations

  mutating func activate(_ value: LayerNetwork.Value) throws -> LayerNetwork.Value {
    let shape = network.shape(of: value)
    let activation = try ActivationReader(generation: .three, rank: shape.count)
      .embedded(options.value("activation"), in: layer)
    if case .linear = activation.function { return value }
    return network.append(.activation(activation.function), activation.name, [value], shape: shape)
  }

  func missing(_ option: String) -> Diagnostic {
    .error("keras-option", "the option '\(option)' of '\(layer.name)' is missing or does not fit", at: layer.origin)
  }
}
