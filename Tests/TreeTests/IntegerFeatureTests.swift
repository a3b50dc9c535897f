import DataFiles
import Diagnostics
import FixedPoint
import FixedPointIR
import ModelIR
import Quantization
import Simulation
import TestSupport
import Testing
import TreeFrontends

/// Models on integer features: every event reaches the leaves that XGBoost says, in float and after native quantisation.
@Suite(.enabled(if: SharedData.isAvailable, SharedData.absence))
struct IntegerFeatureTests {
  static let models = ["xgb_tiny", "emtf_regress"]

  /// XGBoost's leaf of every event and tree, as the index among our tree's leaves.
  private func expectedLeaves(_ folder: String, _ ensemble: TreeEnsemble) throws -> [Int] {
    let ids = try SharedTrees.array(folder + "/leaf.npy").values
    let trees = try SharedTrees.document(folder + "/model.json")
      .member("learner").member("gradient_booster").member("model").member("trees").list()
    let leaves = try zip(trees, ensemble.trees).map { document, tree in try leafIndices(document, tree) }
    return try ids.enumerated().map { index, id in try #require(leaves[index % leaves.count][Int(id)]) }
  }

  /// The leaf index of every node of the file, found by walking file and tree together.
  private func leafIndices(_ document: DocumentValue, _ tree: DecisionTree) throws -> [Int: Int] {
    let left = try document.member("left_children").integers()
    let right = try document.member("right_children").integers()
    var result: [Int: Int] = [:]
    var pairs = [(file: 0, own: 0)]
    while let (file, own) = pairs.popLast() {
      switch tree.nodes[own] {
      case .leaf(let leaf):
        #expect(left[file] == -1)
        result[file] = leaf
      case .split(let split): pairs += [(left[file], split.left), (right[file], split.right)]
      }
    }
    return result
  }

  private func model(_ folder: String) throws -> (ModelGraph, TreeEnsemble) {
    let graph = try SharedTrees.model(folder + "/model.json")
    let ensemble = graph.nodes.lazy.compactMap {
      if case .treeEnsemble(let trees) = $0.operation { trees } else { nil }
    }
    return (graph, try #require(ensemble.first))
  }

  @Test(arguments: models)
  func `the float model reaches XGBoost's leaves`(_ folder: String) throws {
    let (_, ensemble) = try model(folder)
    let inputs = try SharedTrees.array(folder + "/X.npy").values
    let expected = try expectedLeaves(folder, ensemble)
    let samples = inputs.count / ensemble.featureCount
    try #require(expected.count == samples * ensemble.trees.count)
    var wrong = 0
    for sample in 0..<samples {
      for (index, tree) in ensemble.trees.enumerated() {
        let leaf = tree.leaf(inputs, from: sample * ensemble.featureCount)
        if leaf != expected[sample * ensemble.trees.count + index] { wrong += 1 }
      }
    }
    #expect(wrong == 0)
  }

  @Test(arguments: models)
  func `native margins are the sums of the quantised leaves`(_ folder: String) throws {
    let (graph, ensemble) = try model(folder)
    let inputs = try SharedTrees.array(folder + "/X.npy").values
    let expected = try expectedLeaves(folder, ensemble)
    var options = NativeOptions()
    options.outputBits = 32
    let fixed = try NativeQuantizer.quantize(graph, options: options, calibration: nil, log: DiagnosticLog())
    let node = try #require(fixed.nodes.first { if case .treeEnsemble = $0.operation { true } else { false } })
    guard case .treeEnsemble(let operation) = node.operation else { return }
    let type = try #require(fixed[node.output].types.uniform)
    // Nothing is rounded after the sum.
    try #require(type.fractionBits == operation.leafFractionBits)
    try #require(operation.bias.fractionBits == operation.leafFractionBits && operation.bias.raw.count == 1)
    let samples = inputs.count / ensemble.featureCount
    let result = try Simulator(fixed).run(inputs, samples: samples)
    var wrong = 0
    for sample in 0..<samples {
      let sum = operation.trees.indices.reduce(Int128(operation.bias.raw[0])) { sum, tree in
        sum + Int128(operation.trees[tree].leaves[expected[sample * operation.trees.count + tree]])
      }
      if result.outputValues.raw(sample: sample, element: 0) != sum { wrong += 1 }
    }
    #expect(wrong == 0)
  }
}
