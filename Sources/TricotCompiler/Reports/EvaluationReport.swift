/// What `tricot simulate --float` did.
public struct EvaluationReport: Codable, Sendable, Hashable {
  public var samples: Int
  /// Per sample.
  public var outputs: Int
  /// Evaluation alone, loading and writing excluded.
  public var seconds: Double
}
