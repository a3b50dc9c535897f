import Diagnostics
import FixedPoint
import FixedPointIR
import ModelIR

/// conifer's arithmetic, bit for bit: thresholds and leaves quantised like inputs, and a sum that is fitted to the score's
/// type after every tree.
package enum ConiferQuantizer {
  /// Quantises a model of trees; what follows the margins is left out, as conifer does.
  ///
  /// - Throws: a `Diagnostic` for other layers, and for `float` and `double`, which no firmware has.
  package static func quantize(
    _ model: ModelGraph,
    configuration: ConiferConfiguration,
    log: DiagnosticLog
  ) throws -> FixedPointGraph {
    try ModelGraphVerifier.verify(model)
    let parts = try ConiferModel(model, log: log)
    let types = try Types(configuration, backend: configuration.backend, origin: parts.trees.origin)
    var graph = FixedPointGraph(name: model.name)
    let count = model[parts.input.output].count
    var features = graph.append(
      .input,
      named: parts.input.name,
      kind: parts.input.operation.kindName,
      inputs: [],
      shape: model[parts.input.output].shape,
      types: ElementTypes(uniform: types.input, count: count),
      origin: parts.input.origin
    )
    // A split compares x · w, summed in the threshold's type, where the weight's type may not hold the number one.
    let weight = types.weight.quantize(1).raw
    if types.weight.value(ofRaw: weight) != 1 || types.threshold != types.input {
      let scale = ConstantVector(raw: [Int64(weight)], fractionBits: types.weight.fractionBits)
      features = graph.append(
        .affine(AffineOperation(scale: scale, bias: ConstantVector(0))),
        named: "features",
        kind: "Affine",
        inputs: [features],
        shape: [count],
        types: ElementTypes(uniform: types.threshold, count: count),
        origin: parts.trees.origin
      )
    }
    let score = append(parts, types, features, to: &graph)
    graph.outputs = [normalized(score, parts, types, in: &graph)]
    reportOrder(configuration, types, parts, log)
    try FixedPointGraphVerifier.verify(graph)
    return graph
  }

  private static func append(
    _ parts: ConiferModel,
    _ types: Types,
    _ features: FixedTensorID,
    to graph: inout FixedPointGraph
  ) -> FixedTensorID {
    let ensemble = parts.ensemble
    func raw(_ value: Double) -> Int64 { Int64(types.score.quantize(value).raw) }
    let operation = TreeEnsembleOperation(
      trees: ensemble.fixedTrees(
        features: { _ in types.threshold },
        threshold: { split, type in
          let raw = Int64(type.quantize(split.threshold).raw)
          return split.comparison == .less ? raw : raw + 1
        },
        leaf: { raw($2) }
      ),
      leafFractionBits: types.score.fractionBits,
      bias: ConstantVector(raw: ensemble.base.map(raw), fractionBits: types.score.fractionBits),
      accumulation: .stepwise(types.accumulator)
    )
    return graph.append(
      .treeEnsemble(operation),
      named: parts.trees.name,
      kind: parts.trees.operation.kindName,
      inputs: [features],
      shape: [ensemble.outputCount],
      types: ElementTypes(uniform: types.accumulator, count: ensemble.outputCount),
      origin: parts.trees.origin
    )
  }

  /// The product with the score type's idea of the norm; nothing where that is one.
  private static func normalized(
    _ score: FixedTensorID,
    _ parts: ConiferModel,
    _ types: Types,
    in graph: inout FixedPointGraph
  ) -> FixedTensorID {
    let norm = types.score.quantize(parts.ensemble.scale).raw
    guard types.score.value(ofRaw: norm) != 1 || types.accumulator != types.score else { return score }
    let scale = ConstantVector(raw: [Int64(norm)], fractionBits: types.score.fractionBits)
    return graph.append(
      .affine(AffineOperation(scale: scale, bias: ConstantVector(0))),
      named: parts.trees.name + "_norm",
      kind: "Affine",
      inputs: [score],
      shape: [parts.ensemble.outputCount],
      types: ElementTypes(uniform: types.accumulator, count: parts.ensemble.outputCount),
      origin: parts.trees.origin
    )
  }

  /// Trees are added in conifer's C++ order; its other backends add in pairs, which shows only where sums saturate.
  private static func reportOrder(
    _ configuration: ConiferConfiguration,
    _ types: Types,
    _ parts: ConiferModel,
    _ log: DiagnosticLog
  ) {
    guard configuration.backend == .xilinxhls, types.score.overflow != .wrap else { return }
    log.report(
      .warning(
        "order-of-trees",
        "scores that saturate on the way are those of conifer's cpp backend, which adds the trees in their order",
        at: parts.trees.origin,
        hint: "give ScorePrecision enough integer bits, and the order makes no difference"
      )
    )
  }
}

extension ConiferQuantizer {
  /// The types of a configuration, all of them fixed-point.
  private struct Types {
    var input: FixedPointType
    var threshold: FixedPointType
    var weight: FixedPointType
    var score: FixedPointType
    /// Of the sum on its way: the VHDL backend wraps, whatever the type says.
    var accumulator: FixedPointType

    init(_ configuration: ConiferConfiguration, backend: ConiferConfiguration.Backend, origin: Origin) throws {
      func fixed(_ precision: ConiferPrecision, _ role: String) throws -> FixedPointType {
        guard case .fixed(let type) = precision else {
          throw Diagnostic.error(
            "floating-point",
            "the \(role) is a floating-point number, which no firmware has",
            at: origin,
            hint: "choose an ap_fixed type; \(action: .evaluate) evaluates the trained model"
          )
        }
        guard type.width <= TreeEnsembleOperation.widestFeature else {
          throw Diagnostic.error(
            "too-wide",
            "the \(role) has \(type.width) bits; the limit is \(TreeEnsembleOperation.widestFeature)",
            at: origin,
            hint: "narrow it"
          )
        }
        return type
      }
      input = try fixed(configuration.input, "input precision")
      threshold = try fixed(configuration.threshold, "threshold precision")
      weight = try fixed(configuration.weight, "weight precision")
      score = try fixed(configuration.score, "score precision")
      accumulator = backend == .vhdl ? score.with(rounding: .truncate, overflow: .wrap) : score
    }
  }
}
