import Diagnostics
import FixedPoint
import FixedPointIR
import ModelIR

/// Makes the fixed-point graph of a model whose training fixed every type, such as one trained with HGQ.
///
/// Nothing is chosen: what the model's quantisers say is done, everything between them is exact, and outputs without a
/// quantiser are exact sums. Inputs are taken in float32, as the frameworks take them.
package enum TrainedQuantizer {
  /// - Parameters:
  ///   - implementation: how the layers are built, which changes no bit.
  ///   - inputType: the type of inputs that no quantiser has given one; nil refuses them.
  /// - Throws: a `Diagnostic` where the model leaves something unquantised that has no exact fixed-point value.
  package static func quantize(
    _ model: ModelGraph,
    implementation: ImplementationChoice = ImplementationChoice(),
    inputType: FixedPointType? = nil,
    log: DiagnosticLog
  ) throws -> FixedPointGraph {
    try quantizeAnalysed(model, implementation: implementation, inputType: inputType, log: log).graph
  }

  /// Types of inputs that nobody has given one, the best first: fine enough that what reads them sees what it saw in training.
  package static let usualInputTypes = [24, 22, 20, 18, 16].map { width in
    FixedPointType(width: width, integerBits: 10, rounding: .roundHalfUp, overflow: .saturate)
  }

  /// A layer that reads an input of the model without a quantiser, if any does.
  package static func unquantizedInput(of model: ModelGraph) -> ModelNode? {
    PortTypes.firstUnquantized(InputLines.folded(model))
  }

  /// The same, with what was proven about the graph on the way.
  package static func quantizeAnalysed(
    _ model: ModelGraph,
    implementation: ImplementationChoice = ImplementationChoice(),
    inputType: FixedPointType? = nil,
    log: DiagnosticLog
  ) throws -> AnalysedGraph {
    try ModelGraphVerifier.verify(model)
    let model = InputLines.folded(model)
    let ports = try PortTypes(model, fallback: inputType)
    var builder = TrainedGraphBuilder(model: model, ports: ports, implementation: implementation, log: log)
    try builder.build()
    try FixedPointGraphVerifier.verify(builder.graph)
    return AnalysedGraph(builder.graph, builder.analysis)
  }
}

extension ModelGraph {
  /// Whether the model brings its own types.
  package var hasTrainedTypes: Bool {
    nodes.contains { node in
      switch node.operation {
      case .quantize, .tableSum: return true
      case .input, .dense, .batchNormalization, .affine, .activation, .reshape, .concatenate, .merge, .gather,
        .normalize, .treeEnsemble, .convolution, .pool, .reduce, .pad, .recurrence, .product, .embedding:
        return node.operation.parameterTypes != .none
      }
    }
  }

  /// Whether hls4ml can be told types of its own: nothing but QKeras's activations quantises.
  package var hasConfigurableTypes: Bool {
    nodes.allSatisfy { node in
      if case .quantize = node.operation { return node.layerClass == QuantizedActivations.quantizerClass }
      if case .tableSum = node.operation { return false }
      return true
    }
  }
}

extension ModelNode {
  /// The refusal of a quantiser where types are chosen by other rules.
  var isTrainedQuantizer: Diagnostic {
    .error(
      "trained-types",
      "'\(name)' fixes types that belong to the trained model; they cannot be chosen anew",
      at: origin,
      hint: "leave \(option: .arithmetic) out: the model is then compiled as it was trained"
    )
  }
}
