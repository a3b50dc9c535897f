import Diagnostics
import ModelIR

/// A tree as files hold it: nodes in any order, named by their position, some of them perhaps of no use.
package struct TreeAssembly: Sendable {
  package enum Node: Sendable {
    /// `left` and `right` name nodes of the file.
    case split(TreeSplit)
    /// The numbers of a leaf, one for each output of the tree.
    case leaf([Double])
    /// A split by membership of a set; its children name nodes of the file.
    case categories(CategorySplit)
  }

  package var root: Int
  package var outputs: [Int]

  package init(root: Int = 0, outputs: [Int]) {
    self.root = root
    self.outputs = outputs
  }

  /// The tree from its root, parents before their children; nodes that cannot be reached are left out.
  ///
  /// - Parameters:
  ///   - count: of the file's nodes.
  ///   - origin: where the tree stands, for messages.
  ///   - node: one node of the file.
  /// - Throws: a ``Diagnostic`` for children that do not exist, and for nodes with several parents.
  package func tree(count: Int, origin: Origin, node: (Int) throws -> Node) throws -> DecisionTree {
    var nodes: [Node] = []
    var leafValueCount = 0
    var hasCategories = false
    var names = [Int](repeating: -1, count: max(count, 0))
    var order: [Int] = []
    func reach(_ index: Int) throws {
      guard names.indices.contains(index) else {
        throw Diagnostic.error(
          "bad-tree",
          "a node names the child \(index) of \(count) nodes",
          at: origin,
          hint: "save the model again; this file is damaged"
        )
      }
      guard names[index] < 0 else {
        throw Diagnostic.error(
          "bad-tree",
          "node \(index) is reached on two ways: this is no tree",
          at: origin,
          hint: "save the model again; this file is damaged"
        )
      }
      names[index] = order.count
      order.append(index)
    }
    try reach(root)
    var next = 0
    while next < order.count {
      switch try node(order[next]) {
      case .leaf(let values):
        guard values.count == outputs.count else {
          throw Diagnostic.error(
            "bad-tree",
            "the leaf at node \(order[next]) has \(values.count) values for \(outputs.count) outputs",
            at: origin
          )
        }
        // Many outputs times many leaves, as only a damaged file has them, would fill the memory.
        guard leafValueCount + values.count <= TreeEnsemble.nodeLimit else {
          throw Diagnostic.error(
            "absurd-size",
            "the leaves of a tree hold more than \(TreeEnsemble.nodeLimit) numbers",
            at: origin
          )
        }
        nodes.append(.leaf(values))
        leafValueCount += values.count
      case .split(var split):
        try reach(split.left)
        try reach(split.right)
        split.left = names[split.left]
        split.right = names[split.right]
        nodes.append(.split(split))
      case .categories(var split):
        try reach(split.inside)
        try reach(split.outside)
        split.inside = names[split.inside]
        split.outside = names[split.outside]
        nodes.append(.categories(split))
        hasCategories = true
      }
      next += 1
    }
    if hasCategories { return try CategoryExpansion(nodes: nodes, outputs: outputs, origin: origin).tree() }
    return DecisionTree(nodes, outputs: outputs)
  }
}

extension DecisionTree {
  /// A tree of comparisons and leaves, which are numbered in their order.
  fileprivate init(_ assembled: [TreeAssembly.Node], outputs: [Int]) {
    self.init(nodes: [], outputs: outputs, leafValues: [])
    for node in assembled {
      switch node {
      case .split(let split): nodes.append(.split(split))
      case .leaf(let values):
        nodes.append(.leaf(leafCount))
        leafValues += values
      case .categories: preconditionFailure("splits by category have become comparisons")
      }
    }
  }
}
