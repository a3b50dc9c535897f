import Diagnostics
import ModelIR

/// A tree as files hold it: nodes in any order, named by their position, some of them perhaps of no use.
package struct TreeAssembly: Sendable {
  package enum Node: Sendable {
    /// `left` and `right` name nodes of the file.
    case split(TreeSplit)
    /// The numbers of a leaf, one for each output of the tree.
    case leaf([Double])
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
    var tree = DecisionTree(nodes: [], outputs: outputs, leafValues: [])
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
        guard tree.leafValues.count + values.count <= TreeEnsemble.nodeLimit else {
          throw Diagnostic.error(
            "absurd-size",
            "the leaves of a tree hold more than \(TreeEnsemble.nodeLimit) numbers",
            at: origin
          )
        }
        tree.nodes.append(.leaf(tree.leafCount))
        tree.leafValues += values
      case .split(var split):
        try reach(split.left)
        try reach(split.right)
        split.left = names[split.left]
        split.right = names[split.right]
        tree.nodes.append(.split(split))
      }
      next += 1
    }
    return tree
  }
}
