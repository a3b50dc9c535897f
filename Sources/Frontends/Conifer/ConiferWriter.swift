import Diagnostics
import FoundationEssentials
import ModelIR

/// Writes ensembles as conifer's JSON, which its C++ header library reads.
package enum ConiferWriter {
  /// The JSON of a model's only ensemble.
  ///
  /// - Throws: a ``Diagnostic`` where conifer has no form for the trees.
  package static func json(of model: ModelGraph) throws -> [UInt8] {
    let found = model.nodes.compactMap { node -> (ModelNode, TreeEnsemble)? in
      if case .treeEnsemble(let ensemble) = node.operation { (node, ensemble) } else { nil }
    }
    guard found.count == 1, let (node, ensemble) = found.first else {
      throw Diagnostic.error(
        "no-trees",
        "'\(model.name)' holds \(found.count) tree ensembles, not one",
        at: model.nodes.first?.origin,
        hint: "conifer's JSON describes one ensemble"
      )
    }
    let document = try ConiferDocument(ensemble, origin: node.origin)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    encoder.keyEncodingStrategy = .convertToSnakeCase
    return Array(try encoder.encode(document))
  }
}

/// conifer's dictionary of an ensemble.
private struct ConiferDocument: Encodable {
  var nClasses: Int
  var nFeatures: Int
  var nTrees: Int
  var maxDepth: Int
  var initPredict: [Double]
  var norm: Double
  var splittingConvention: String
  var library = "tricot"
  var featureMap: [String: Int]
  var trees: [[Tree]]

  struct Tree: Encodable {
    var feature: [Int] = []
    var threshold: [Double] = []
    var value: [Double] = []
    var childrenLeft: [Int] = []
    var childrenRight: [Int] = []
    /// One row per node: one for the feature that it compares.
    var weight: [[Int]] = []
  }

  init(_ ensemble: TreeEnsemble, origin: Origin) throws {
    let outputs = ensemble.outputCount
    func refusal(_ message: String) -> Diagnostic {
      Diagnostic.error("no-conifer-form", message, at: origin, hint: "conifer keeps one tree per class and round")
    }
    var byOutput = [[DecisionTree]](repeating: [], count: outputs)
    var comparisons: Set<TreeSplit.Comparison> = []
    for tree in ensemble.trees {
      // A tree that feeds several outputs becomes one for each.
      for position in tree.outputs.indices { byOutput[tree.outputs[position]].append(tree.alone(position)) }
      for case .split(let split) in tree.nodes { comparisons.insert(split.comparison) }
    }
    let rounds = byOutput[0].count
    guard byOutput.allSatisfy({ $0.count == rounds }) else {
      throw refusal("the classes have different numbers of trees")
    }
    guard comparisons.count <= 1 else { throw refusal("the trees compare by both '<' and '<='") }
    nClasses = outputs == 1 ? 2 : outputs
    nFeatures = ensemble.featureCount
    nTrees = rounds
    maxDepth = ensemble.depth
    initPredict = ensemble.base
    norm = ensemble.scale
    splittingConvention = comparisons.first?.rawValue ?? "<="
    featureMap = Dictionary(uniqueKeysWithValues: (0..<ensemble.featureCount).map { ("f\($0)", $0) })
    trees = (0..<rounds).map { round in byOutput.map { Tree($0[round], features: ensemble.featureCount) } }
  }
}

extension ConiferDocument.Tree {
  init(_ tree: DecisionTree, features: Int) {
    for node in tree.nodes {
      switch node {
      case .split(let split):
        feature.append(split.feature)
        weight.append((0..<features).map { $0 == split.feature ? 1 : 0 })
        threshold.append(split.threshold)
        value.append(0)
        childrenLeft.append(split.left)
        childrenRight.append(split.right)
      case .leaf(let leaf):
        feature.append(-2)
        weight.append([Int](repeating: 0, count: features))
        threshold.append(0)
        value.append(tree.leafValues[leaf])
        childrenLeft.append(-1)
        childrenRight.append(-1)
      }
    }
  }
}

extension DecisionTree {
  /// The tree as one that feeds only one of its outputs.
  fileprivate func alone(_ position: Int) -> DecisionTree {
    let values = stride(from: position, to: leafValues.count, by: outputs.count).map { leafValues[$0] }
    return DecisionTree(nodes: nodes, outputs: [0], leafValues: values)
  }
}
