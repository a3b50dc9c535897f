import Diagnostics
import FixedPoint
import FixedPointIR
import ModelIR

/// A staircase that follows a function.
struct PendingSteps {
  var inner: PendingFunction
  var staircase: Staircase
}

/// Functions as trees of comparisons.
extension TrainedGraphBuilder {
  /// A tree of comparisons for each element; nil where the function is not known to rise or to fall.
  ///
  /// - Parameter steps: what the function is made of, if it is a staircase: then its levels are the numbers of the steps,
  ///   which rise however its values lie.
  func ladder(_ function: PendingFunction, _ group: FunctionGroup, steps: PendingSteps? = nil) -> (
    operation: FixedOperation, type: FixedPointType
  )? {
    guard let type = group.type, type.overflow == .saturate || type.overflow == .saturateSymmetric,
      function.isExact || group.size > Int128(Self.largestTable),
      let thresholds = LevelThresholds(
        arguments: group.arguments,
        level: { t in steps.map { number(of: t, $0, group) } ?? level(t, function, group, type) }
      )
    else { return nil }
    // An argument at which several levels begin has the last of them.
    var (limits, levels): ([Int128], [Int128]) = ([], [thresholds.lowest])
    for (index, first) in thresholds.firsts.enumerated() {
      if limits.last == first { levels.removeLast() } else { limits.append(first) }
      levels.append(thresholds.lowest + 1 + Int128(index))
    }
    if thresholds.isMirrored {
      // Steps down by the argument are steps at the first argument that is too large.
      limits = limits.reversed().map { -$0 + 1 }
      levels.reverse()
    }
    if let values = steps?.staircase.values.values {
      levels = levels.map { type.quantize(values[Int($0)]).raw }
    }
    guard let words = Self.words(limits), let leaves = Self.words(levels) else { return nil }
    let trees = group.elements.indices.map { position in
      FixedTree(nodes: Self.comparisons(words, feature: position), outputs: [position], leaves: leaves)
    }
    return (
      .treeEnsemble(
        TreeEnsembleOperation(trees: trees, leafFractionBits: type.fractionBits, bias: ConstantVector(0))
      ), type
    )
  }

  /// The step on which the raw argument is.
  private func number(of t: Int128, _ steps: PendingSteps, _ group: FunctionGroup) -> Int128 {
    let x = ConstantQuantization.scaled(Double(t), by: -group.fractionBits)
    return Int128(steps.staircase.step(at: steps.inner.result(of: x, element: group.elements[0])))
  }

  private static func words(_ values: [Int128]) -> [Int64]? {
    let words = values.compactMap { Int64(exactly: $0) }
    return words.count == values.count ? words : nil
  }

  /// A balanced tree: leaf `k` where `k` limits are not above the feature.
  private static func comparisons(_ limits: [Int64], feature: Int) -> [FixedTree.Node] {
    var nodes: [FixedTree.Node] = []
    var pending: [(node: Int, range: Range<Int>)] = [(0, 0..<limits.count)]
    nodes.append(.leaf(0))
    while let next = pending.popLast() {
      guard !next.range.isEmpty else {
        nodes[next.node] = .leaf(next.range.lowerBound)
        continue
      }
      let middle = next.range.lowerBound + next.range.count / 2
      nodes[next.node] = .split(
        feature: feature,
        threshold: limits[middle],
        left: nodes.count,
        right: nodes.count + 1
      )
      pending.append((nodes.count, next.range.lowerBound..<middle))
      pending.append((nodes.count + 1, (middle + 1)..<next.range.upperBound))
      nodes += [.leaf(0), .leaf(0)]
    }
    return nodes
  }

  mutating func append(
    _ operation: FixedOperation,
    _ type: FixedPointType,
    _ function: PendingFunction,
    _ argument: FixedTensorID,
    count: Int,
    named name: String
  ) -> FixedTensorID {
    append(
      operation,
      named: name,
      kind: function.kind,
      inputs: [argument],
      shape: [count],
      types: ElementTypes(uniform: type, count: count),
      origin: function.origin
    )
  }
}
