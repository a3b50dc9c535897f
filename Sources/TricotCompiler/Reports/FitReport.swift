/// What `tricot estimate --fit` prints.
public struct FitReport: Codable, Sendable {
  public var part: String
  /// The most cycles between events that were allowed.
  public var interval: Int
  /// Those whose multipliers can be shared.
  public var layers: [Layer]
  /// The factors that take the least of the part; nil where nothing fits.
  public var choice: Choice?

  /// A layer, with the reuse factors that were tried.
  public struct Layer: Codable, Sendable {
    public var name: String
    public var kind: String
    public var factors: [Factor]
  }

  /// A reuse factor of a layer, and what follows.
  public struct Factor: Codable, Sendable {
    public var reuseFactor: Int
    /// Cycles that the layer takes for an event.
    public var interval: Int
    public var resources: ResourceReport
    /// Whether the layer keeps the interval, and the part has room for it and some choice of all others.
    public var fits: Bool
  }

  /// A reuse factor for every layer.
  public struct Choice: Codable, Sendable {
    /// By layer.
    public var reuseFactors: [Int]
    /// Of the whole design; queues as large as with any factor.
    public var resources: ResourceReport
    public var utilization: UtilizationReport
  }
}
