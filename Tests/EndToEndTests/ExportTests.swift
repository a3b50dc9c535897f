import DataFiles
import FoundationEssentials
import Testing
import TricotCompiler

/// `tricot export`, and `tricot simulate --float` of what it wrote.
@Suite struct ExportTests {
  private static let model = """
    {"learner": {"gradient_booster": {"model": {"tree_info": [0, 0], "trees": [
    {"default_left": [1, 0, 0], "left_children": [1, -1, -1], "right_children": [2, -1, -1],
    "split_conditions": [0.3, 0.1, -0.7], "split_indices": [1, 0, 0]},
    {"default_left": [0], "left_children": [-1], "right_children": [-1], "split_conditions": [0.2], "split_indices": [0]}
    ]}, "name": "gbtree"}, "learner_model_param": {"base_score": "5E-1", "num_class": "0", "num_feature": "2"},
    "objective": {"name": "binary:logistic"}}, "version": [1, 7, 6]}
    """

  private func scores(_ model: String, _ inputs: [Double], _ scratch: Scratch) async throws -> [Double] {
    let events = try NumPyArray(shape: [inputs.count / 2, 2], values: inputs).npyBytes()
    let input = try scratch.write("x.npy", events)
    let output = scratch.file("y.npy")
    let run = try await Invocation.tricot(
      "simulate",
      model,
      "--float",
      "--input",
      input,
      "-o",
      output,
      "--force",
      "--json"
    )
    #expect(run.status == 0, "\(run.errors)")
    #expect(try run.json(EvaluationReport.self).samples == inputs.count / 2)
    return try NumPyArray(npy: Array(Data(contentsOf: URL(filePath: output))), file: output).values
  }

  @Test func writesWhatScoresTheSame() async throws {
    let scratch = try Scratch()
    let model = try scratch.write("bdt.json", Self.model)
    let exported = scratch.file("conifer.json")
    let run = try await Invocation.tricot("export", model, "--to", "conifer", "-o", exported, "--json")
    #expect(run.status == 0, "\(run.errors)")
    let report = try run.json(ExportReport.self)
    #expect(report.trees == 2 && report.splits == 1 && report.features == 2 && report.scores == 1)
    let inputs = [0, 0.25, 0, Double(Float(0.3)), 0, 0.35]
    let original = try await scores(model, inputs, scratch)
    #expect(zip(original, [0.3, -0.5, -0.5]).allSatisfy { abs($0 - $1) < 1e-6 }, "\(original)")
    let again = try await scores(exported, inputs, scratch)
    #expect(zip(original, again).allSatisfy { abs($0 - $1) < 1e-6 }, "\(original) \(again)")
  }

  @Test func missingFeaturesTakeTheirDefault() async throws {
    let scratch = try Scratch()
    let model = try scratch.write("bdt.json", Self.model)
    let scores = try await scores(model, [0, .nan, .nan, 0], scratch)
    #expect(scores[0] == scores[1] && abs(scores[0] - 0.3) < 1e-6, "\(scores)")
  }

  /// Both features go left where they are missing, in every tree: the least number of their types stands for them.
  @Test func missingFeaturesReachTheFirmware() async throws {
    let scratch = try Scratch()
    let model = try scratch.write("bdt.json", Self.model)
    let numbers = [0, .nan, .nan, 0, .nan, .nan, 1, 1]
    let input = try scratch.write("x.npy", try NumPyArray(shape: [4, 2], values: numbers).npyBytes())
    let run = try await Invocation.tricot("verify", model, "--input", input, "--json")
    #expect(run.status == 0, "\(run.errors)")
    let report = try run.json(VerificationReport.self)
    #expect(report.samples == 4 && report.comparisons.allSatisfy { $0.mismatches == 0 })
    let scores = scratch.file("y.npy")
    let simulated = try await Invocation.tricot("simulate", model, "--input", input, "-o", scores, "--quiet")
    #expect(simulated.status == 0, "\(simulated.errors)")
    let values = try NumPyArray(npy: Array(Data(contentsOf: URL(filePath: scores))), file: scores).values
    #expect(values[0] == values[1] && values[1] == values[2] && values[3] < values[0], "\(values)")
  }

  @Test func missingFeaturesWithoutNumberAreRefused() async throws {
    let scratch = try Scratch()
    // The second tree sends right at 0.8 what the first sends left at 0.3: no number does both.
    let leaf = """
      {"default_left": [0], "left_children": [-1], "right_children": [-1], "split_conditions": [0.2], "split_indices": [0]}
      """
    let split = """
      {"default_left": [0, 0, 0], "left_children": [1, -1, -1], "right_children": [2, -1, -1],
      "split_conditions": [0.8, 0.1, -0.7], "split_indices": [1, 0, 0]}
      """
    try #require(Self.model.contains(leaf))
    let text = Self.model.replacing(leaf, with: split)
    let model = try scratch.write("bdt.json", text)
    let input = try scratch.write("x.npy", try NumPyArray(shape: [1, 2], values: [0, .nan]).npyBytes())
    let run = try await Invocation.tricot("simulate", model, "--input", input)
    #expect(run.status == 2 && run.errors.contains("element 1"), "\(run.errors)")
  }

  @Test(arguments: [["--input-bits", "8"], ["--input-bits", "8,9"], ["--weight-bits", "6"]])
  func typesAreRefusedInFloatingPoint(_ option: [String]) async throws {
    let scratch = try Scratch()
    let model = try scratch.write("bdt.json", Self.model)
    let input = try scratch.write("x.npy", try NumPyArray(shape: [1, 2], values: [0, 0]).npyBytes())
    let run = try await Invocation.tricot(["simulate", model, "--float", "--input", input] + option)
    #expect(run.status == 2 && run.errors.contains(option[0]), "\(run.errors)")
  }

  @Test func precisionsGoIntoTheFile() async throws {
    let scratch = try Scratch()
    let model = try scratch.write("bdt.json", Self.model)
    let config = try scratch.write("conifer.yml", "Precision: ap_fixed<12,4,AP_RND,AP_SAT>\n")
    let exported = scratch.file("conifer.json")
    let run = try await Invocation.tricot("export", model, "--config", config, "-o", exported, "--quiet")
    #expect(run.status == 0, "\(run.errors)")
    let text = try String(decoding: Data(contentsOf: URL(filePath: exported)), as: UTF8.self)
    #expect(text.contains(#""score_precision":"ap_fixed<12,4,AP_RND,AP_SAT>""#))
  }

  @Test func overwritesOnlyWithForce() async throws {
    let scratch = try Scratch()
    let model = try scratch.write("bdt.json", Self.model)
    let exported = try scratch.write("conifer.json", "precious")
    let refused = try await Invocation.tricot("export", model, "-o", exported)
    #expect(refused.status == 2 && refused.errors.contains("--force"), "\(refused.errors)")
    #expect(try Data(contentsOf: URL(filePath: exported)) == Data("precious".utf8))
    let forced = try await Invocation.tricot("export", model, "-o", exported, "--force")
    #expect(forced.status == 0, "\(forced.errors)")
    #expect(scratch.contents == ["bdt.json", "conifer.json"])
  }

  @Test func refusesNetworks() async throws {
    let scratch = try Scratch()
    let run = try await Invocation.tricot("export", Example.model, "-o", scratch.file("c.json"))
    #expect(run.status == 2 && run.errors.contains("conifer"), "\(run.errors)")
    #expect(scratch.contents.isEmpty)
  }

  @Test func treesOfAnyNameAreReadByTheirContents() async throws {
    let scratch = try Scratch()
    let pickle = try scratch.write("bdt.pkl", [0x80, 4, 0x95, 0])
    let refused = try await Invocation.tricot("inspect", pickle)
    #expect(refused.status == 2 && refused.errors.contains("pickle"), "\(refused.errors)")
    let old = try await Invocation.tricot("inspect", try scratch.write("bdt.model", Array("binf....".utf8)))
    #expect(old.status == 2 && old.errors.contains("save_model"), "\(old.errors)")
  }
}
