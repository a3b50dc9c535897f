import DataFiles
import ModelIR
import TestSupport
import Testing
import TreeFrontends

/// Margins and probabilities of every format, against the tools that trained the models.
@Suite(.enabled(if: SharedData.isAvailable, SharedData.absence))
struct FloatReferenceTests {
  struct Case: CustomTestStringConvertible {
    var model: String
    var expected: String
    var output = TreeModelOutput.margin
    var testDescription: String { "\(model) \(output.rawValue)" }
  }

  static let cases =
    ["xgb_tiny", "xgb_binary", "xgb_5class", "emtf_regress"].flatMap { folder in
      ["json", "ubj"].map { Case(model: "\(folder)/model.\($0)", expected: "\(folder)/y_margin.npy") }
    }
    + ["xgb_binary", "xgb_5class"].map {
      Case(model: "\($0)/model.json", expected: "\($0)/y_proba.npy", output: .transformed)
    } + [
      Case(model: "lgbm_binary/model.txt", expected: "lgbm_binary/y_margin.npy"),
      Case(model: "lgbm_binary/model.txt", expected: "lgbm_binary/y_proba.npy", output: .transformed),
      Case(model: "lgbm_binary/model.onnx", expected: "lgbm_binary/y_proba.npy"),
      Case(model: "lgbm_binary/model_nozipmap.onnx", expected: "lgbm_binary/y_proba.npy"),
      Case(model: "skl_rf/model.onnx", expected: "skl_rf/y_proba.npy"),
      Case(model: "skl_rf/model_nozipmap.onnx", expected: "skl_rf/y_proba.npy"),
      Case(model: "xgb_binary/ensemble.json", expected: "xgb_binary/y_margin.npy"),
      Case(model: "lgbm_binary/ensemble.json", expected: "lgbm_binary/y_margin.npy"),
    ]

  @Test(arguments: cases)
  func `scores are those of the training tool`(_ test: Case) throws {
    let model = try SharedTrees.model(test.model, output: test.output)
    try expectTextRoundTrip(model)
    let folder = String(test.model.prefix { $0 != "/" })
    let inputs = try SharedTrees.array(folder + "/X.npy")
    let expected = try SharedTrees.array(test.expected)
    let samples = inputs.shape[0]
    let outputs = ReferenceEvaluator(model).evaluate(inputs.values, samples: samples, keeping: .outputs).outputs
    // Probabilities of two classes may be given for the second one only.
    let width = outputs.count / samples
    let found =
      expected.values.count == outputs.count
      ? outputs : (0..<samples).map { outputs[$0 * width + width - 1] }
    try #require(found.count == expected.values.count)
    let worst = zip(found, expected.values).reduce(0) { max($0, abs($1.0 - $1.1)) }
    #expect(worst < 1e-5)
  }

  @Test(arguments: ["xgb_tiny", "xgb_binary", "xgb_5class", "emtf_regress"])
  func `UBJSON holds the same trees as JSON`(_ folder: String) throws {
    func ensemble(_ name: String) throws -> TreeEnsemble? {
      guard case .treeEnsemble(let ensemble) = try SharedTrees.model("\(folder)/\(name)").nodes[1].operation else {
        return nil
      }
      return ensemble
    }
    let json = try #require(try ensemble("model.json"))
    let ubjson = try #require(try ensemble("model.ubj"))
    #expect(json.trees == ubjson.trees)
    #expect(json.base == ubjson.base)
  }
}
