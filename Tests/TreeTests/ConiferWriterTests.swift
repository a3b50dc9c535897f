import Diagnostics
import ModelIR
import Quantization
import TestSupport
import Testing
import TreeFrontends

/// What is written as conifer's JSON is read again as it was.
@Suite struct ConiferWriterTests {
  static let origin = Origin(file: "model.json", place: "trees")

  /// Writes as `tricot export` does, and reads.
  private func roundTrip(_ model: ModelGraph, isConverted: Bool = false) throws -> (TreeEnsemble, TreeEnsemble) {
    let parts = try ConiferModel(model, isConverted: isConverted, log: DiagnosticLog())
    let bytes = try ConiferWriter.json(of: parts.ensemble, named: model.name, origin: Self.origin)
    let again = try ConiferModel(ConiferFrontend.load(bytes, file: "conifer.json"), log: DiagnosticLog())
    return (parts.ensemble, again.ensemble)
  }

  private func expectSame(_ written: TreeEnsemble, _ read: TreeEnsemble) {
    #expect(read.featureCount == written.featureCount)
    #expect(read.base == written.base)
    #expect(read.scale == written.scale)
    // conifer keeps trees by round, then by class, and no rule for missing features.
    let trees = (0..<written.outputCount).map { output in written.trees.filter { $0.outputs == [output] } }
    let expected = (0..<(trees.first?.count ?? 0)).flatMap { round in trees.map { $0[round].withoutMissing } }
    #expect(read.trees == expected)
  }

  @Test(arguments: TreeFileText.allCases)
  func `small files of every format come back`(_ format: TreeFileText) throws {
    let (written, read) = try roundTrip(try format.load(Array(format.text.utf8)))
    #expect(!written.trees.isEmpty)
    expectSame(written, read)
  }

  @Test(
    .enabled(if: SharedData.isAvailable, SharedData.absence),
    arguments: [
      "xgb_tiny/model.json", "xgb_binary/model.ubj", "xgb_5class/model.json", "emtf_regress/model.ubj",
      "lgbm_binary/model.txt", "xgb_binary/ensemble.json",
    ]
  )
  func `trained models come back`(_ path: String) throws {
    let (written, read) = try roundTrip(try SharedTrees.model(path))
    expectSame(written, read)
  }

  @Test(
    .enabled(if: SharedData.isAvailable, SharedData.absence),
    arguments: ["skl_rf/model.onnx", "lgbm_binary/model.onnx"]
  )
  func `models in ONNX come back with the scores that conifer has`(_ path: String) throws {
    let (written, read) = try roundTrip(try SharedTrees.model(path))
    #expect(written.outputCount == 1)
    expectSame(written, read)
  }

  @Test(.enabled(if: SharedData.isAvailable, SharedData.absence))
  func `with a configuration the numbers are those of conifer's converter`() throws {
    let model = try SharedTrees.model("xgb_5class/model.json")
    let exact = try roundTrip(model).1
    let converted = try roundTrip(model, isConverted: true).1
    #expect(exact.trees != converted.trees)
    // The converter's own file of the same model.
    let file = try ConiferModel(SharedTrees.model("xgb_5class/ensemble.json"), log: DiagnosticLog()).ensemble
    #expect(converted.trees.map(\.leafValues) == file.trees.map(\.leafValues))
  }

  private func ensemble(_ trees: [DecisionTree], outputs: Int = 1) -> TreeEnsemble {
    TreeEnsemble(
      featureCount: 2,
      trees: trees,
      base: [Double](repeating: 0, count: outputs),
      featurePrecision: .float64
    )
  }

  private func stump(_ comparison: TreeSplit.Comparison, threshold: Double = 0.5, output: Int = 0) -> DecisionTree {
    let split = TreeSplit(feature: 1, threshold: threshold, comparison: comparison, left: 1, right: 2)
    return DecisionTree(nodes: [.split(split), .leaf(0), .leaf(1)], outputs: [output], leafValues: [1, -1])
  }

  @Test func `what conifer cannot say is refused`() throws {
    let cases = [
      (ensemble([stump(.less), stump(.lessOrEqual)]), "'<='"),
      (ensemble([stump(.less, threshold: .infinity)]), "infinite"),
      (ensemble([stump(.less), stump(.less, output: 1)], outputs: 2), "two scores"),
    ]
    for (ensemble, says) in cases {
      let refusal = try #require(throws: Diagnostic.self) {
        _ = try ConiferWriter.json(of: ensemble, named: "m", origin: Self.origin)
      }
      #expect(refusal.code == "no-conifer-form" && refusal.message.contains(says), "\(refusal.rendered())")
      #expect(refusal.origin?.file == "model.json" && refusal.hint != nil)
    }
  }

  @Test func `classes with fewer trees are filled up with zeros`() throws {
    let uneven = ensemble([stump(.less), stump(.less, output: 2), stump(.less, threshold: 2, output: 2)], outputs: 3)
    let bytes = try ConiferWriter.json(of: uneven, named: "m", origin: Self.origin)
    let graph = try ConiferFrontend.load(bytes, file: "m.json")
    let scores = ReferenceEvaluator(graph).evaluate([0, 0, 0, 1, 0, 3], samples: 3, keeping: .outputs).outputs
    #expect(scores == [1, 0, 2, -1, 0, 0, -1, 0, -2])
  }
}

extension DecisionTree {
  /// The tree with nothing said about missing features.
  fileprivate var withoutMissing: DecisionTree {
    var tree = self
    tree.nodes = nodes.map { node in
      guard case .split(var split) = node else { return node }
      split.missing = .right
      return .split(split)
    }
    return tree
  }
}
