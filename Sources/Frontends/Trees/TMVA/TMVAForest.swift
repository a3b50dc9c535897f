import DataFiles
import Diagnostics
import ModelIR

/// All trees of a file, with their weights.
struct TMVAForest {
  private(set) var trees: [DecisionTree] = []
  private(set) var base: [Double]
  /// The inverse of the summed weights, or one for gradient boosting.
  private(set) var scale = 1.0

  init(_ weights: XMLElement, options: TMVAOptions, features: Int) throws {
    let elements = weights.children.filter { $0.name == "BinaryTree" }
    let announced = try weights.integer("NTrees")
    guard announced == elements.count else {
      throw weights.error("the file holds \(elements.count) of \(announced) trees")
    }
    let outputs = options.analysis == .multiclass ? options.classes : 1
    guard (1...ShapeInference.elementLimit).contains(outputs) else {
      throw weights.error("the model has \(outputs) classes")
    }
    base = Array(repeating: 0, count: outputs)
    let factors = try elements.map { try $0.double("boostWeight") }
    let usesResponse = options.isGradient || weights["AnalysisType"] == "1"
    for (index, element) in elements.enumerated() {
      let reader = TMVATree(
        element: element,
        features: features,
        leaf: usesResponse ? .response : options.usesYesNoLeaf ? .yesNo : .purity,
        factor: options.isGradient ? 1 : factors[index]
      )
      trees.append(try reader.tree(output: index % outputs))
    }
    if options.isGradient {
      // A regression keeps the mean of its target in the place of the first weight.
      if options.analysis == .regression { base[0] = factors.first ?? 0 }
    } else {
      let sum = factors.reduce(0, +)
      guard sum > 0, sum.isFinite else { throw weights.error("the weights of the trees add up to \(sum)") }
      scale = 1 / sum
    }
  }
}

/// One tree: nested elements, the left child with `pos="l"`.
struct TMVATree {
  enum Leaf { case response, yesNo, purity }

  let element: XMLElement
  let features: Int
  let leaf: Leaf
  let factor: Double

  func tree(output: Int) throws -> DecisionTree {
    let roots = element.children.filter { $0.name == "Node" }
    guard roots.count == 1 else { throw element.error("a tree has \(roots.count) roots") }
    // Numbers nodes as they are found, so that children can be named.
    var nodes = roots
    var children: [(left: Int, right: Int)?] = []
    var next = 0
    while next < nodes.count {
      children.append(
        try pair(of: nodes[next], first: nodes.count).map { left, right in
          nodes += [left, right]
          return (nodes.count - 2, nodes.count - 1)
        }
      )
      next += 1
    }
    return try TreeAssembly(outputs: [output]).tree(count: nodes.count, origin: element.origin) { index in
      guard let pair = children[index] else { return .leaf([try value(of: nodes[index]) * factor]) }
      return .split(try split(nodes[index], left: pair.left, right: pair.right))
    }
  }

  /// The children of an inner node; nil for a leaf.
  private func pair(of node: XMLElement, first: Int) throws -> (XMLElement, XMLElement)? {
    if try node.integer("nType") != 0 { return nil }
    let children = node.children.filter { $0.name == "Node" }
    guard children.count == 2, let left = children.first(where: { $0["pos"] == "l" }),
      let right = children.first(where: { $0["pos"] == "r" })
    else {
      throw node.error("an inner node has no left and right child")
    }
    return (left, right)
  }

  /// TMVA goes right where `x >= cut`, or left where `cType` is 0; NaN is never greater.
  private func split(_ node: XMLElement, left: Int, right: Int) throws -> TreeSplit {
    if let coefficients = node["NCoef"], coefficients != "0" {
      throw node.error(
        "a node compares a weighted sum of variables",
        code: "oblique-split",
        hint: "train with UseFisherCuts=False"
      )
    }
    let feature = try node.integer("IVar")
    guard (0..<features).contains(feature) else {
      throw node.error("a node compares the variable \(feature) of \(features)")
    }
    let isPlain = try node.integer("cType") != 0
    return TreeSplit(
      feature: feature,
      threshold: try node.single("Cut"),
      comparison: .less,
      left: isPlain ? left : right,
      right: isPlain ? right : left,
      missing: .left
    )
  }

  private func value(of node: XMLElement) throws -> Double {
    switch leaf {
    case .response: return try node.single("res")
    case .yesNo: return Double(try node.integer("nType"))
    case .purity:
      if node["purity"] != nil { return try node.single("purity") }
      let (signal, background) = (try node.single("nS"), try node.single("nB"))
      guard signal + background > 0 else { throw node.error("a leaf holds no events") }
      return Double(Float(signal / (signal + background)))
    }
  }
}
