import Diagnostics
import ModelIR
import TestSupport
import Testing
import TreeFrontends

/// What base scores mean for each objective, and in which precision leaves are added.
@Suite struct XGBoostFrontendTests {
  private func load(_ replacements: [(String, String)]) throws -> ModelGraph {
    var text = TreeFileText.xgboost.text
    for (old, new) in replacements {
      let pieces = text.split(separator: old, maxSplits: 1, omittingEmptySubsequences: false)
      try #require(pieces.count == 2)
      text = pieces.joined(separator: new)
    }
    return try XGBoostFrontend.load(Array(text.utf8), file: "model.json", output: .margin)
  }

  private func score(_ replacements: [(String, String)]) throws -> Double {
    ReferenceEvaluator(try load(replacements)).evaluate([0, 0], samples: 1, keeping: .outputs).outputs[0]
  }

  @Test(arguments: [
    ("binary:logistic", "[5E-1]", 0.25), ("binary:logistic", "8E-1", 0.25 + 1.3862943611198906),
    ("binary:logitraw", "[5E-1]", 0.75), ("binary:logitraw", "-2E0", -1.75), ("reg:squarederror", "[3E0]", 3.25),
    ("count:poisson", "[2E0]", 0.25 + 0.6931471805599453),
  ])
  func `base scores become margins`(_ objective: String, _ base: String, _ expected: Double) throws {
    let score = try score([("binary:logistic", objective), ("[5E-1]", base)])
    #expect(abs(score - expected) < 1e-6, "\(score)")
  }

  @Test func `sums are rounded to single precision`() throws {
    let score = try score([("binary:logistic", "reg:squarederror"), ("[5E-1]", "1E8"), ("0.25", "3")])
    #expect(score == Double(Float(1e8) + 3))
    #expect(score != 1e8 + 3)
  }

  @Test func `a model without trees is refused`() throws {
    let text = """
      {"learner": {"gradient_booster": {"model": {"tree_info": [], "trees": []}, "name": "gbtree"},
      "learner_model_param": {"base_score": "5E-1", "num_class": "0", "num_feature": "2"},
      "objective": {"name": "binary:logistic"}}}
      """
    let refusal = try #require(throws: Diagnostic.self) {
      _ = try XGBoostFrontend.load(Array(text.utf8), file: "model.json", output: .margin)
    }
    #expect(refusal.message.contains("no trees") && refusal.origin?.place?.contains("model") == true)
  }
}
