import DataFiles
import Diagnostics
import ModelIR

/// Reads conifer's JSON, and ensembles in its form.
package enum ConiferFrontend {
  /// Reads a model and checks it.
  ///
  /// - Throws: a `Diagnostic` that names the place in the file.
  package static func load(_ bytes: [UInt8], file: String) throws -> ModelGraph {
    try model(DocumentValue(json: bytes, file: file)).graph(file: file, output: .margin)
  }

  /// Whether a JSON document is one of conifer's.
  package static func recognises(_ document: DocumentValue) -> Bool {
    document["trees"] != nil && document["n_classes"] != nil && document["n_features"] != nil
  }

  /// A document that was read already.
  package static func model(_ document: DocumentValue) throws -> TreeModel {
    let features = try document.member("n_features").integer()
    guard (1...ShapeInference.elementLimit).contains(features) else {
      throw document.error("the model has \(features) features")
    }
    let rounds = try document.member("trees").list()
    // conifer keeps one list of trees per class and round; two classes share one.
    let classes = try rounds.first?.list().count ?? 1
    let comparison = try comparison(document["splitting_convention"])
    var trees: [DecisionTree] = []
    for round in rounds {
      let members = try round.list()
      guard members.count == classes else { throw round.error("\(members.count) trees for \(classes) classes") }
      for (index, tree) in members.enumerated() {
        trees.append(try ConiferTree(tree, features: features, comparison: comparison).tree(output: index))
      }
    }
    let start = try document.member("init_predict").numbers()
    guard classes > 0, start.count >= classes else {
      throw document.error("'init_predict' has \(start.count) values for \(classes) classes")
    }
    return TreeModel(
      ensemble: TreeEnsemble(
        featureCount: features,
        trees: trees,
        base: Array(start[..<classes]),
        scale: try document["norm"]?.number() ?? 1,
        featurePrecision: .float64
      ),
      transform: .none,
      source: .conifer
    )
  }

  /// Models of conifer before 1.1 do not say; it then compared with `<=`.
  private static func comparison(_ value: DocumentValue?) throws -> TreeSplit.Comparison {
    guard let value else { return .lessOrEqual }
    guard let comparison = TreeSplit.Comparison(rawValue: try value.string()) else {
      throw value.error("the splitting convention is neither '<' nor '<='")
    }
    return comparison
  }
}

/// One tree of conifer's: parallel lists, -2 for the feature of a leaf.
private struct ConiferTree {
  let value: DocumentValue
  let features: Int
  let comparison: TreeSplit.Comparison

  init(_ value: DocumentValue, features: Int, comparison: TreeSplit.Comparison) {
    self.value = value
    self.features = features
    self.comparison = comparison
  }

  func tree(output: Int) throws -> DecisionTree {
    let feature = try value.member("feature").integers()
    let threshold = try value.member("threshold").numbers()
    let leaf = try value.member("value").numbers()
    let left = try value.member("children_left").integers()
    let right = try value.member("children_right").integers()
    for (name, count) in [
      ("threshold", threshold.count), ("value", leaf.count), ("children_left", left.count),
      ("children_right", right.count),
    ] where count != feature.count {
      throw value.error("'\(name)' has \(count) entries for \(feature.count) nodes")
    }
    try refuseOblique(feature)
    return try TreeAssembly(outputs: [output]).tree(count: feature.count, origin: value.origin) { index in
      // Some writers mark leaves by their feature alone.
      if left[index] == -1 || feature[index] == -2 { return .leaf([leaf[index]]) }
      guard (0..<features).contains(feature[index]) else {
        throw value.error("node \(index) compares feature \(feature[index]) of \(features)")
      }
      return .split(
        TreeSplit(
          feature: feature[index],
          threshold: threshold[index],
          comparison: comparison,
          left: left[index],
          right: right[index]
        )
      )
    }
  }

  /// Splits along a weighted sum of features are refused.
  private func refuseOblique(_ feature: [Int]) throws {
    guard let weights = value["weight"] else { return }
    for (index, row) in try weights.list().enumerated() where feature.indices.contains(index) {
      guard (0..<features).contains(feature[index]) else { continue }
      let row = try row.numbers()
      let isPlain = row.indices.allSatisfy { row[$0] == ($0 == feature[index] ? 1 : 0) }
      guard isPlain else {
        throw Diagnostic.error(
          "oblique-split",
          "node \(index) compares a weighted sum of features",
          at: weights.origin,
          hint: "train with axis-aligned splits"
        )
      }
    }
  }
}
