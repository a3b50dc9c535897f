/// Whose rules of arithmetic a model is quantised by.
public enum Arithmetic: String, Sendable, Hashable, CaseIterable, Codable {
  /// Exact accumulators, rounding, saturation, tables over the real range: the default.
  case native
  /// hls4ml's, bit for bit: the default where an `HLSConfig` is given.
  case hls4ml
}
