import DataFiles
import Diagnostics
import Fuzzing
import ModelIR
import ONNXFrontend
import TestSupport
import Testing
import TreeFrontends

/// Files with damage at random places are read or refused; they never stop the program.
@Suite struct MutatedFileTests {
  /// Reads many variants; those that can be read are evaluated, too.
  private func check(_ bytes: [UInt8], file: String, count: Int, seed: UInt64, load: ([UInt8]) throws -> ModelGraph) {
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<count {
      let variant = FileDamage.done(to: bytes, using: &generator)
      do {
        let graph = try load(variant)
        let evaluator = ReferenceEvaluator(graph)
        guard evaluator.inputSize < 1 << 16 else { continue }
        _ = evaluator.evaluate([Double](repeating: 0.5, count: evaluator.inputSize), samples: 1, keeping: .outputs)
      } catch let refusal as Diagnostic {
        #expect(refusal.origin?.file == file, "\(refusal.rendered())")
      } catch {
        Issue.record("\(error)")
      }
    }
  }

  static let count = 300

  @Test(arguments: TreeFileText.allCases)
  func `texts`(_ format: TreeFileText) {
    check(Array(format.text.utf8), file: format.file, count: Self.count, seed: 11) { try format.load($0) }
  }

  @Test(
    .enabled(if: SharedData.isAvailable, SharedData.absence),
    arguments: ["xgb_tiny/model.ubj", "skl_rf/model.onnx", "lgbm_binary/model_nozipmap.onnx", "lgbm_binary/model.txt"]
  )
  func `trained models`(_ path: String) throws {
    let bytes = try SharedTrees.bytes(path)
    let isLarge = bytes.count > 20_000
    check(bytes, file: path, count: isLarge ? 4 : Self.count, seed: 12) { variant in
      if path.hasSuffix(".onnx") { return try ONNXFrontend.load(variant, file: path, log: DiagnosticLog()) }
      if path.hasSuffix(".ubj") { return try XGBoostFrontend.load(variant, file: path, output: .margin) }
      return try LightGBMFrontend.load(String(decoding: variant, as: UTF8.self), file: path, output: .margin)
    }
  }

  @Test func `depth is no way to overflow the stack`() throws {
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
      let text = String(repeating: open, count: 100_000) + "1" + String(repeating: close, count: 100_000)
      #expect(throws: Diagnostic.self) { _ = try DocumentValue(json: Array(text.utf8), file: "deep.json") }
    }
    let lists = [UInt8](repeating: UInt8(ascii: "["), count: 100_000)
    #expect(throws: Diagnostic.self) {
      _ = try DocumentValue(ubjson: [UInt8(ascii: "{"), 0x69, 1, 0x61] + lists, file: "m")
    }
    let node = #"<Node pos="s" NCoef="0" IVar="0" Cut="1" cType="1" res="0" purity="0" nType="0">"#
    let nested = String(repeating: node, count: 20_000) + String(repeating: "</Node>", count: 20_000)
    let file = TMVAFrontendTests.file(trees: ["<BinaryTree boostWeight=\"1\">\(nested)</BinaryTree>"])
    #expect(throws: Diagnostic.self) { _ = try TreeFileText.tmva.load(Array(file.utf8)) }
  }

  @Test(arguments: TreeFileText.allCases)
  func `nothing, and no text, are refused`(_ format: TreeFileText) {
    for bytes: [UInt8] in [[], [0], [0xff, 0xfe, 0x00], Array("null".utf8), Array("[]".utf8), Array("{}".utf8)] {
      #expect(throws: Diagnostic.self) { _ = try format.load(bytes) }
    }
  }

  /// Foundation's decoder traps on such numbers.
  @Test(arguments: ["1e+", "1E-", ".5e+", "[2.e-]", #"{"e+": 0e+ }"#])
  func `exponents without digits are refused`(_ text: String) throws {
    let refusal = try #require(throws: Diagnostic.self) {
      _ = try DocumentValue(json: Array(text.utf8), file: "m.json")
    }
    #expect(refusal.code == "json-malformed")
    #expect(throws: Never.self) { _ = try DocumentValue(json: Array(#"["1e+", 1e+2, "\"1e-"]"#.utf8), file: "m.json") }
  }

  @Test func `names that are no UTF-8 are refused`() {
    let bytes = Array("{".utf8) + [0xff] + Array("a: 1}".utf8)
    #expect(throws: Diagnostic.self) { _ = try DocumentValue(json: bytes, file: "m.json") }
  }

  @Test(arguments: [
    (TreeFileText.lightgbm, "max_feature_idx=1", "max_feature_idx=9223372036854775807"),
    (.lightgbm, "left_child=-1", "left_child=-9223372036854775808"),
    (.lightgbm, "num_leaves=2", "num_leaves=9223372036854775807"),
    (.xgboost, "[0.5, 0.25, -0.25]", "[NaN, 0.25, -0.25]"),
    (.xgboost, "[0.5, 0.25, -0.25]", "[0.5, Infinity, -0.25]"),
    (.xgboost, #""split_type": [0"#, #""categories_nodes": [1e300], "split_type": [0"#),
    (.xgboost, #""num_class": "0""#, #""num_class": "1e300""#),
    (.conifer, #""n_features": 2"#, #""n_features": 1e15"#),
    (.conifer, #""norm": 1"#, #""norm": NaN"#),
    (.conifer, "[0, 0.25, -0.25]", "[0, NaN, -0.25]"),
    (.tmva, #"Cut="1.5""#, #"Cut="nan""#),
    (.tmva, #"NTrees="1""#, #"NTrees="9223372036854775807""#),
  ])
  func `absurd numbers are refused`(_ format: TreeFileText, _ old: String, _ new: String) throws {
    let pieces = format.text.split(separator: old, maxSplits: 1, omittingEmptySubsequences: false)
    try #require(pieces.count == 2)
    let refusal = try #require(throws: Diagnostic.self) {
      _ = try format.load(Array(pieces.joined(separator: new).utf8))
    }
    #expect(refusal.origin?.file == format.file)
  }
}
