import FixedPoint
import FixedPointIR

/// A comparison that trees make: feature's raw value below a threshold.
struct Comparator: Hashable, Sendable {
  var feature: Int
  var threshold: Int128
}

/// A tree without branches that cannot be taken, and without comparisons that make no difference.
indirect enum TreeShape: Sendable {
  case leaf(Int)
  case split(Comparator, left: TreeShape, right: TreeShape, leaves: Int)

  /// How many leaves there are.
  var leaves: Int {
    switch self {
    case .leaf: 1
    case .split(_, _, _, let leaves): leaves
    }
  }

  /// The deepest tree that is built; walks through trees recurse.
  static let deepest = 1000

  static func split(_ comparator: Comparator, _ left: TreeShape, _ right: TreeShape) -> TreeShape {
    .split(comparator, left: left, right: right, leaves: left.leaves + right.leaves)
  }

  /// - Parameters:
  ///   - ranges: what the features can be.
  ///   - word: the number of a leaf's contents: leaves of equal contents are as good as one.
  init(_ tree: FixedTree, ranges: [Interval], word: (Int) -> Int) {
    var known = ranges
    self = Self.shape(tree, at: 0, &known, word)
  }

  private static func shape(
    _ tree: FixedTree,
    at index: Int,
    _ known: inout [Interval],
    _ word: (Int) -> Int
  ) -> TreeShape {
    switch tree.nodes[index] {
    case .leaf(let leaf): return .leaf(word(leaf))
    case .split(let feature, let threshold, let left, let right):
      let range = known[feature]
      let limit = Int128(threshold)
      if range.upper < limit { return shape(tree, at: left, &known, word) }
      if range.lower >= limit { return shape(tree, at: right, &known, word) }
      known[feature] = Interval(range.lower, limit - 1)
      let below = shape(tree, at: left, &known, word)
      known[feature] = Interval(limit, range.upper)
      let above = shape(tree, at: right, &known, word)
      known[feature] = range
      if case .leaf(let a) = below, case .leaf(let b) = above, a == b { return below }
      return .split(Comparator(feature: feature, threshold: limit), below, above)
    }
  }

  /// Every comparison once, in the order of their first appearance from the root.
  var comparators: [Comparator] {
    var seen: Set<Comparator> = []
    var result: [Comparator] = []
    var open = [self]
    while let shape = open.popLast() {
      guard case .split(let comparator, let left, let right, _) = shape else { continue }
      if seen.insert(comparator).inserted { result.append(comparator) }
      open.append(right)
      open.append(left)
    }
    return result
  }

  /// The leaf's contents for given results of the comparisons.
  func word(_ isBelow: (Comparator) -> Bool) -> Int {
    var shape = self
    while case .split(let comparator, let left, let right, _) = shape { shape = isBelow(comparator) ? left : right }
    guard case .leaf(let word) = shape else { preconditionFailure("a walk ends at a leaf") }
    return word
  }
}
