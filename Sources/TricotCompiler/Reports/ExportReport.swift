/// What `tricot export` wrote.
public struct ExportReport: Codable, Sendable, Hashable {
  public var file: String
  public var trees: Int
  /// Comparisons in all trees.
  public var splits: Int
  public var features: Int
  public var scores: Int
  public var bytes: Int
}
