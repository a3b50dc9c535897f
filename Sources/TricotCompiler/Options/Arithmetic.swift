/// Whose rules of arithmetic a model is quantised by.
public enum Arithmetic: String, Sendable, Hashable, CaseIterable, Codable {
  /// Exact accumulators, rounding, saturation, tables over the real range: the default.
  case native
  /// hls4ml's, bit for bit: the default where an `HLSConfig` is given.
  case hls4ml
  /// The types that the model was trained with, and exact sums between them: the default for models that bring types, such
  /// as those of HGQ, and the only choice for them.
  case trained
  /// conifer's, bit for bit, for models of trees alone: the default where a configuration of conifer's is given.
  case conifer
}
