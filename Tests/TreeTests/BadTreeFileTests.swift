import Diagnostics
import ModelIR
import TestSupport
import Testing
import TreeFrontends

/// Damaged and unsupported files of trees are refused, and the place is named.
@Suite struct BadTreeFileTests {
  struct Case: CustomTestStringConvertible {
    var format: TreeFileText
    /// What is replaced in a good file, by what.
    var old: String
    var new: String
    var code = "bad-tree-file"
    var place: String
    var testDescription: String { "\(format.rawValue): \(old.prefix(30)) → \(new.prefix(30))" }
  }

  static let xgboost: [Case] = [
    Case(format: .xgboost, old: #""learner""#, new: #""lerner""#, place: ""),
    Case(format: .xgboost, old: #""gbtree""#, new: #""gblinear""#, place: "/learner/gradient_booster"),
    Case(format: .xgboost, old: "[1, -1, -1]", new: "[1, -1]", place: "trees/0"),
    Case(format: .xgboost, old: "[1, -1, -1]", new: "[7, -1, -1]", code: "bad-tree", place: "trees/0"),
    Case(format: .xgboost, old: "[1, -1, -1]", new: "[0, -1, -1]", code: "bad-tree", place: "trees/0"),
    Case(format: .xgboost, old: "[1, -1, -1]", new: #"["a", -1, -1]"#, place: "left_children/0"),
    Case(format: .xgboost, old: "[1, 0, 0]", new: "[9, 0, 0]", place: "trees/0"),
    Case(format: .xgboost, old: "[1, 0, 0]", new: "[1.5, 0, 0]", place: "split_indices/0"),
    Case(
      format: .xgboost,
      old: #""split_type": [0"#,
      new: #""split_type": [1"#,
      place: "trees/0"
    ),
    Case(format: .xgboost, old: "[5E-1]", new: "[5E-1,1]", place: "base_score"),
    Case(format: .xgboost, old: "[5E-1]", new: "[2]", place: "base_score"),
    Case(
      format: .xgboost,
      old: #""num_class": "0", "num_feature": "2""#,
      new: #""num_class": "0", "num_feature": "0""#,
      place: "learner_model_param"
    ),
    Case(format: .xgboost, old: #""tree_info": [0]"#, new: #""tree_info": [3]"#, place: "model"),
    Case(format: .xgboost, old: "{", new: "{{", code: "json-malformed", place: ""),
  ]

  static let others: [Case] = [
    Case(format: .conifer, old: #""n_features": 2"#, new: #""n_features": -2"#, place: ""),
    Case(format: .conifer, old: #""init_predict": [0]"#, new: #""init_predict": []"#, place: ""),
    Case(format: .conifer, old: "[1, -2, -2]", new: "[2, -2, -2]", place: "/trees/0/0"),
    Case(format: .conifer, old: "[0.5, 0, 0]", new: "[0.5, 0]", place: "/trees/0/0"),
    Case(format: .conifer, old: #""<""#, new: #""==""#, place: "splitting_convention"),
    Case(format: .conifer, old: "[[0, 1],", new: "[[0.5, 1],", code: "oblique-split", place: "weight"),
    Case(format: .lightgbm, old: "tree\nversion", new: "tee\nversion", place: "line 1"),
    Case(format: .lightgbm, old: "split_feature=1", new: "split_feature=4", place: "line 11"),
    Case(format: .lightgbm, old: "threshold=0.5", new: "threshold=zero", place: "line 12"),
    Case(format: .lightgbm, old: "leaf_value=0.1 0.2", new: "leaf_value=0.1", place: "line 16"),
    Case(format: .lightgbm, old: "left_child=-1", new: "left_child=3", place: "line 14"),
    Case(format: .lightgbm, old: "right_child=-2", new: "right_child=-1", code: "bad-tree", place: "line 8"),
    Case(
      format: .lightgbm,
      old: "decision_type=2",
      new: "decision_type=1",
      place: "line 10"
    ),
    Case(
      format: .lightgbm,
      old: "is_linear=0",
      new: "is_linear=1",
      code: "linear-leaf",
      place: "Tree=0"
    ),
    Case(format: .lightgbm, old: "end of trees", new: "", place: ""),
    Case(format: .tmva, old: "<MethodSetup", new: "<Setup", code: "xml-malformed", place: "line"),
    Case(format: .tmva, old: "BDT::BDTG", new: "Cuts::Cuts", code: "unsupported-method", place: "line 2"),
    Case(format: .tmva, old: ">Grad<", new: ">AdaBoostR2<", code: "unsupported-method", place: "<Options>"),
    Case(format: .tmva, old: #"NTrees="1""#, new: #"NTrees="2""#, place: "<Weights>"),
    Case(format: .tmva, old: #"Cut="1.5""#, new: #"Cut="1,5""#, place: "<Node>"),
    Case(format: .tmva, old: #"pos="l""#, new: #"pos="x""#, place: "<Node>"),
    Case(format: .tmva, old: #"IVar="1""#, new: #"IVar="2""#, place: "<Node>"),
    Case(format: .tmva, old: #"NCoef="0""#, new: #"NCoef="2""#, code: "oblique-split", place: "<Node>"),
    Case(
      format: .tmva,
      old: "NTransformations=\"0\"",
      new: "NTransformations=\"1\"",
      code: "unsupported-method",
      place: "<Tr"
    ),
  ]

  @Test(arguments: xgboost + others)
  func `damage is refused where it stands`(_ test: Case) throws {
    let good = test.format.text
    _ = try test.format.load(Array(good.utf8))
    let pieces = good.split(separator: test.old, maxSplits: 1, omittingEmptySubsequences: false)
    try #require(pieces.count == 2)
    let bad = pieces.joined(separator: test.new)
    let refusal = try #require(throws: Diagnostic.self) { _ = try test.format.load(Array(bad.utf8)) }
    #expect(refusal.code == test.code, "\(refusal.rendered())")
    #expect(refusal.origin?.file == test.format.file)
    let place = refusal.origin?.place ?? ""
    #expect(place.contains(test.place), "\(refusal.rendered())")
  }

  @Test(arguments: TreeFileText.allCases)
  func `files that break off never trap`(_ format: TreeFileText) throws {
    let bytes = Array(format.text.utf8)
    for length in stride(from: 0, to: bytes.count - 2, by: 3) {
      #expect(throws: Diagnostic.self, "\(length) bytes") { _ = try format.load(Array(bytes[..<length])) }
    }
  }

  @Test(.enabled(if: SharedData.isAvailable, SharedData.absence))
  func `damaged UBJSON never traps`() throws {
    let bytes = try SharedTrees.bytes("xgb_tiny/model.ubj")
    for length in stride(from: 0, to: bytes.count - 1, by: 7) {
      #expect(throws: Diagnostic.self) {
        _ = try XGBoostFrontend.load(Array(bytes[..<length]), file: "m.ubj", output: .margin)
      }
    }
    for position in stride(from: 0, to: bytes.count, by: 5) {
      var damaged = bytes
      damaged[position] ^= 0xff
      do {
        _ = try XGBoostFrontend.load(damaged, file: "m.ubj", output: .margin)
      } catch let error as Diagnostic {
        #expect(error.origin?.file == "m.ubj")
      }
    }
  }
}
