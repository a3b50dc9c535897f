import Diagnostics
import FixedPoint
import Fuzzing
import ModelIR

/// Random trained ensembles whose thresholds lie on simple grids, and events around the thresholds.
struct RandomTreeModel {
  /// Where a feature's thresholds lie.
  enum Grid: CaseIterable { case integers, halves, quarters }

  let graph: ModelGraph
  let ensemble: TreeEnsemble
  let events: [[Double]]
  static let features = 4

  /// - Parameter directions: whether splits on one feature agree on where it goes when it is missing.
  init(seed: UInt64, directionsAgree: Bool) {
    var generator = SeededGenerator(seed: seed)
    let comparison: TreeSplit.Comparison = Bool.random(using: &generator) ? .less : .lessOrEqual
    let grids = (0..<Self.features).map { _ in Grid.allCases.randomElement(using: &generator) ?? .integers }
    let pools = grids.map { grid in
      (0..<Int.random(in: 1...9, using: &generator)).map { _ in Self.threshold(grid, comparison, using: &generator) }
    }
    let directions: [MissingRule] = (0..<Self.features).map { _ in
      [.left, .right, .asZero].randomElement(using: &generator) ?? .left
    }
    let trees = (0..<Int.random(in: 1...12, using: &generator)).map { _ in
      Self.tree(pools, comparison, directionsAgree ? directions : nil, using: &generator)
    }
    ensemble = TreeEnsemble(
      featureCount: Self.features,
      trees: trees,
      base: [0.25],
      featurePrecision: .float64
    )
    var graph = ModelGraph(name: "random", source: .onnx)
    let origin = Origin(file: "random")
    let x = graph.append(.input, named: "x", inputs: [], shape: [Self.features], origin: origin)
    let y = graph.append(.treeEnsemble(ensemble), named: "trees", inputs: [x], shape: [1], origin: origin)
    graph.outputs = [y]
    self.graph = graph
    events = (0..<60).map { _ in
      (0..<Self.features).map { Self.number(near: pools[$0], comparison, using: &generator) }
    }
  }

  private static func threshold(
    _ grid: Grid,
    _ comparison: TreeSplit.Comparison,
    using generator: inout SeededGenerator
  ) -> Double {
    let whole = Double(Int.random(in: -40...40, using: &generator))
    switch grid {
    // Only thresholds half way between integers decide `x <= t` exactly for every number.
    case .integers: return comparison == .less ? whole : whole + 0.5
    case .halves: return whole + 0.5
    case .quarters: return comparison == .less ? whole / 4 : whole / 4 + 0.125
    }
  }

  private static func number(
    near thresholds: [Double],
    _ comparison: TreeSplit.Comparison,
    using generator: inout SeededGenerator
  ) -> Double {
    let t = thresholds.randomElement(using: &generator) ?? 0
    switch Int.random(in: 0..<8, using: &generator) {
    case 0: return .nan
    case 1: return t
    case 2: return t.nextDown
    case 3: return t.nextUp
    case 4: return [1e300, -1e300, 0, -0.0].randomElement(using: &generator) ?? 0
    default: return Double.random(in: -50...50, using: &generator)
    }
  }

  private static func tree(
    _ pools: [[Double]],
    _ comparison: TreeSplit.Comparison,
    _ directions: [MissingRule]?,
    using generator: inout SeededGenerator
  ) -> DecisionTree {
    let depth = Int.random(in: 0...10, using: &generator)
    var nodes: [DecisionTree.Node] = [.leaf(0)]
    var depths = [0]
    var leaves = 0
    var next = 0
    while next < nodes.count {
      if depths[next] < depth, next == 0 || Int.random(in: 0..<10, using: &generator) < (depth > 4 ? 6 : 9) {
        let feature = Int.random(in: 0..<features, using: &generator)
        let split = TreeSplit(
          feature: feature,
          threshold: pools[feature].randomElement(using: &generator) ?? 0,
          comparison: comparison,
          left: nodes.count,
          right: nodes.count + 1,
          missing: directions.map { $0[feature] } ?? (Bool.random(using: &generator) ? .left : .right)
        )
        nodes[next] = .split(split)
        nodes += [.leaf(0), .leaf(0)]
        depths += [depths[next] + 1, depths[next] + 1]
      } else {
        nodes[next] = .leaf(leaves)
        leaves += 1
      }
      next += 1
    }
    let largest: Double = [1e-6, 1, 300].randomElement(using: &generator) ?? 1
    let values = (0..<leaves).map { _ in Double.random(in: -largest...largest, using: &generator) }
    return DecisionTree(nodes: nodes, outputs: [0], leafValues: values)
  }
}
