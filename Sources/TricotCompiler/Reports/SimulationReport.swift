/// What `tricot simulate` did.
public struct SimulationReport: Codable, Sendable {
  public var samples: Int
  /// Evaluation alone, loading and writing excluded.
  public var seconds: Double
  public var samplesPerSecond: Double
  public var threads: Int
  /// Layers in which values were changed because they did not fit their types.
  public var overflows: [LayerOverflowCount]
  /// The distance of the quantised outputs from the trained model's.
  public var accuracy: AccuracySummary?
  public var pruning: PruningSummary?
}

/// How often the values of one layer did not fit.
public struct LayerOverflowCount: Codable, Sendable, Hashable {
  public var layer: String
  /// Values that were wrapped: wrong results.
  public var wraps: Int
  /// Values that were clamped.
  public var saturations: Int
}

/// How far the quantised model is from the trained one on some samples.
///
/// For information: no bound is enforced.
public struct AccuracySummary: Codable, Sendable, Hashable {
  public var samples: Int
  public var largestDifference: Double
  public var meanDifference: Double
  /// The fraction of samples whose largest output is the same, where there are several outputs.
  public var sameChoice: Double?
}
