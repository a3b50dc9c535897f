import DataFiles
import Diagnostics
import FoundationEssentials
import Fuzzing
import ModelIR
import TestSupport
import Testing
import TreeFrontends

/// Splits by category, which become comparisons, against the tools that trained them.
@Suite struct CategoryTests {
  private static func bytes(_ name: String) throws -> [UInt8] {
    let folder = SharedData.packageRoot.appending(path: "Tests/TreeTests/Fixtures")
    return [UInt8](try Data(contentsOf: folder.appending(path: name)))
  }

  private static func load(_ bytes: [UInt8], _ name: String) throws -> ModelGraph {
    switch name {
    case "lightgbm.txt":
      try LightGBMFrontend.load(String(decoding: bytes, as: UTF8.self), file: name, output: .margin)
    case "xgboost.json": try XGBoostFrontend.load(bytes, file: name, output: .margin)
    default: try LightGBMDump.model(DocumentValue(json: bytes, file: name)).graph(file: name, output: .margin)
    }
  }

  @Test(arguments: ["lightgbm.txt", "lightgbm_dump.json", "xgboost.json"])
  func `categories that are no whole numbers, unknown or missing go where the tool sends them`(_ name: String) throws {
    let graph = try Self.load(Self.bytes(name), name)
    try expectTextRoundTrip(graph)
    let tool = String(name.prefix { $0 != "." && $0 != "_" })
    let inputs = try NumPyArray(npy: Self.bytes("\(tool).inputs.npy"), file: name)
    let expected = try NumPyArray(npy: Self.bytes("\(tool).margins.npy"), file: name)
    let margins = ReferenceEvaluator(graph).evaluate(inputs.values, samples: inputs.shape[0]).outputs
    try #require(margins.count == expected.values.count)
    // XGBoost adds in single precision, in an order of its own.
    let tolerance = tool == "xgboost" ? 1e-6 : 0
    for (event, (margin, expected)) in zip(margins, expected.values).enumerated() {
      #expect(abs(margin - expected) <= tolerance, "event \(event)")
    }
  }

  @Test(arguments: ["lightgbm.txt", "lightgbm_dump.json", "xgboost.json"])
  func `damage is refused or does no harm`(_ name: String) throws {
    let good = try Self.bytes(name)
    var generator = SeededGenerator(seed: 11)
    for _ in 0..<200 {
      let damaged = FileDamage.done(to: good, using: &generator)
      do { _ = try Self.load(damaged, name) } catch { #expect(error is Diagnostic, "\(error)") }
    }
  }

  @Test func `a number is a category, or lies beside it`() throws {
    for (truncation, members, inside) in [
      (CategorySplit.Truncation.ofAll, [0.0, 1, 4], [-0.5, 0, 0.5, 1, 1.5, 4, 4.75]),
      (.ofPositive, [0, 1, 4], [0, 0.5, 1, 1.5, 4, 4.75]), (.none, [0.5, -2, 4], [-2, 0.5, 4]),
    ] {
      let tree = try TreeAssembly(outputs: [0]).tree(count: 3, origin: Origin(file: "f")) { index in
        guard index == 0 else { return .leaf([index == 1 ? 1 : 0]) }
        return .categories(
          CategorySplit(feature: 0, members: members, truncation: truncation, inside: 1, outside: 2)
        )
      }
      let graph = try Self.graph(tree, features: 1)
      let numbers = [-3, -2, -1, -0.5, 0, 0.5, 1, 1.5, 2, 3.5, 4, 4.75, 5, 100, .nan]
      let found = ReferenceEvaluator(graph).evaluate(numbers, samples: numbers.count).outputs
      #expect(found == numbers.map { inside.contains($0) ? 1 : 0 }, "\(truncation)")
    }
  }

  /// Below, comparisons that those above decide are left out; a missing feature still finds its way.
  @Test func `what is decided above is not asked again`() throws {
    let split = CategorySplit(feature: 0, members: [1, 2, 7], truncation: .ofPositive, inside: 1, outside: 2)
    let again = CategorySplit(
      feature: 0,
      members: [2, 3, 7],
      truncation: .ofPositive,
      inside: 3,
      outside: 4,
      missingIsInside: true
    )
    let tree = try TreeAssembly(outputs: [0]).tree(count: 5, origin: Origin(file: "f")) { index in
      switch index {
      case 0: .categories(split)
      case 2: .categories(again)
      default: .leaf([Double(index)])
      }
    }
    // Outside lie below 1, from 3 to 6, and above 7; of the second set only 3 and what is missing can get there.
    let numbers: [Double] = [0, 1, 2, 3, 4, 6, 7, 8, .nan]
    let found = ReferenceEvaluator(try Self.graph(tree, features: 1)).evaluate(numbers, samples: 9).outputs
    #expect(found == [4, 1, 1, 3, 4, 4, 1, 4, 3])
    #expect(tree.splitCount <= 8)
  }

  @Test func `sets that multiply beyond measure are refused`() throws {
    // Every other category on each of many levels, of another feature each.
    let members = stride(from: 0.0, to: 64, by: 2)
    let refusal = try #require(throws: Diagnostic.self) {
      _ = try TreeAssembly(outputs: [0]).tree(count: 21, origin: Origin(file: "f")) { index in
        guard index < 10 else { return .leaf([0]) }
        return .categories(
          CategorySplit(
            feature: index,
            members: members,
            truncation: .ofPositive,
            inside: index + 1,
            outside: index + 11
          )
        )
      }
    }
    #expect(refusal.code == "categorical-split" && refusal.hint != nil)
  }

  private static func graph(_ tree: DecisionTree, features: Int) throws -> ModelGraph {
    let ensemble = TreeEnsemble(featureCount: features, trees: [tree], base: [0], featurePrecision: .float64)
    return try TreeModel(ensemble: ensemble, transform: .none, source: .lightgbm).graph(file: "f", output: .margin)
  }
}
