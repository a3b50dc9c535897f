import CSimulationKernels
import FixedPoint
import FixedPointIR

/// The trees of one output as comparisons, children before their parents.
struct TreeProgram: Sendable {
  struct Operation: Sendable {
    var feature: Int
    var kind: Int
    var threshold: Int64
    var left: Int64 = 0
    var right: Int64 = 0
  }

  /// The lanes in which a program runs.
  enum Lanes: Int, Sendable, Comparable {
    case int16, int32, int64
    static func < (a: Lanes, b: Lanes) -> Bool { a.rawValue < b.rawValue }

    init(holding range: Interval) {
      self =
        Interval(-0x8000, 0x7FFF).contains(range)
        ? .int16 : Interval(-0x8000_0000, 0x7FFF_FFFF).contains(range) ? .int32 : .int64
    }
  }

  private(set) var operations: [Operation] = []
  /// For every tree, where its operations end; trees of a single leaf have none.
  private(set) var ends: [Int] = []
  /// For every tree, the value that it adds whatever the features are, or 0.
  private(set) var constants: [Int64] = []
  private(set) var lanes = Lanes.int16

  /// - Parameter features: everything that the features can be; thresholds beyond are brought to its edges.
  init(_ ensemble: TreeEnsembleOperation, output: Int, features: [Interval]) {
    for (index, position) in ensemble.terms(ofOutput: output) {
      let tree = TreeCompiler(tree: ensemble.trees[index], position: position, features: features)
      constants.append(tree.constant ?? 0)
      if tree.constant == nil { operations += tree.operations() }
      ends.append(operations.count)
    }
    for operation in operations {
      for value in [operation.threshold, operation.left, operation.right] {
        lanes = max(lanes, Lanes(holding: Interval(Int128(value))))
      }
    }
  }

  static func lanes(of features: [Interval]) -> Lanes { features.reduce(.int16) { max($0, Lanes(holding: $1)) } }

  var narrow: [tricot_tree_op] {
    operations.map {
      tricot_tree_op(
        feature: Int32($0.feature),
        kind: Int32($0.kind),
        threshold: Int32(truncatingIfNeeded: $0.threshold),
        left: Int32(truncatingIfNeeded: $0.left),
        right: Int32(truncatingIfNeeded: $0.right)
      )
    }
  }

  var wide: [tricot_wide_tree_op] {
    operations.map {
      tricot_wide_tree_op(
        feature: Int32($0.feature),
        kind: Int32($0.kind),
        threshold: $0.threshold,
        left: $0.left,
        right: $0.right
      )
    }
  }
}

/// One tree on its way to operations.
private struct TreeCompiler {
  let tree: FixedTree
  let position: Int
  let features: [Interval]
  /// By node: how many values its program holds on the stack at a time.
  private let need: [Int]

  init(tree: FixedTree, position: Int, features: [Interval]) {
    self.tree = tree
    self.position = position
    self.features = features
    var need = [Int](repeating: 0, count: tree.nodes.count)
    for index in tree.nodes.indices.reversed() {
      if case .split(_, _, let left, let right) = tree.nodes[index] {
        need[index] = need[left] == need[right] ? need[left] + 1 : max(need[left], need[right])
      }
    }
    self.need = need
  }

  private func value(_ leaf: Int) -> Int64 { tree.leaves[leaf * tree.outputs.count + position] }

  /// The value of a tree that is one leaf.
  var constant: Int64? {
    if case .leaf(let leaf) = tree.nodes[0] { value(leaf) } else { nil }
  }

  /// A walk without recursion, since trees may be as deep as they have nodes: each node is opened, then closed.
  func operations() -> [TreeProgram.Operation] {
    var result: [TreeProgram.Operation] = []
    var open: [(node: Int, isClosing: Bool)] = [(0, false)]
    while let (index, isClosing) = open.popLast() {
      guard case .split(let feature, let threshold, let left, let right) = tree.nodes[index] else { continue }
      if isClosing {
        result.append(operation(index, feature, threshold, left, right))
      } else {
        open.append((index, true))
        // What is pushed last runs first: the child that needs more.
        let leftFirst = need[left] >= need[right]
        open.append((leftFirst ? right : left, false))
        open.append((leftFirst ? left : right, false))
      }
    }
    return result
  }

  private func operation(
    _ index: Int,
    _ feature: Int,
    _ threshold: Int64,
    _ left: Int,
    _ right: Int
  ) -> TreeProgram.Operation {
    let range = features[feature]
    let reached = Interval(range.lower, range.upper + 1).nearest(to: Int128(threshold))
    var operation = TreeProgram.Operation(feature: feature, kind: 0, threshold: Int64(reached))
    var kind = 0
    switch tree.nodes[left] {
    case .leaf(let leaf): operation.left = value(leaf)
    case .split: kind |= TRICOT_TREE_LEFT_IS_VALUE
    }
    switch tree.nodes[right] {
    case .leaf(let leaf): operation.right = value(leaf)
    case .split: kind |= TRICOT_TREE_RIGHT_IS_VALUE
    }
    if kind == 3 && need[left] < need[right] { kind |= TRICOT_TREE_LEFT_ON_TOP }
    if index == 0 { kind |= TRICOT_TREE_ROOT }
    operation.kind = kind
    return operation
  }
}
