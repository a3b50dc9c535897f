/// Decision trees over one vector of features, whose leaves are added: boosted trees, or a forest.
///
/// Output `k` is `(base[k] + Σ leaves of the trees that feed k) · scale`, summed in the order of the trees.
package struct TreeEnsemble: Sendable {
  package var featureCount: Int
  package var trees: [DecisionTree]
  /// One per output.
  package var base: [Double]
  /// What the sums are multiplied by, such as the inverse of AdaBoost's summed weights.
  package var scale: Double
  /// The precision in which the training tool holds a feature when it compares it with a threshold.
  package var featurePrecision: ParameterTensor.Precision
  /// The precision in which the training tool adds the leaves, tree after tree.
  package var sumPrecision: ParameterTensor.Precision

  package init(
    featureCount: Int,
    trees: [DecisionTree],
    base: [Double],
    scale: Double = 1,
    featurePrecision: ParameterTensor.Precision,
    sumPrecision: ParameterTensor.Precision = .float64
  ) {
    self.featureCount = featureCount
    self.trees = trees
    self.base = base
    self.scale = scale
    self.featurePrecision = featurePrecision
    self.sumPrecision = sumPrecision
  }

  package var outputCount: Int { base.count }
  package var splitCount: Int { trees.reduce(0) { $0 + $1.splitCount } }
  package var leafCount: Int { trees.reduce(0) { $0 + $1.leafCount } }
  package var depth: Int { trees.map(\.depth).max() ?? 0 }
  /// Thresholds and leaf values.
  package var parameterCount: Int { trees.reduce(base.count) { $0 + $1.splitCount + $1.leafValues.count } }
}

/// One binary tree: inner nodes compare a feature with a threshold, leaves hold numbers.
package struct DecisionTree: Sendable, Hashable {
  package enum Node: Sendable, Hashable {
    case split(TreeSplit)
    /// The leaf's index among the tree's leaves.
    case leaf(Int)
  }

  /// Node 0 is the root; children stand after their parents.
  package var nodes: [Node]
  /// The outputs that the tree feeds.
  package var outputs: [Int]
  /// Leaf-major: the number that leaf `l` adds to output `outputs[k]` stands at `l · outputs.count + k`.
  package var leafValues: [Double]

  package init(nodes: [Node], outputs: [Int], leafValues: [Double]) {
    self.nodes = nodes
    self.outputs = outputs
    self.leafValues = leafValues
  }

  package var leafCount: Int { outputs.isEmpty ? 0 : leafValues.count / outputs.count }
  package var splitCount: Int { nodes.count { if case .split = $0 { true } else { false } } }

  /// Comparisons on the longest way to a leaf.
  package var depth: Int {
    var depths = [Int](repeating: 0, count: nodes.count)
    var deepest = 0
    for (index, node) in nodes.enumerated() {
      switch node {
      case .split(let split):
        depths[split.left] = depths[index] + 1
        depths[split.right] = depths[index] + 1
      case .leaf: deepest = max(deepest, depths[index])
      }
    }
    return deepest
  }
}

/// An inner node: goes left where `feature < threshold`, or `<=`.
package struct TreeSplit: Sendable, Hashable {
  package enum Comparison: String, Sendable, Hashable {
    case less = "<"
    case lessOrEqual = "<="
  }

  package var feature: Int
  package var threshold: Double
  package var comparison: Comparison
  package var left: Int
  package var right: Int
  /// Where a missing feature, a NaN, goes.
  package var missing: MissingRule

  package init(
    feature: Int,
    threshold: Double,
    comparison: Comparison,
    left: Int,
    right: Int,
    missing: MissingRule = .right
  ) {
    self.feature = feature
    self.threshold = threshold
    self.comparison = comparison
    self.left = left
    self.right = right
    self.missing = missing
  }

  /// Whether a number goes left; NaN follows ``missing``.
  package func goesLeft(_ x: Double) -> Bool {
    if x.isNaN {
      switch missing {
      case .left: return true
      case .right: return false
      case .asZero: return goesLeft(0)
      }
    }
    switch comparison {
    case .less: return x < threshold
    case .lessOrEqual: return x <= threshold
    }
  }
}

/// What a split does with a missing feature.
package enum MissingRule: String, Sendable, Hashable, CaseIterable {
  case left, right
  /// It counts as the number 0.
  case asZero
}
