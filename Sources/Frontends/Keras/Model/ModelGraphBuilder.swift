import Diagnostics
import ModelIR

/// Turns a Keras model into a ``ModelGraph``: nested models inlined, every call a node of its own.
struct ModelGraphBuilder {
  private let generation: KerasGeneration
  private let weights: any KerasWeights
  private let log: DiagnosticLog
  private var graph: ModelGraph
  private var names: NodeNames
  /// Whether some layers bring the types that they were trained with.
  private let hasTrainedTypes: Bool
  /// By tensor, the mask that goes with it.
  private var masks: [TensorID: TensorID] = [:]
  /// The steps at each of which the model is called that is being added now; nil where it is called once.
  private var repeatedSteps: Int?
  /// Whether some layers have become several nodes, of which nobody may read some.
  private var hasParts = false

  /// More nodes than this come only from models that hold themselves many times over.
  private static let maximumNodes = 100_000

  init(_ model: KerasModel, generation: KerasGeneration, weights: any KerasWeights, log: DiagnosticLog) {
    self.generation = generation
    self.weights = weights
    self.log = log
    graph = ModelGraph(name: model.name, source: .keras)
    names = NodeNames(reserved: model.layers.map(\.name))
    hasTrainedTypes = model.hasHGQLayers
  }

  /// Builds and verifies the graph.
  mutating func build(_ model: KerasModel) throws -> ModelGraph {
    graph.outputs = try instantiate(model, arguments: nil, address: LayerAddress())
    if hasParts { DeadNodeElimination.run(&graph) }
    try ModelGraphVerifier.verify(graph)
    return graph
  }

  /// Adds the layers of a model, and returns what the model returns.
  ///
  /// - Parameter arguments: what a nested model is called on; nil for the outermost model.
  private mutating func instantiate(
    _ model: KerasModel,
    arguments: [TensorID]?,
    address: LayerAddress
  ) throws -> [TensorID] {
    let order = KerasCallOrder(model, generation: generation)
    let steps = model.addressSteps
    var values: [KerasCall: [TensorID]] = [:]
    try bindInputs(of: model, order, arguments, into: &values)
    for call in try order.sorted() where values[call] == nil {
      let layer = model.layers[call.layer]
      guard !layer.isInput else {
        throw Diagnostic.error(
          "keras-architecture",
          "the input '\(layer.name)' is not an input of the model",
          at: layer.origin
        )
      }
      var operands: [TensorID] = []
      for reference in layer.calls[call.call] { operands.append(try tensor(reference, order, values, layer.origin)) }
      let place = address.appending(steps[call.layer])
      values[call] =
        if let nested = layer.model {
          layer.isDistributed
            ? try distribute(nested, of: layer, operands, address: place)
            : try instantiate(nested, arguments: operands, address: place)
        } else {
          try append(
            layer,
            operands,
            place,
            layer.arguments.indices.contains(call.call) ? layer.arguments[call.call] : nil,
            hasMask: layer.callsWithMask.indices.contains(call.call) && layer.callsWithMask[call.call]
          )
        }
    }
    return try model.outputs.map { try tensor($0, order, values, model.origin) }
  }

  /// Adds the layers of a model that is called at every step of the first axis.
  private mutating func distribute(
    _ model: KerasModel,
    of layer: KerasLayer,
    _ operands: [TensorID],
    address: LayerAddress
  ) throws -> [TensorID] {
    guard repeatedSteps == nil, !model.hasHGQLayers, operands.count == 1,
      let shape = operands.first.map({ graph[$0].shape }),
      shape.count > 1
    else {
      throw Diagnostic.error(
        "unsupported-option",
        "'\(layer.name)' calls the model '\(model.name)' at every step of \(operands.map { graph[$0].shape })",
        at: layer.origin,
        hint: "wrap a model of one input, which no other TimeDistributed stands around"
      )
    }
    repeatedSteps = shape[0]
    defer { repeatedSteps = nil }
    return try instantiate(model, arguments: operands, address: address)
  }

  private func tensor(
    _ reference: KerasTensorReference,
    _ order: KerasCallOrder,
    _ values: [KerasCall: [TensorID]],
    _ origin: Origin
  ) throws -> TensorID {
    let results = values[try order.resolve(reference, from: origin)] ?? []
    guard results.indices.contains(reference.tensor) else {
      throw Diagnostic.error(
        "unknown-layer",
        "output \(reference.tensor) of '\(reference.layer)' is read, but it has \(results.count)",
        at: origin
      )
    }
    return results[reference.tensor]
  }

  private mutating func bindInputs(
    of model: KerasModel,
    _ order: KerasCallOrder,
    _ arguments: [TensorID]?,
    into values: inout [KerasCall: [TensorID]]
  ) throws {
    if let arguments, arguments.count != model.inputs.count {
      throw Diagnostic.error(
        "keras-architecture",
        "the model '\(model.name)' has \(model.inputs.count) inputs but is called on \(arguments.count) tensors",
        at: model.origin
      )
    }
    for (index, reference) in model.inputs.enumerated() {
      let call = try order.resolve(reference, from: model.origin)
      let layer = model.layers[call.layer]
      guard layer.isInput, values[call] == nil else {
        throw Diagnostic.error(
          "keras-architecture",
          "'\(layer.name)' cannot be input \(index) of '\(model.name)'",
          at: layer.origin
        )
      }
      if let arguments {
        let shape = graph[arguments[index]].shape
        try InputReader(layer, log: log).checkShape(repeatedSteps == nil ? shape : Array(shape.dropFirst()))
        values[call] = [arguments[index]]
      } else {
        let shape = try InputReader(layer, log: log).shape()
        values[call] = [
          graph.append(.input, named: names.claimReserved(layer.name), inputs: [], shape: shape, origin: layer.origin)
        ]
      }
    }
  }

  /// Adds one call of a layer; layers that do nothing outside training vanish.
  private mutating func append(
    _ layer: KerasLayer,
    _ operands: [TensorID],
    _ address: LayerAddress,
    _ arguments: KerasCallArguments?,
    hasMask: Bool
  ) throws -> [TensorID] {
    try checkSize(layer)
    if layer.isHGQ || layer.firstHGQClass != nil { return [try appendNetwork(layer, operands, address)] }
    if hasTrainedTypes { try refuseFloatWeights(layer) }
    var operands = operands
    let mask = try mask(of: layer, &operands, isGiven: hasMask)
    var place = address
    place.mayHoldMore = layer.qkerasClass?.foldsNormalization ?? false
    if layer.wrapperName != nil { place.inside = ["layer"] }
    var reader = LayerReader(
      layer,
      inputs: operands.map { graph[$0].shape },
      generation: generation,
      address: place,
      weights: weights,
      arguments: arguments
    )
    reader.hasMask = mask != nil && layer.baseClass?.readsMask ?? false
    let meaning = try repeatedSteps.map { try reader.read(atEvery: $0) } ?? reader.read()
    reader.options.reportUnread(to: log)
    let result: TensorID
    switch meaning {
    case .nothing: result = operands[0]
    case .quantizer(let quantizer):
      result = try append(quantizer, named: names.claim(for: address), of: layer, operands[0])
    case .operation(let operation, let shape, let activation):
      let step = LayerMeaning.Step(operation: operation, shape: shape, suffix: nil)
      result = try append([step], activation, of: layer, operands, address)
    case .chain(let steps, let activation):
      result = try append(steps, activation, of: layer, operands, address)
    case .network(let network, let results, let maskValue):
      let inputs = operands + (reader.hasMask ? [mask].compactMap { $0 } : [])
      hasParts = true
      let values = try append(network, of: layer, inputs, address, layerClass: { _ in layer.className })
      for result in results { masks[values[result]] = nil }
      if let maskValue {
        masks[values[results[0]]] = values[maskValue]
      } else if let mask, !reader.hasMask {
        try handOn(mask, to: values[results[0]], through: layer)
      }
      return results.map { values[$0] }
    }
    if let mask { try handOn(mask, to: result, through: layer) }
    return [result]
  }

  /// The mask that goes with what a call reads: the one that it is given, or that of its operands.
  private mutating func mask(of layer: KerasLayer, _ operands: inout [TensorID], isGiven: Bool) throws -> TensorID? {
    if isGiven, let given = operands.popLast() {
      let shape = graph[given].shape
      return graph.append(
        .reshape,
        named: names.claim("\(layer.name)_mask"),
        inputs: [given],
        shape: shape.count == 1 ? shape + [1] : shape,
        origin: layer.origin
      )
    }
    let found = operands.compactMap { masks[$0] }
    guard let first = found.first, found.contains(where: { $0 != first }) else { return found.first }
    throw Diagnostic.error(
      "unsupported-mask",
      "'\(layer.name)' (\(layer.className)) reads tensors with different masks",
      at: layer.origin,
      hint: "join tensors that one Masking stands before"
    )
  }

  /// Lets a mask go with the result of a layer that does not look at it.
  private mutating func handOn(_ mask: TensorID, to result: TensorID, through layer: KerasLayer) throws {
    // Operators know nothing of masks.
    switch layer.operatorKind == nil ? layer.baseClass?.maskRule ?? .refused : .dropped {
    case .kept: masks[result] = mask
    case .dropped: break
    case .refused:
      throw Diagnostic.error(
        "unsupported-mask",
        "'\(layer.name)' (\(layer.className)) reads a tensor with a mask",
        at: layer.origin,
        hint: "let only recurrent layers and layers of single steps stand behind a Masking"
      )
    }
  }

  /// Adds the operators of a layer, one after the other, and then its activation.
  private mutating func append(
    _ steps: [LayerMeaning.Step],
    _ activation: NamedActivation?,
    of layer: KerasLayer,
    _ operands: [TensorID],
    _ address: LayerAddress
  ) throws -> TensorID {
    let name = names.claim(for: address)
    var inputs = operands
    for step in steps {
      let output = graph.append(
        step.operation,
        named: step.suffix.map { names.claim("\(name)_\($0)") } ?? name,
        inputs: inputs,
        shape: step.shape,
        origin: layer.origin,
        layerClass: layer.className
      )
      inputs = [output]
    }
    guard let activation else { return inputs[0] }
    if let quantizer = activation.quantizer {
      return try append(quantizer, named: names.claim("\(name)_\(activation.name)"), of: layer, inputs[0])
    }
    return graph.append(
      .activation(activation.function),
      named: names.claim("\(name)_\(activation.name)"),
      inputs: inputs,
      shape: graph[inputs[0]].shape,
      origin: layer.origin
    )
  }

  /// Adds a quantiser of activations; the last of its nodes has the name.
  private mutating func append(
    _ quantizer: QKerasQuantizer,
    named name: String,
    of layer: KerasLayer,
    _ operand: TensorID
  ) throws -> TensorID {
    var network = LayerNetwork(operands: [graph[operand].shape])
    try quantizer.add(to: &network, .operand(0), of: layer)
    var result = operand
    for (index, step) in network.steps.enumerated() {
      let isLast = index == network.steps.count - 1
      result = graph.append(
        step.operation,
        named: isLast ? name : names.claim("\(name)_\(step.suffix ?? "rounded")"),
        inputs: [result],
        shape: step.shape,
        origin: layer.origin,
        layerClass: QKerasQuantizer.nodeClass
      )
    }
    return result
  }

  private func checkSize(_ layer: KerasLayer) throws {
    guard graph.nodes.count >= Self.maximumNodes else { return }
    throw Diagnostic.error("absurd-size", "the model has more than \(Self.maximumNodes) layers", at: layer.origin)
  }

  // MARK: - Models that bring their types

  /// Adds one call of a layer that becomes several nodes.
  private mutating func appendNetwork(
    _ layer: KerasLayer,
    _ operands: [TensorID],
    _ address: LayerAddress
  ) throws -> TensorID {
    let shapes = operands.map { graph[$0].shape }
    var reader: any NetworkReading =
      if let kind = layer.firstHGQClass {
        FirstHGQLayerReader(layer, kind, inputs: shapes, address: address, weights: weights)
      } else {
        HGQLayerReader(layer, inputs: shapes, address: address, weights: weights)
      }
    let network = try reader.read()
    reader.options.reportUnread(to: log)
    for finding in reader.findings { log.report(finding) }
    let values = try append(network, of: layer, operands, address) { $0 == nil ? layer.className : nil }
    return values[network.result]
  }

  /// Adds the nodes of a layer; what each of its values has become.
  private mutating func append(
    _ network: LayerNetwork,
    of layer: KerasLayer,
    _ operands: [TensorID],
    _ address: LayerAddress,
    layerClass: (_ suffix: String?) -> String?
  ) throws -> NetworkTensors {
    let name = names.claim(for: address)
    var tensors = NetworkTensors(operands: operands)
    for step in network.steps {
      try checkSize(layer)
      tensors.results.append(
        graph.append(
          step.operation,
          named: step.suffix.map { names.claim("\(name)_\($0)") } ?? name,
          inputs: step.inputs.map { tensors[$0] },
          shape: step.shape,
          origin: layer.origin,
          layerClass: layerClass(step.suffix)
        )
      )
    }
    return tensors
  }

  /// What the values of a layer's network have become.
  private struct NetworkTensors {
    let operands: [TensorID]
    /// By step.
    var results: [TensorID] = []

    subscript(_ value: LayerNetwork.Value) -> TensorID {
      switch value {
      case .operand(let index): operands[index]
      case .step(let index): results[index]
      }
    }
  }

  /// Refuses plain layers with trained numbers among quantised ones: nobody gave those numbers types.
  private func refuseFloatWeights(_ layer: KerasLayer) throws {
    guard layer.qkerasClass == nil, let kind = KerasLayerClass(rawValue: layer.className), kind.hasWeights else {
      return
    }
    throw Diagnostic.error(
      "unquantised-weights",
      "'\(layer.name)' is a plain \(layer.className) with floating-point weights in a model trained with HGQ",
      at: layer.origin,
      hint: "train it as HGQ's Q\(layer.className)"
    )
  }
}
