import Diagnostics
import FixedPoint
import FixedPointIR
import ModelIR

/// Quantises a model exactly as hls4ml 1.3 (Vivado and Vitis backends) does under a configuration.
///
/// The result computes, bit for bit, what hls4ml's C simulation computes, its traps included; what is a plain mistake of
/// hls4ml is refused or done right, and every difference is reported.
package enum HLS4MLQuantizer {
  /// The quantised model, verified.
  ///
  /// - Throws: A ``Diagnostic`` for configurations and layers that cannot be had.
  package static func quantize(
    _ model: ModelGraph,
    configuration: HLS4MLConfiguration,
    overrides: PrecisionOverrides = PrecisionOverrides(),
    log: DiagnosticLog
  ) throws -> FixedPointGraph {
    let layers = try settledLayers(model, configuration: configuration, overrides: overrides, log: log)
    var converter = HLS4MLConverter(model: model, layers: layers, log: log)
    let graph = try converter.convert()
    try FixedPointGraphVerifier.verify(graph)
    return graph
  }

  /// Every type that hls4ml settles on, without the weights.
  package static func resolvedTypes(
    _ model: ModelGraph,
    configuration: HLS4MLConfiguration,
    overrides: PrecisionOverrides = PrecisionOverrides(),
    log: DiagnosticLog
  ) throws -> ResolvedTypes {
    ResolvedTypes(try settledLayers(model, configuration: configuration, overrides: overrides, log: log))
  }

  /// hls4ml's graph after all its passes, every type settled.
  private static func settledLayers(
    _ model: ModelGraph,
    configuration: HLS4MLConfiguration,
    overrides: PrecisionOverrides,
    log: DiagnosticLog
  ) throws -> HLS4MLLayerGraph {
    let model = QuantizedActivations.fused(model)
    var graph = try HLS4MLLayerGraph(model, configuration: configuration, overrides: overrides)
    try graph.checkLayerNames(of: model, log: log)
    let dropped = graph.simplify()
    let inference = PrecisionInference(graph.configuration)
    for index in graph.remaining {
      let inputs = graph.layers[index].inputs.map { graph.layers[$0].type("result") }
      try inference.settle(&graph.layers[index], inputs: inputs)
    }
    var nothing: [Int] = []
    _ = graph.removeLinearActivations(dropped: &nothing)
    graph.removeIdleNormalizations()
    graph.removeSkippedSoftmax()
    graph.reportSurprises(dropped: dropped, log: log)
    return graph
  }
}
