import AddressTables
import Diagnostics
import Fuzzing
import ModelIR
import Testing

/// Whole blocks of addresses against one address at a time.
@Suite struct AddressTableEvaluationTests {
  @Test(arguments: UInt64(1)...12)
  func `words of blocks are those of single evaluations`(_ seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let text = RandomAddress.specification(&random)
    let specification = try AddressSpecification(parsing: text, file: "random.yml")
    for isSingle in [false, true] {
      let ensemble = Self.ensemble(features: specification.modelInputs.count, isSingle: isSingle, &random)
      var model = ModelGraph(name: "trees", source: isSingle ? .xgboost : .lightgbm)
      Self.add(ensemble, to: &model)
      let table = try AddressTable(specification, model: model, file: "random.yml")
      let evaluator = ReferenceEvaluator(model)
      // Ranges that begin anywhere and are no multiples of a block.
      let range = min(table.count / 3, 5)..<min(table.count, 9000)
      let words = table.words(range, threads: 2)
      for (address, word) in zip(range, words) {
        guard let inputs = table.modelInputs(at: address) else {
          #expect(word == UInt32(specification.word.minimum ?? 0))
          continue
        }
        #expect(word == specification.word.word(table.score(inputs)))
        // In double precision the model itself has the same sum.
        guard !isSingle else { continue }
        #expect(word == specification.word.word(evaluator.evaluate(inputs, samples: 1, keeping: .outputs).outputs[0]))
      }
    }
  }

  private static func add(_ ensemble: TreeEnsemble, to model: inout ModelGraph) {
    let origin = Origin(file: "trees")
    let features = model.append(
      .input,
      named: "features",
      inputs: [],
      shape: [ensemble.featureCount],
      origin: origin
    )
    model.outputs = [
      model.append(.treeEnsemble(ensemble), named: "trees", inputs: [features], shape: [1], origin: origin)
    ]
  }

  private static func ensemble(
    features: Int,
    isSingle: Bool,
    _ random: inout SeededGenerator
  ) -> TreeEnsemble {
    let trees = (0..<20).map { _ in
      var nodes: [DecisionTree.Node] = []
      // A perfect tree of depth three, level by level.
      for index in 0..<7 {
        nodes.append(
          .split(
            TreeSplit(
              feature: Int.random(in: 0..<features, using: &random),
              threshold: Double(Int.random(in: 0..<40, using: &random)) / 4,
              comparison: isSingle || Bool.random(using: &random) ? .less : .lessOrEqual,
              left: 2 * index + 1,
              right: 2 * index + 2
            )
          )
        )
      }
      for leaf in 0..<8 { nodes.append(.leaf(leaf)) }
      let leaves = (0..<8).map { _ in Double(Float(Double.random(in: -0.3...0.3, using: &random))) }
      return DecisionTree(nodes: nodes, outputs: [0], leafValues: leaves)
    }
    return TreeEnsemble(
      featureCount: features,
      trees: trees,
      base: [0.5],
      featurePrecision: isSingle ? .float32 : .float64
    )
  }
}
