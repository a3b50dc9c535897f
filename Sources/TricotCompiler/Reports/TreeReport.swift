/// What `tricot inspect` says of a model whose features only trees read.
public struct TreeReport: Codable, Sendable {
  public var features: [Feature]
  /// With calibration data: how near the types come to the trained model that the options lead to.
  public var present: Precision?
  /// With a stated loss: the smallest precision that was found to keep it.
  public var offer: Precision?

  /// What the thresholds on a feature need.
  public struct Feature: Codable, Sendable {
    public var feature: Int
    /// Nodes that compare it.
    public var splits: Int
    /// Different thresholds.
    public var thresholds: Int
    public var least: Double?
    public var greatest: Double?
    /// As the options lead to it.
    public var type: Bits
    /// For every threshold to stand on the grid.
    public var exact: Bits?
    /// For different thresholds to stay apart.
    public var distinct: Bits?
    /// For every calibration event to take its branches.
    public var calibrated: Bits?
  }

  /// A type, by its bits.
  public struct Bits: Codable, Sendable, Hashable {
    public var bits: Int
    /// The sign included.
    public var integerBits: Int
    public var fractionBits: Int
    public var isSigned: Bool
  }

  /// Bits, and what they cost on the calibration events.
  public struct Precision: Codable, Sendable, Hashable {
    /// One for all features, or one each.
    public var inputBits: [Int]
    public var weightBits: Int
    /// The widths that the features' types get.
    public var widths: [Int]
    public var events: Int
    /// The share of events with the trained model's decision.
    public var agreement: Double
    public var rmsError: Double
    public var meanError: Double
    public var largestError: Double
    /// What `tricot compile` takes for it, beside the other options of this run.
    public var options: [String]
  }
}

/// What may be lost for fewer bits, on the calibration data.
public struct AllowedLoss: Sendable, Hashable {
  /// The share of decisions that may change.
  public var decisions: Double?
  /// The largest root mean square error of the score.
  public var score: Double?
  /// The score above which a model with one output decides yes; several outputs decide by the largest.
  public var workingPoint = 0.0

  public init(decisions: Double? = nil, score: Double? = nil) {
    self.decisions = decisions
    self.score = score
  }

  var isStated: Bool { decisions != nil || score != nil }
}
