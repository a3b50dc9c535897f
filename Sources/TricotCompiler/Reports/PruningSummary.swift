/// What pruning removed, and what that did to the outputs.
public struct PruningSummary: Codable, Sendable, Hashable {
  /// Weights that are not zero.
  public var weightsBefore: Int
  public var weightsAfter: Int
  public var layers: [Layer]
  /// Model inputs that nothing reads any more.
  public var deadInputs: Int
  /// The pruned model against the unpruned one, in floating point on the calibration data.
  public var effect: AccuracySummary?

  /// One dense layer.
  public struct Layer: Codable, Sendable, Hashable {
    public var name: String
    public var neuronsBefore: Int
    public var neuronsAfter: Int
    public var weightsBefore: Int
    public var weightsAfter: Int
  }
}
