import Devices
import Diagnostics
import FixedPointIR
import ModelIR
import Quantization

/// hls4ml's `PipelineStyle` and `PipelineInterval`, and where they stand.
struct PipelineWish {
  var style: PipelineStyle?
  var interval: Int?
  var origin: Origin
}

/// A model with every type settled and verified: what is computed.
struct QuantizedModel {
  /// As trained, after pruning; nil where the file holds the quantised model only.
  var model: ModelGraph?
  var graph: FixedPointGraph
  var analysis: RangeAnalysis
  var arithmetic: Arithmetic
  /// Layers whose stepwise accumulators are proven to be exact sums.
  var simplified: [String]
  var pruning: PruningSummary?
  var part: String?
  /// In nanoseconds, or nil for the default.
  var clockPeriod: Double?
  /// From the configuration.
  var clockUncertainty: ClockUncertainty?
  /// Whether the configuration has events stream through, position by position.
  var isStreamed = false
  /// How events follow each other in HLS C++, as the configuration has it.
  var pipeline: PipelineWish?
  var files: [InputFile]

  var name: String { model?.name ?? graph.name }
  /// The family of files that the model came from.
  var source: String { model?.source.rawValue ?? "tricot" }
  /// Weights and biases.
  var parameterCount: Int {
    model?.parameterCount ?? graph.nodes.reduce(0) { $0 + $1.operation.parameterCount }
  }
}
