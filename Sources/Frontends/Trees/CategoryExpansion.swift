import Diagnostics
import ModelIR

/// A tree with splits by category as one that compares.
///
/// A set of categories is some intervals of numbers. A search for the interval takes the place of the node, and what is below the
/// node stands behind every interval; comparisons that are decided there by those above are left out.
struct CategoryExpansion {
  /// By position, with children by position; the root first.
  let nodes: [TreeAssembly.Node]
  let outputs: [Int]
  let origin: Origin

  /// Larger trees are refused: what stands below several splits by category is there many times.
  private static let nodeLimit = 1 << 17

  /// The numbers of a feature that can reach a node.
  private struct Reach {
    var lower = -Double.infinity
    var upper = Double.infinity
    var canBeMissing = true

    func side(of split: TreeSplit, isLeft: Bool) -> Reach? {
      var result = self
      switch (split.comparison, isLeft) {
      case (.less, true): result.upper = min(upper, split.threshold.nextDown)
      case (.lessOrEqual, true): result.upper = min(upper, split.threshold)
      case (.less, false): result.lower = max(lower, split.threshold)
      case (.lessOrEqual, false): result.lower = max(lower, split.threshold.nextUp)
      }
      result.canBeMissing = canBeMissing && split.goesLeft(.nan) == isLeft
      return result.lower <= result.upper || result.canBeMissing ? result : nil
    }
  }

  private enum Place {
    case node(Int)
    /// Some intervals of a split by category.
    case intervals(CategorySplit, ClosedRange<Int>)
  }

  private struct Task {
    var place: Place
    var reach: [Int: Reach]
    /// Which node is to name the result, and on which side.
    var parent: (index: Int, isLeft: Bool)?
  }

  func tree() throws -> DecisionTree {
    var tree = DecisionTree(nodes: [], outputs: outputs, leafValues: [])
    var tasks = [Task(place: .node(0), reach: [:])]
    var next = 0
    while next < tasks.count {
      let task = tasks[next]
      next += 1
      try checkSize(tasks.count, tree)
      switch task.place {
      case .node(let index):
        switch nodes[index] {
        case .leaf(let values):
          link(task.parent, &tree)
          tree.nodes.append(.leaf(tree.leafCount))
          tree.leafValues += values
        case .split(let split): add(split, .node(split.left), .node(split.right), task, &tree, &tasks)
        case .categories(let split):
          let place = Place.intervals(split, 0...split.boundaries.count)
          tasks.append(Task(place: place, reach: task.reach, parent: task.parent))
        }
      case .intervals(let split, let range):
        guard range.count > 1 else {
          let child = Place.node(split.child(ofInterval: range.lowerBound))
          tasks.append(Task(place: child, reach: task.reach, parent: task.parent))
          continue
        }
        let middle = (range.lowerBound + range.upperBound) / 2
        let boundary = split.boundaries[middle]
        let comparison = TreeSplit(
          feature: split.feature,
          threshold: boundary.threshold,
          comparison: boundary.comparison,
          left: 0,
          right: 0,
          missing: split.intervalOfMissing <= middle ? .left : .right
        )
        add(
          comparison,
          .intervals(split, range.lowerBound...middle),
          .intervals(split, middle + 1...range.upperBound),
          task,
          &tree,
          &tasks
        )
      }
    }
    return tree
  }

  /// Adds a comparison, unless what stands above it decides it.
  private func add(
    _ split: TreeSplit,
    _ left: Place,
    _ right: Place,
    _ task: Task,
    _ tree: inout DecisionTree,
    _ tasks: inout [Task]
  ) {
    let reach = task.reach[split.feature] ?? Reach()
    func child(_ place: Place, isLeft: Bool, parent: (index: Int, isLeft: Bool)?) -> Task? {
      reach.side(of: split, isLeft: isLeft).map { side in
        var result = Task(place: place, reach: task.reach, parent: parent)
        result.reach[split.feature] = side
        return result
      }
    }
    let index = tree.nodes.count
    guard let smaller = child(left, isLeft: true, parent: (index, true)),
      let larger = child(right, isLeft: false, parent: (index, false))
    else {
      tasks += [child(left, isLeft: true, parent: task.parent), child(right, isLeft: false, parent: task.parent)]
        .compactMap { $0 }
      return
    }
    link(task.parent, &tree)
    tree.nodes.append(.split(split))
    tasks += [smaller, larger]
  }

  private func link(_ parent: (index: Int, isLeft: Bool)?, _ tree: inout DecisionTree) {
    guard let parent, case .split(var split) = tree.nodes[parent.index] else { return }
    if parent.isLeft { split.left = tree.nodes.count } else { split.right = tree.nodes.count }
    tree.nodes[parent.index] = .split(split)
  }

  private func checkSize(_ tasks: Int, _ tree: DecisionTree) throws {
    guard tree.nodes.count <= Self.nodeLimit, tasks <= 4 * Self.nodeLimit,
      tree.leafValues.count <= TreeEnsemble.nodeLimit
    else {
      throw Diagnostic.error(
        "categorical-split",
        "the splits by category of a tree become more than \(Self.nodeLimit) comparisons",
        at: origin,
        hint: "train shallower trees, order the categories, or encode them as numbers before the training"
      )
    }
  }
}
