import Diagnostics
import FixedPoint
import FixedPointIR

/// Straight-line code of a tree ensemble: a function per tree that gives the leaf, then the sums of the leaves' scores.
struct TreeEmission {
  let layer: LayerEmission
  let ensemble: TreeEnsembleOperation

  private var name: String { layer.name }
  private var plan: NetworkPlan { layer.plan }
  private var featureCount: Int { plan.graph[layer.node.inputs[0]].count }
  private var container: FixedPointType { layer.container() }
  /// Features and sums are machine words in C simulation.
  private static let machineBits = 62

  func code() throws -> LayerCode {
    let trees = ensemble.trees
    var code = LayerCode()
    code.library = "adder_graph"
    code.number("features", featureCount)
    code.type("feature_t", "tricot::integer<\(try width(of: container.rawRange))>")
    let splits = trees.reduce(0) { $0 + $1.nodes.count - $1.leafCount }
    code.summary = "\(trees.count) trees, \(splits) comparisons"
    let functions = try trees.indices.flatMap { try function($0) + [.blank] }
    let results = try ensemble.accumulation.isExact ? exactResults(&code) : stepwiseResults(&code)
    code.source = functions
    code.body =
      readingFeatures
      + trees.indices.map {
        .variable(type: "const unsigned", name: "leaf\($0)", value: "\(name)_tree\($0)(features)")
      } + results
    return code
  }

  // MARK: - Trees

  private var readingFeatures: [CppStatement] {
    let read = CppStatement.assignment(to: "features[i]", value: "tricot::word(x[i])")
    return [
      .array(type: "\(layer.configuration)::feature_t", name: "features", count: featureCount),
      .pragma(.arrayPartition("features")), .loop(CppLoop(label: "read", count: featureCount, body: [read])),
    ]
  }

  /// The scores of a tree's leaves, and the function that finds the leaf: children before parents, so that nothing recurs.
  private func function(_ index: Int) throws -> [CppDefinition] {
    let tree = ensemble.trees[index]
    func value(_ node: Int) -> String {
      switch tree.nodes[node] {
      case .leaf(let leaf): "\(leaf)"
      case .split: "n\(node)"
      }
    }
    let choices = try tree.nodes.indices.reversed().compactMap { node -> CppStatement? in
      guard case .split(let feature, let threshold, let left, let right) = tree.nodes[node] else { return nil }
      let limit = CppText.literal(try onGridOfArray(threshold, feature: feature))
      return .variable(
        type: "const unsigned",
        name: "n\(node)",
        value: "features[\(feature)] < \(limit) ? \(value(left)) : \(value(right))"
      )
    }
    let features = "const \(layer.configuration)::feature_t features[\(featureCount)]"
    return [
      .comment("Tree \(index): \(tree.leafCount) leaves."),
      .constant(CppText.constant("\(name)_leaves\(index)", tree.leaves, isArray: true)),
      .function(
        CppFunction(
          signature: "static unsigned \(name)_tree\(index)(\(features))",
          body: [.pragma(.inline)] + choices + [.returning(value(0))]
        )
      ),
    ]
  }

  /// A threshold on the grid of the array that holds the features.
  private func onGridOfArray(_ threshold: Int64, feature: Int) throws -> Int64 {
    let type = layer.inputTypes()[feature]
    let shift = type.width > 0 ? container.fractionBits - type.fractionBits : 0
    let limit = shift < 64 ? Int128(threshold) << shift : Int128.max
    guard let exact = Int64(exactly: limit) else { throw tooWide }
    return exact
  }

  // MARK: - Scores

  private func score(_ term: (tree: Int, position: Int)) -> String {
    let outputs = ensemble.trees[term.tree].outputs.count
    let place = outputs == 1 ? "" : " * \(outputs)" + (term.position > 0 ? " + \(term.position)" : "")
    return "\(name)_leaves\(term.tree)[leaf\(term.tree)\(place)]"
  }

  /// One sum of integers for each output.
  private func exactResults(_ code: inout LayerCode) throws -> [CppStatement] {
    let grid = max(
      ensemble.leafFractionBits,
      ensemble.bias.raw.allSatisfy { $0 == 0 } ? .min : ensemble.bias.fractionBits
    )
    let up = grid - ensemble.leafFractionBits
    let ranges = (0..<layer.count).map { output in
      ensemble.terms(ofOutput: output).reduce(Interval(ensemble.bias.value(at: output).raw(on: grid))) { sum, term in
        let tree = ensemble.trees[term.tree]
        return sum + tree.leafRange(position: term.position, reachable: Array(0..<tree.leafCount)).shifted(by: up)
      }
    }
    let bits = try width(of: ranges.reduce(Interval(0)) { $0.union($1) })
    code.type("sum_t", CppText.type(FixedPointType(width: bits, integerBits: bits - grid)))
    return (0..<layer.count).flatMap { output -> [CppStatement] in
      let bias = ensemble.bias.value(at: output).raw(on: grid)
      let terms = ensemble.terms(ofOutput: output).map(score)
      let scores = terms.isEmpty ? "0" : terms.joined(separator: " + ")
      let sum = up > 0 ? "(\(scores)) * (1LL << \(up))" : scores
      return [
        .variable(
          type: "const tricot::integer<\(bits)>",
          name: "sum\(output)",
          value: "\(CppText.literal(Int64(bias))) + \(sum)",
          isBroken: true
        ), layer.result("\(output)", "tricot::from_raw<\(layer.configuration)::sum_t>(sum\(output))"),
      ]
    }
  }

  /// conifer's sums: quantised after every tree.
  private func stepwiseResults(_ code: inout LayerCode) throws -> [CppStatement] {
    guard case .stepwise(let type) = ensemble.accumulation else { return [] }
    try layer.requireBits(type, "score")
    let leaves = ensemble.trees.flatMap(\.leaves)
    code.type("score_t", CppText.type(type))
    code.type("leaf_t", CppText.type(.containing(leaves, fractionBits: ensemble.leafFractionBits)))
    code.type("bias_t", CppText.type(.containing(ensemble.bias.raw, fractionBits: ensemble.bias.fractionBits)))
    let config = layer.configuration
    return (0..<layer.count).flatMap { output -> [CppStatement] in
      let sum = "sum\(output)"
      let bias = "tricot::from_raw<\(config)::bias_t>(\(CppText.literal(ensemble.bias[output])))"
      let start = CppStatement.variable(
        type: "\(config)::score_t",
        name: sum,
        value: "tricot::convert<\(config)::score_t>(\(bias))"
      )
      let steps = ensemble.terms(ofOutput: output).map { term in
        CppStatement.assignment(
          to: sum,
          value: "tricot::convert<\(config)::score_t>(\(sum) + tricot::from_raw<\(config)::leaf_t>(\(score(term))))"
        )
      }
      return [start] + steps + [layer.result("\(output)", sum)]
    }
  }

  /// Bits of a signed word that holds a range.
  private func width(of range: Interval) throws -> Int {
    let bits = max(1, range.bitWidth + (range.lower < 0 ? 0 : 1))
    guard bits <= Self.machineBits else { throw tooWide }
    return bits
  }

  private var tooWide: Diagnostic {
    Diagnostic.error(
      "too-wide",
      "layer '\(layer.node.name)' (\(layer.node.kind)) needs more than \(Self.machineBits) bits for its features or scores",
      at: layer.node.origin,
      hint: "narrow the types of its inputs or leaves, or use \(option: .backend, "verilog")"
    )
  }
}

extension TreeAccumulation {
  fileprivate var isExact: Bool {
    switch self {
    case .exact: true
    case .stepwise: false
    }
  }
}
