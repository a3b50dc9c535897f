import FixedPoint
import FixedPointIR
import ModelIR

/// Numbers that stand for missing features (NaN) where fixed point has none.
///
/// A number stands for a missing feature if every split on that feature sends it where the trained tree sends what is
/// missing: below all thresholds whose splits send it left, and at or above all others. Features without missing values in
/// training always have such a number, since their splits agree; others may have none.
package struct MissingFeatureCodes: Sendable {
  /// By element of the flat input vector; nil where no number will do, or where others than trees read the element.
  package private(set) var numbers: [Double?] = []

  /// - Parameters:
  ///   - model: as trained.
  ///   - graph: the same model, quantised.
  package init(_ model: ModelGraph, _ graph: FixedPointGraph) {
    for input in graph.inputs {
      let types = graph[input].types
      guard let trees = Self.trees(reading: input, model, graph) else {
        numbers += [Double?](repeating: nil, count: types.count)
        continue
      }
      var codes = types.all.map { MissingCode(range: $0.rawRange) }
      for (trained, fixed) in trees {
        for case (.split(let split), .split(let feature, let threshold, _, _)) in zip(trained.nodes, fixed.nodes) {
          codes[feature].add(Int128(threshold), goesLeft: split.goesLeft(.nan))
        }
      }
      for (code, type) in zip(codes, types.all) { numbers.append(code.raw.map(type.value(ofRaw:))) }
    }
  }

  /// The trees that read a tensor, trained and quantised, if nothing else does.
  private static func trees(
    reading tensor: FixedTensorID,
    _ model: ModelGraph,
    _ graph: FixedPointGraph
  ) -> [(DecisionTree, FixedTree)]? {
    guard !graph.outputs.contains(tensor) else { return nil }
    var result: [(DecisionTree, FixedTree)] = []
    for node in graph.nodes where node.inputs.contains(tensor) {
      guard case .treeEnsemble(let fixed) = node.operation,
        let source = model.nodes.first(where: { $0.name == node.name }),
        case .treeEnsemble(let trained) = source.operation,
        trained.trees.map(\.nodes.count) == fixed.trees.map(\.nodes.count)
      else { return nil }
      result += zip(trained.trees, fixed.trees)
    }
    return result
  }
}

/// The raw values that go through all splits on one feature as a missing one does.
private struct MissingCode {
  private let range: Interval
  private var lower: Int128
  private var upper: Int128

  init(range: Interval) {
    self.range = range
    (lower, upper) = (range.lower, range.upper)
  }

  mutating func add(_ threshold: Int128, goesLeft: Bool) {
    if goesLeft { upper = min(upper, threshold - 1) } else { lower = max(lower, threshold) }
  }

  /// One end of the type if that will do, so that the number is far from those that occur.
  var raw: Int128? {
    if lower > upper { return nil }
    return lower == range.lower ? lower : upper == range.upper ? upper : lower
  }
}
