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
      tensors[index] = graph.append(
        try operation(of: layer, index: index),
        named: layer.name,
        kind: layer.className,
        inputs: inputs,
        shape: layer.shape,
        types: ElementTypes(uniform: layers.resultType(index), count: layer.count),
        origin: layer.origin,
        implementation: implementation(of: layer)
      )
    }
    graph.outputs = layers.outputs.compactMap { tensors[$0] }
    return graph
  }

  private func operation(of layer: HLS4MLLayer, index: Int) throws -> FixedOperation {
    switch layer.kind {
    case .input: return .input
    case .dense(let weight, let bias): return .dense(try dense(layer, weight: weight, bias: bias))
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
    }
  }

  // MARK: - Weights

  /// Trained numbers as hls4ml's firmware holds them: through decimal text, then quantised to the variable's type.
  private func raw(_ parameter: FoldedParameter, _ variable: String, of layer: HLS4MLLayer) throws -> [Int64] {
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
      positions: layer.count / max(outputs, 1),
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

  private func accumulation(_ layer: HLS4MLLayer) throws -> Accumulation {
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
    guard case .dense(let weight, _) = layer.kind, let outputs = layer.shape.last, outputs > 0 else {
      return layer.reuseFactor
    }
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

  private func implementation(of layer: HLS4MLLayer) -> ImplementationChoice {
    let strategy: ImplementationChoice.Strategy
    switch layer.strategy {
    case .latency: strategy = .latency
    case .resource, .unrolled: strategy = .resource
    case .distributedArithmetic: strategy = .distributedArithmetic
    }
    return ImplementationChoice(strategy: strategy, reuseFactor: legalReuseFactor(layer))
  }

  // MARK: - Joins

  private func concatenation(_ layer: HLS4MLLayer, axis: Int) -> GatherOperation {
    let rank = layer.shape.count
    let place = axis < 0 ? axis + rank : axis
    precondition(place >= 0 && place < rank, "frontends give valid axes")
    let outer = layer.shape[..<place].reduce(1, *)
    let inner = layer.shape[(place + 1)...].reduce(1, *)
    let extents = layer.inputs.map { layers.layers[$0].shape[place] * inner }
    var sources: [GatherOperation.Source] = []
    for block in 0..<outer {
      for (input, extent) in extents.enumerated() {
        sources += (0..<extent).map { GatherOperation.Source(input: input, element: block * extent + $0) }
      }
    }
    return GatherOperation(sources: sources)
  }

  private func merge(_ kind: MergeKind, _ layer: HLS4MLLayer) throws -> FixedMergeKind {
    let fixed: FixedMergeKind
    var allowsMany = true
    switch kind {
    case .add: fixed = .add
    case .multiply: fixed = .multiply
    case .maximum: fixed = .maximum
    case .minimum: fixed = .minimum
    case .subtract: (fixed, allowsMany) = (.subtract, false)
    case .average: (fixed, allowsMany) = (.average, false)
    }
    guard layer.inputs.count == 2 || (allowsMany && layer.inputs.count > 2) else {
      throw Diagnostic.error(
        "unsupported-merge",
        "layer '\(layer.name)' combines \(layer.inputs.count) tensors by \(kind.rawValue)",
        at: layer.origin,
        hint: "combine two tensors at a time"
      )
    }
    return fixed
  }
}
