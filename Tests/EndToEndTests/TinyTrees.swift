import Fuzzing

/// Small models of trees that need no file from elsewhere, as conifer's JSON.
enum TinyTrees {
  /// Perfect trees of depth three with thresholds in quarters.
  ///
  /// - Parameter range: of the thresholds.
  static func json(
    features: Int,
    trees: Int = 12,
    range: ClosedRange<Int> = 0...24,
    denominator: Int = 4,
    seed: UInt64 = 1
  ) -> String {
    var random = SeededGenerator(seed: seed)
    let texts = (0..<trees).map { _ in tree(features, range, denominator, &random) }.joined(separator: ", ")
    return """
      {"n_classes": 2, "n_features": \(features), "n_trees": \(trees), "max_depth": 3, "init_predict": [0.125], "norm": 1,
      "splitting_convention": "<", "trees": [\(texts)]}
      """
  }

  private static func tree(
    _ features: Int,
    _ range: ClosedRange<Int>,
    _ denominator: Int,
    _ random: inout SeededGenerator
  ) -> String {
    func list(_ values: [some Any]) -> String { values.map { "\($0)" }.joined(separator: ", ") }
    let splits = (0..<7).map { _ in Int.random(in: 0..<features, using: &random) }
    let thresholds = (0..<7).map { _ in Double(Int.random(in: range, using: &random)) / Double(denominator) }
    let leaves = (0..<8).map { _ in Double(Int.random(in: -500...500, using: &random)) / 512 }
    let none = [Int](repeating: -2, count: 8)
    return """
      [{"feature": [\(list(splits + none))], "threshold": [\(list(thresholds + none.map { _ in 0 }))],
      "value": [\(list(splits.map { _ in 0.0 } + leaves))],
      "children_left": [\(list((0..<7).map { 2 * $0 + 1 } + none.map { _ in -1 }))],
      "children_right": [\(list((0..<7).map { 2 * $0 + 2 } + none.map { _ in -1 }))]}]
      """
  }
}
