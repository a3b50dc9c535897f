/// What `tricot compare` found.
public struct ComparisonReport: Codable, Sendable, Hashable {
  public var samples: Int
  /// The first layer, in the order of computation, that differs beyond rounding; nil where none does.
  public var first: String?
  /// Every layer that was compared, in the order of computation, and the model's outputs.
  public var layers: [Layer]
  /// Names of the trace that no layer of the model has.
  public var unknown: [String]

  /// One layer's results on both sides.
  public struct Layer: Codable, Sendable, Hashable {
    public var name: String
    /// Whether this is what the model returns.
    public var isOutput: Bool
    /// How many numbers were compared, for all events.
    public var elements: Int
    /// The largest distance, and how far numbers may be apart by rounding alone.
    public var largestDifference: Double
    public var allowance: Double
    /// How many lie further apart.
    public var differing: Int
    /// Where the largest distance is.
    public var sample: Int
    public var element: Int
    public var found: Double
    public var reference: Double
  }

  /// Whether nothing differs beyond rounding.
  public var agrees: Bool { first == nil }
}
