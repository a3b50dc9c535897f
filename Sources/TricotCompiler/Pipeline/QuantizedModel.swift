import FixedPointIR
import ModelIR

/// A model with every type settled and verified: what is computed.
struct QuantizedModel {
  /// As trained, after pruning.
  var model: ModelGraph
  var graph: FixedPointGraph
  var analysis: RangeAnalysis
  var arithmetic: Arithmetic
  /// Layers whose stepwise accumulators are proven to be exact sums.
  var simplified: [String]
  var pruning: PruningSummary?
  var part: String?
  /// In nanoseconds, or nil for the default.
  var clockPeriod: Double?
  var files: [InputFile]
}
