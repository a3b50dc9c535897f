import Diagnostics
import FixedPoint
import Glibc
import ModelIR

/// The layers of look-up tables: each edge a small network of one number, tabulated.
extension HGQLayerReader {
  mutating func denseTables() throws {
    guard let outputs = try options.int("n_out") else { throw missing("n_out") }
    let input = try operand()
    let shape = network.shape(of: input)
    guard let last = shape.last, outputs > 0 else { throw missing("n_out") }
    try addDenseTables(input, positions: Array(shape.dropLast()), inputs: last, outputs: outputs, patches: nil)
  }

  /// Patches, the kernel's positions before the channels, and a dense layer of tables.
  mutating func convolutionTables(axes count: Int) throws {
    guard let filters = try options.int("filters") else { throw missing("filters") }
    let channels = try options.windowedInput(inputs, axes: count, rules: rules)
    guard try options.int("groups") ?? 1 == 1, filters > 0 else {
      throw options.refuse("'\(layer.name)' has groups of channels", hint: "use one group")
    }
    guard let window = try options.window(over: inputs[0], axes: count, size: "kernel_size") else {
      throw missing("kernel_size")
    }
    let shape = inputs[0]
    let operation = ModelOperator.pool(PoolingLayer(kind: .maximum, window: window))
    let places = try rules.shape(of: operation, inputs: [shape], declared: []).dropLast()
    try rules.checkExtents(places + [window.tapCount, channels])
    var patches = [Int?](repeating: nil, count: places.reduce(1, *) * window.tapCount * channels)
    for (position, taps) in window.visibleTaps(of: shape).enumerated() {
      for (tap, source) in taps {
        for channel in 0..<channels {
          patches[(position * window.tapCount + tap) * channels + channel] = source * channels + channel
        }
      }
    }
    try addDenseTables(
      operand(),
      positions: Array(places),
      inputs: window.tapCount * channels,
      outputs: filters,
      patches: patches
    )
  }

  private mutating func addDenseTables(
    _ input: LayerNetwork.Value,
    positions: [Int],
    inputs: Int,
    outputs: Int,
    patches: [Int?]?
  ) throws {
    let labels = positions.indices.map { "p\($0)" }
    var extents = Dictionary(zip(labels, positions)) { first, _ in first }
    extents["i"] = inputs
    extents["o"] = outputs
    try rules.checkExtents(positions + [inputs, outputs])
    var arrangement = TableArrangement(
      left: labels + ["i"],
      kernel: ["i", "o"],
      output: labels + ["o"],
      extents: extents,
      patches: patches
    )
    let normalises = try options.bool("batch_norm", default: false)
    if normalises { arrangement.channels = ["o"] }
    let layers = try edgeLayers(rank: 2, useBias: try options.bool("use_bias", default: true))
    try check(layers, kernel: [inputs, outputs])
    let lines = try normalises ? normalisation(inside: ["bn_module"], arrangement) : []
    try addTables(arrangement, layers, lines, of: input)
  }

  mutating func einsumTables() throws {
    guard let text = try options.string("equation") else { throw missing("equation") }
    let input = try operand()
    let shape = network.shape(of: input)
    let normalises = try options.bool("batch_norm", default: false)
    let biasAxes = try options.string("bias_axes").map { $0.map(String.init) }
    let layers = try edgeLayers(rank: nil, useBias: biasAxes != nil && !normalises)
    let equation = try EinsumEquation(text, leftRank: shape.count + 1, rightRank: layers.kernel.count, layer: layer)
    guard equation.left.first == equation.output.first, let batch = equation.left.first,
      !equation.right.contains(batch)
    else {
      throw options.refuse(
        "'\(layer.name)' does not keep the batch as its first axis",
        hint: "write it like 'bc,cC->bC'"
      )
    }
    let extents = try equation.extents(left: [1] + shape, right: layers.kernel, layer: layer)
    var arrangement = TableArrangement(
      left: Array(equation.left.dropFirst()),
      kernel: equation.right,
      output: Array(equation.output.dropFirst()),
      extents: extents
    )
    try rules.checkExtents(arrangement.shape(arrangement.terms))
    guard arrangement.output.allSatisfy({ arrangement.terms.contains($0) }) else { throw missing("equation") }
    let axes = try options.string("normalize_axes").map { $0.map(String.init) } ?? biasAxes
    if normalises { arrangement.channels = axes ?? arrangement.output.filter(equation.right.contains) }
    guard arrangement.channels.allSatisfy({ arrangement.output.contains($0) }) else { throw missing("normalize_axes") }
    let lines = try normalises ? normalisation(inside: nil, arrangement) : []
    try addTables(arrangement, layers, lines, of: input)
  }

  // MARK: - Numbers

  /// What is trained of the edges' networks, and the shape of the kernel, an edge's network for each element.
  private struct EdgeLayers {
    var kernel: [Int]
    var layers: [EdgeNetworks.Layer]
  }

  private func check(_ layers: EdgeLayers, kernel: [Int]) throws {
    guard layers.kernel == kernel else {
      throw rules.error(
        "weight-shape",
        "the edges of '\(layer.name)' have networks of shape \(layers.kernel), but the layer needs \(kernel)",
        hint: "check that the weights belong to this model"
      )
    }
  }

  /// - Parameter rank: the axes of the kernel; nil: as many as the file has.
  private mutating func edgeLayers(rank: Int?, useBias: Bool) throws -> EdgeLayers {
    let hidden = try options.int("n_hl") ?? 1
    options.ignore(["d_hl", "bn_momentum", "bn_epsilon", "bn_scale", "bn_center", "normalize_axes"])
    guard (0...16).contains(hidden) else { throw missing("n_hl") }
    var kernel: [Int]?
    var layers: [EdgeNetworks.Layer] = []
    for index in 0...hidden {
      let path = ["module", "layers", index == 0 ? "einsum_dense" : "einsum_dense_\(index)"]
      let names = useBias ? ["kernel", "bias"] : ["kernel"]
      let arrays = try weights.arrays(of: address, inside: path, named: names)
      for (name, array) in zip(names, arrays) {
        try array.requireFinite("the \(name) of '\(path[2])' of '\(layer.name)'", at: layer.origin)
      }
      // The last of them gives one number, and has no axis for it.
      let isLast = index == hidden
      let found = arrays[0].shape.dropLast(isLast ? 1 : 2)
      let outputs = isLast ? 1 : arrays[0].shape.last ?? 0
      let inputs = isLast ? arrays[0].shape.last ?? 0 : arrays[0].shape.dropLast().last ?? 0
      let expected = kernel ?? Array(found)
      let biasShape = expected + (isLast ? [] : [outputs])
      guard Array(found) == expected, rank.map({ $0 == found.count }) ?? !found.isEmpty, inputs > 0, outputs > 0,
        inputs == 1 || layers.isEmpty || inputs == layers[layers.count - 1].outputs,
        arrays.count == 1 || arrays[1].shape == biasShape
      else {
        throw rules.error(
          "weight-shape",
          "'\(path[2])' of '\(layer.name)' has weights of shapes \(arrays.map(\.shape)), which do not fit the others",
          hint: "check that the weights belong to this model"
        )
      }
      kernel = expected
      layers.append(
        EdgeNetworks.Layer(
          inputs: inputs,
          outputs: outputs,
          weights: arrays[0].values,
          bias: arrays.count > 1 ? arrays[1].values : nil
        )
      )
    }
    return EdgeLayers(kernel: kernel ?? [], layers: layers)
  }

  /// A batch normalisation of sums of terms, given to each term: by channel.
  ///
  /// - Parameter path: where its variables stand; nil: among the layer's own.
  private mutating func normalisation(inside path: [String]?, _ arrangement: TableArrangement) throws
    -> [EdgeNetworks.Line]
  {
    let scales = try options.bool("bn_scale", default: true)
    let centres = try options.bool("bn_center", default: true)
    let epsilon = try options.number("bn_epsilon") ?? 1e-3
    let names = (scales ? ["gamma"] : []) + (centres ? ["beta"] : []) + ["moving_mean", "moving_variance"]
    let found: [String: StoredArray]
    if let path {
      let arrays = try weights.arrays(of: address, inside: path, named: names)
      found = Dictionary(zip(names, arrays)) { first, _ in first }
    } else {
      found = try variables(names + [Self.bookkeeping])
    }
    let count = arrangement.count(arrangement.channels)
    func numbers(_ name: String, default fallback: Double) throws -> [Double] {
      guard found[name] != nil else { return [Double](repeating: fallback, count: count) }
      let tensor = try variable(name, of: found, shape: nil)
      guard tensor.count == count else {
        throw rules.error("weight-shape", "the batch normalisation of '\(layer.name)' does not have \(count) channels")
      }
      return tensor.values
    }
    let gamma = try numbers("gamma", default: 1)
    let beta = try numbers("beta", default: 0)
    let mean = try numbers("moving_mean", default: 0)
    let variance = try numbers("moving_variance", default: 1)
    return try (0..<count).map { channel in
      let scale = gamma[channel] / (variance[channel] + epsilon).squareRoot()
      guard scale.isFinite else {
        throw rules.error(
          "bad-parameters",
          "the variance of '\(layer.name)' is \(variance[channel]) in channel \(channel)",
          hint: "repair the layer's variance: it must be positive"
        )
      }
      let shift = beta[channel] - mean[channel] * scale
      return EdgeNetworks.Line(scale: scale, shift: shift, root: Double(arrangement.termCount).squareRoot())
    }
  }

  // MARK: - Tables

  private mutating func addTables(
    _ arrangement: TableArrangement,
    _ layers: EdgeLayers,
    _ lines: [EdgeNetworks.Line],
    of input: LayerNetwork.Value
  ) throws {
    let shape = arrangement.shape(arrangement.terms)
    guard try options.bool("enable_iq", default: true) else {
      throw options.refuse("'\(layer.name)' has tables without an input quantiser", hint: "enable its input quantiser")
    }
    let arguments = try tableTypes("iq_conf", inside: "iq", shape)
    let results = try tableTypes("toq_conf", inside: "toq", shape)
    let activation = try ActivationReader(generation: .three, rank: 1)
      .embedded(options.value("subnn_activation"), in: layer)
    guard case .scalar(let function) = activation.function.form else {
      throw options.refuse("the edges of '\(layer.name)' have the activation '\(activation.name)'")
    }
    let networks = EdgeNetworks(layers: layers.layers, activation: function, lines: lines)
    struct Key: Hashable {
      var kernel: Int
      var channel: Int
      var argument: FixedPointType
      var result: FixedPointType
    }
    var known: [Key: TableSum.Table] = [:]
    var (doubtful, entries) = (0, 0)
    var extended = network
    let value = try extended.appendTables(arrangement, of: input) { edge in
      let argument = arguments.count == 1 ? arguments[0] : arguments[edge.term]
      let result = results.count == 1 ? results[0] : results[edge.term]
      let key = Key(kernel: edge.kernel, channel: edge.channel, argument: argument, result: result)
      if let table = known[key] { return (argument, table) }
      guard argument.width <= TableSum.mostAddressBits, result.width <= 60 else { throw tooLarge(argument, result) }
      let made = networks.table(of: edge.kernel, channel: edge.channel, argument: argument, result: result)
      doubtful += made.doubtful
      entries += made.table.entries.count
      known[key] = made.table
      return (argument, made.table)
    }
    network = extended
    if doubtful > 0 {
      findings.append(
        .note(
          "doubtful-table-entries",
          "\(doubtful) of \(entries) entries of '\(layer.name)' lie so near to a rounding boundary that a framework may "
            + "round them to the other side",
          at: layer.origin
        )
      )
    }
    network.result = try activate(value)
  }

  private func tooLarge(_ argument: FixedPointType, _ result: FixedPointType) -> Diagnostic {
    .error(
      "table-too-large",
      "'\(layer.name)' has tables from \(argument.width) to \(result.width) bits; the limits are "
        + "\(TableSum.mostAddressBits) and 60",
      at: layer.origin,
      hint: "train it with fewer bits in its quantisers"
    )
  }

  /// The types of a quantiser of edges.
  private mutating func tableTypes(_ name: String, inside part: String, _ shape: [Int]) throws -> [FixedPointType] {
    guard let configuration = options.value(name),
      let quantizer = try QuantizerOptions.read(configuration, name, of: layer)
    else { throw missing(name) }
    guard quantizer.scaling == nil else {
      throw options.refuse("the quantiser '\(name)' of '\(layer.name)' has a scale", hint: "train it without one")
    }
    return try parameters(quantizer, inside: [part, "quantizer"]).types(of: shape)
  }
}
