import Diagnostics
import FixedPoint
import FixedPointIR
import ModelIR

/// Makes the fixed-point graph from hls4ml's settled layers.
struct HLS4MLConverter {
  let layers: HLS4MLLayerGraph
  let source: ModelSource
  let log: DiagnosticLog
  private var graph: FixedPointGraph
  private var tensors: [FixedTensorID?]

  init(model: ModelGraph, layers: HLS4MLLayerGraph, log: DiagnosticLog) {
    self.layers = layers
    self.log = log
    source = model.source
    graph = FixedPointGraph(name: model.name)
    tensors = [FixedTensorID?](repeating: nil, count: layers.layers.count)
  }

  mutating func convert() throws -> FixedPointGraph {
    for index in layers.remaining {
      let layer = layers.layers[index]
      let inputs = layer.inputs.compactMap { tensors[$0] }
      precondition(inputs.count == layer.inputs.count, "layers stand in topological order")
      tensors[index] =
        if let mean = try mean(layer, inputs) {
          mean
        } else {
          append(
            try operation(of: layer, index: index),
            layer,
            inputs: inputs,
            type: layers.resultType(index)
          )
        }
    }
    graph.outputs = layers.outputs.compactMap { tensors[$0] }
    return graph
  }

  /// A mean, which may take several nodes; nil for other layers.
  private mutating func mean(_ layer: HLS4MLLayer, _ inputs: [FixedTensorID]) throws -> FixedTensorID? {
    switch layer.kind {
    case .pool(let pooling) where pooling.kind != .maximum:
      let shape = layers.layers[layer.inputs[0]].shape
      let zero = ExactValue(raw: 0, fractionBits: 0)
      let domain = WindowDomain(channelsOf: pooling.window, over: shape, padding: zero)
      return try mean(layer, input: inputs[0], domain, divisors: pooling.divisors(of: shape))
    case .reduce(let reduction) where reduction.kind == .mean:
      let shape = layers.layers[layer.inputs[0]].shape
      let domain = WindowDomain(reduction, over: shape)
      return try mean(layer, input: inputs[0], domain, divisors: [reduction.groupSize(of: shape)])
    case .input, .dense, .affine, .activation, .reshape, .concatenate, .merge, .convolution, .pool, .reduce, .pad,
      .gather, .recurrence:
      return nil
    }
  }

  /// Adds the node of a layer, or of a part of one.
  mutating func append(
    _ operation: FixedOperation,
    _ layer: HLS4MLLayer,
    suffix: String? = nil,
    inputs: [FixedTensorID],
    type: FixedPointType
  ) -> FixedTensorID {
    var choice = implementation(of: layer)
    choice.parallelPositions = layer.parallelPositions
    return graph.append(
      operation,
      named: suffix.map { partName(layer, $0) } ?? layer.name,
      kind: layer.className,
      inputs: inputs,
      shape: layer.shape,
      types: ElementTypes(uniform: type, count: layer.count),
      origin: layer.origin,
      implementation: choice
    )
  }

  /// A name that no layer has.
  private func partName(_ layer: HLS4MLLayer, _ suffix: String) -> String {
    var candidate = "\(layer.name)_\(suffix)"
    while layers.layers.contains(where: { $0.name == candidate }) { candidate += "_" }
    return candidate
  }

  private func operation(of layer: HLS4MLLayer, index: Int) throws -> FixedOperation {
    switch layer.kind {
    case .input: return .input
    case .dense(let weight, let bias):
      let dense = try dense(layer, weight: weight, bias: bias)
      return layer.count > dense.outputSize ? .map(rows(layer, dense)) : .dense(dense)
    case .affine(let scale, let bias):
      return .affine(
        AffineOperation(
          scale: try constants(scale, "scale", of: layer),
          bias: try constants(bias, "bias", of: layer)
        )
      )
    case .activation(let function): return try activation(function, layer: layer, index: index)
    case .reshape: return .gather(.identity(count: layer.count))
    case .concatenate(let axis): return .gather(concatenation(layer, axis: axis))
    case .merge(let kind): return .merge(try merge(kind, layer))
    case .convolution(let trained, let weight, let bias):
      return .map(try convolution(layer, trained, weight: weight, bias: bias))
    case .pool(let pooling):
      let shape = layers.layers[layer.inputs[0]].shape
      return .map(largest(layer) { WindowDomain(channelsOf: pooling.window, over: shape, padding: $0) })
    case .reduce(let reduction):
      let shape = layers.layers[layer.inputs[0]].shape
      return .map(largest(layer) { _ in WindowDomain(reduction, over: shape) })
    case .pad(let padding): return .map(try self.padding(layer, padding))
    case .gather(let sources): return .gather(GatherOperation(sources: sources.map { .init(input: 0, element: $0) }))
    case .recurrence(let recurrence): return .scan(try scan(recurrence, layer))
    }
  }

  // MARK: - Weights

  /// Trained numbers as hls4ml's firmware holds them: through decimal text, then quantised to the variable's type.
  func raw(_ parameter: FoldedParameter, _ variable: String, of layer: HLS4MLLayer) throws -> [Int64] {
    let type = layer.type(variable)
    return try parameter.values.enumerated().map { index, value in
      guard value.isFinite else {
        throw Diagnostic.error(
          "non-finite-weight",
          "element \(index) of the \(variable) of layer '\(layer.name)' is \(value)",
          at: layer.origin,
          hint: "train or export the model again; its weights must be finite numbers"
        )
      }
      return try Self.word(DecimalText.quantize(value, to: type), variable, of: layer)
    }
  }

  /// A vector of constants with one value per element of the layer, or one for all.
  func constants(_ parameter: FoldedParameter, _ variable: String, of layer: HLS4MLLayer) throws -> ConstantVector {
    let values = try raw(parameter, variable, of: layer)
    guard values.count == 1 || layer.count % values.count == 0 else {
      throw Diagnostic.error(
        "wrong-parameter-shape",
        "the \(variable) of layer '\(layer.name)' has \(values.count) values for \(layer.count) elements",
        at: layer.origin,
        hint: "give it one value, one per channel or one per element"
      )
    }
    let isUniform = values.allSatisfy { $0 == values.first }
    return ConstantVector(
      raw: isUniform ? Array(values.prefix(1)) : (0..<layer.count).map { values[$0 % values.count] },
      fractionBits: layer.type(variable).fractionBits
    )
  }

  /// A constant written in the generated code, quantised to the variable's type.
  func constant(_ value: Double, _ variable: String, of layer: HLS4MLLayer) throws -> ConstantVector {
    let type = layer.type(variable)
    guard value.isFinite else {
      throw Diagnostic.error(
        "non-finite-weight",
        "the \(variable) of layer '\(layer.name)' is \(value)",
        at: layer.origin,
        hint: "give the layer a finite number"
      )
    }
    return ConstantVector(
      try Self.word(type.quantize(value).raw, variable, of: layer),
      fractionBits: type.fractionBits
    )
  }

  private static func word(_ raw: Int128, _ variable: String, of layer: HLS4MLLayer) throws -> Int64 {
    guard let word = Int64(exactly: raw) else {
      throw Diagnostic.error(
        "constant-too-wide",
        "the \(variable) of layer '\(layer.name)' needs more than 64 bits in \(layer.type(variable))",
        at: layer.origin,
        hint: "give the \(variable) a narrower type under LayerName"
      )
    }
    return word
  }

  // MARK: - Dense

  private func dense(_ layer: HLS4MLLayer, weight: FoldedParameter, bias: FoldedParameter) throws -> DenseOperation {
    let outputs = layer.shape.last ?? 1
    let biasValues = try raw(bias, "bias", of: layer)
    return DenseOperation(
      inputSize: weight.count / max(outputs, 1),
      outputSize: outputs,
      weights: try raw(weight, "weight", of: layer),
      weightFractionBits: layer.type("weight").fractionBits,
      bias: ConstantVector(
        raw: biasValues.allSatisfy { $0 == biasValues.first } ? Array(biasValues.prefix(1)) : biasValues,
        fractionBits: layer.type("bias").fractionBits
      ),
      accumulation: try accumulation(layer)
    )
  }

  func accumulation(_ layer: HLS4MLLayer) throws -> Accumulation {
    let accumulator = layer.type("accum")
    switch layer.strategy {
    case .distributedArithmetic:
      guard layer.reuseFactor == 1 else {
        throw Diagnostic.error(
          "bad-reuse-factor",
          "layer '\(layer.name)' has the reuse factor \(layer.reuseFactor), and distributed arithmetic has none",
          at: layer.sections.lazy.compactMap(\.reuseFactorOrigin).first ?? layer.origin,
          hint: "set its ReuseFactor to 1, or choose another Strategy"
        )
      }
      return .exact
    case .latency: return .stepwise(accumulator, order: .ascending)
    case .resource, .unrolled:
      let factor = legalReuseFactor(layer)
      if factor != layer.reuseFactor {
        log.report(
          .warning(
            "adjusted-reuse-factor",
            "the reuse factor \(layer.reuseFactor) does not divide the work of layer '\(layer.name)'; \(factor) is used, "
              + "as in hls4ml",
            at: layer.sections.lazy.compactMap(\.reuseFactorOrigin).first ?? layer.origin
          )
        )
      }
      // Where the accumulator wraps, every order gives the same sum.
      return .stepwise(accumulator, order: accumulator.overflow == .wrap ? .ascending : .resource(reuseFactor: factor))
    }
  }

  /// The reuse factor that a layer is built with: hls4ml takes the nearest one that divides a dense layer's work.
  private func legalReuseFactor(_ layer: HLS4MLLayer) -> Int {
    guard let (weight, outputs) = layer.kernel, outputs > 0 else { return layer.reuseFactor }
    switch layer.strategy {
    case .latency, .distributedArithmetic: return layer.reuseFactor
    case .resource, .unrolled:
      return ReuseFactors.closest(
        to: layer.reuseFactor,
        inputs: weight.count / outputs,
        outputs: outputs,
        allowsFull: layer.strategy == .resource || layer.reuseFactor == 1
      )
    }
  }

  func implementation(of layer: HLS4MLLayer) -> ImplementationChoice {
    let strategy: ImplementationChoice.Strategy
    switch layer.strategy {
    case .latency: strategy = .latency
    case .resource, .unrolled: strategy = .resource
    case .distributedArithmetic: strategy = .distributedArithmetic
    }
    return ImplementationChoice(strategy: strategy, reuseFactor: legalReuseFactor(layer))
  }
}
