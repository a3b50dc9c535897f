import DataFiles
import FoundationEssentials
import Fuzzing
import TestSupport
import Testing
import TricotCompiler

/// `tricot optimize` as its user sees it, on a network that is small enough for every run.
@Suite struct OptimizeCommandTests {
  /// A folder with a network from two numbers to two, and events for it.
  private func workplace(events: Int = 300) throws -> Scratch {
    let scratch = try Scratch()
    try scratch.write("m.onnx", TinyONNX.dense.bytes)
    let numbers = (0..<events * 2).map { Double(($0 * 7919) % 401) / 100 - 2 }
    try scratch.write("x.npy", NumPyArray(shape: [events, 2], values: numbers, elementType: .float32).npyBytes())
    return scratch
  }

  private func optimize(_ scratch: Scratch, _ more: String...) async throws -> Invocation {
    try await Invocation.tricot(
      [
        "optimize", scratch.file("m.onnx"), "--calibration", scratch.file("x.npy"), "-o", scratch.file("out"),
        "--effort", "fast", "--no-synthesis",
      ] + more
    )
  }

  @Test func `a budget that nothing meets ends with the nearest point and status 1`() async throws {
    let scratch = try workplace()
    let missed = try await optimize(scratch, "--budget", "lut=100000, latency=0.1ns", "--json")
    #expect(missed.status == 1, "\(missed.errors)")
    let report = try missed.json(OptimizationReport.self)
    #expect(!report.isMet)
    let chosen = report.points.filter(\.chosen)
    #expect(chosen.count == 1)
    #expect(chosen.first?.latencyNs == report.points.map(\.latencyNs).min())
    let text = try await optimize(scratch, "--budget", "lut=100000, latency=0.1ns")
    #expect(text.status == 1)
    #expect(text.output.contains("No point keeps the limits; the nearest (>) is"))
    // The folder stands for that point all the same.
    let run = try await Invocation.tricot("estimate", scratch.file("out"), "--json")
    #expect(run.status == 0, "\(run.errors)")
    #expect(try run.json(EstimationReport.self).resources.lut == chosen.first?.lut)
  }

  @Test func `other limits choose from the same curve`() async throws {
    let scratch = try workplace()
    let first = try await optimize(scratch, "--loss", "90%", "--json")
    #expect(first.status == 0, "\(first.errors)")
    let points = try first.json(OptimizationReport.self).points
    #expect(points.first { $0.chosen }?.lut == points.map(\.lut).min())
    let second = try await optimize(scratch, "--kl", "0.0000001", "--json")
    let report = try second.json(OptimizationReport.self)
    #expect(report.points.map(\.model) == points.map(\.model) && report.points.map(\.kl) == points.map(\.kl))
    #expect(second.status == (report.isMet ? 0 : 1))
    #expect(report.points.first { $0.chosen }?.kl == points.map(\.kl).min())
    let other = try await optimize(scratch, "--seed", "2")
    #expect(other.status == 2 && other.errors.contains("--force"))
  }

  @Test func `other networks are drawn beside the curve`() async throws {
    let scratch = try workplace()
    let front = #"{"name": "Others & Co", "points": [{"lut": 40, "loss": 0.02}, {"lut": 90, "loss": 0.001}]}"#
    try scratch.write("front.json", front)
    let run = try await optimize(
      scratch,
      "--loss",
      "90%",
      "--compare",
      scratch.file("front.json"),
      "--compare-uniform",
      "--json"
    )
    #expect(run.status == 0, "\(run.errors)")
    let report = try run.json(OptimizationReport.self)
    #expect(report.references.map(\.name) == ["Others & Co"])
    #expect(!report.uniform.isEmpty)
    for uniform in report.uniform {
      let least = report.points.filter { $0.kl <= uniform.kl }.map(\.lut).min()
      #expect(uniform.lutRatio == least.map { Double(uniform.lut) / Double(max($0, 1)) })
    }
    let picture = try String(contentsOfFile: scratch.file("out/front.svg"), encoding: .utf8)
    #expect(picture.contains(">Others &amp; Co</text>"))
    let page = try String(contentsOfFile: scratch.file("out/front.html"), encoding: .utf8)
    #expect(
      page.contains(picture)
        && report.points.allSatisfy { page.contains("href=\"\($0.model.split(separator: "/").last ?? "")\"") }
    )
    try scratch.write("front.json", #"{"name": "x", "points": [{"loss": 0.02}]}"#)
    let bad = try await optimize(scratch, "--loss", "90%", "--compare", scratch.file("front.json"))
    #expect(bad.status == 2 && bad.errors.contains("bad-reference-front"))
  }

  @Test(arguments: ["lut=", "lutt=5", "latency=5 miles", "", "lut=-3"])
  func `a budget that says nothing is refused`(_ budget: String) async throws {
    let scratch = try workplace(events: 4)
    let run = try await optimize(scratch, "--budget", budget)
    #expect(run.status == 2 && run.errors.contains("bad-budget"), "\(run.errors)")
    #expect(!scratch.contents.contains("out"))
  }

  @Test(.enabled(if: SharedData.exists("benchmarks/jets"), "the shared data are not here"))
  func `trained types are not touched unless asked`() async throws {
    let scratch = try workplace()
    let model = SharedData.url("benchmarks/jets/hgq_03.keras").path
    let run = try await Invocation.tricot(
      "optimize",
      model,
      "--calibration",
      scratch.file("x.npy"),
      "-o",
      scratch.file("out")
    )
    #expect(run.status == 2 && run.errors.contains("--retype"))
    #expect(!scratch.contents.contains("out"))
  }

  @Test func `a budget without DSP blocks is met by other hardware for the same network`() async throws {
    let scratch = try workplace()
    var network = TinyONNX.dense
    network.nodes[2] = .init(kind: "Softmax", inputs: ["s"], outputs: ["y"], name: "softmax")
    try scratch.write("m.onnx", network.bytes)
    let usual = try await optimize(scratch, "--budget", "lut=100000", "--json")
    #expect(usual.status == 0, "\(usual.errors)")
    let blocks = try usual.json(OptimizationReport.self).points.filter(\.chosen).map(\.dsp)
    #expect(blocks.allSatisfy { $0 > 0 } && blocks.count == 1)
    let bare = try await optimize(scratch, "--budget", "lut=100000, dsp=0", "--force", "--json")
    #expect(bare.status == 0, "\(bare.errors)")
    let points = try bare.json(OptimizationReport.self).points
    let marked = points.first { $0.chosen }
    let chosen = try #require(marked)
    #expect(chosen.dsp == 0 && chosen.kl == points.map(\.kl).min())
    // The same network, built otherwise.
    let twin = try #require(points.first { $0.model != chosen.model && $0.lambda == chosen.lambda })
    #expect(twin.dsp > 0 && twin.kl == chosen.kl)
    let estimate = try await Invocation.tricot("estimate", scratch.file("out"), "--json")
    #expect(try estimate.json(EstimationReport.self).resources.dsp == 0)
    // Asked again, the folder answers.
    let again = try await optimize(scratch, "--budget", "lut=100000, dsp=0", "--json")
    #expect(try again.json(OptimizationReport.self).points.map(\.model) == points.map(\.model))
  }

  @Test func `sums far beyond those of all events are warned of`() async throws {
    let scratch = try workplace()
    var network = TinyONNX.dense
    network.weights[0].values = [1, -2, -1, 2]
    try scratch.write("m.onnx", network.bytes)
    let usual = try await optimize(scratch, "--loss", "50%")
    #expect(!usual.errors.contains("uncovered-ranges"), "\(usual.errors)")
    // Two numbers that are nearly the same in all events.
    let numbers = (0..<300).flatMap { event -> [Double] in
      let first = event * 37 % 257
      return [Double(first) / 64, Double(first + event % 5) / 64]
    }
    try scratch.write("x.npy", NumPyArray(shape: [300, 2], values: numbers, elementType: .float32).npyBytes())
    let poor = try await optimize(scratch, "--kl", "0.01", "--force")
    #expect(poor.errors.contains("uncovered-ranges") && poor.errors.contains("'product'"), "\(poor.errors)")
  }

  @Test func `any number of threads writes the same bytes`() async throws {
    let scratch = try workplace()
    var written: [[Data]] = []
    for threads in ["1", "3"] {
      let run = try await optimize(scratch, "--threads", threads, "--force")
      #expect(run.status == 0 || run.status == 1, "\(run.errors)")
      let names = try FileManager.default.contentsOfDirectory(atPath: scratch.file("out")).sorted()
      written.append(try names.map { try Data(contentsOf: URL(filePath: scratch.file("out/\($0)"))) })
    }
    #expect(written[0] == written[1] && written[0].count > 8)
  }

  @Test func `events that hold no number are refused by their place`() async throws {
    let scratch = try workplace(events: 40)
    var numbers = (0..<80).map { Double($0 % 7) }
    numbers[13] = .nan
    try scratch.write("x.npy", NumPyArray(shape: [40, 2], values: numbers, elementType: .float32).npyBytes())
    let run = try await optimize(scratch)
    #expect(run.status == 2 && run.errors.contains("nan"), "\(run.errors)")
    #expect(!scratch.contents.contains("out"))
  }

  @Test func `new types for a model that has none are a mistake`() async throws {
    let scratch = try workplace(events: 40)
    let run = try await optimize(scratch, "--retype")
    #expect(run.status == 2 && run.errors.contains("no-trained-types"), "\(run.errors)")
    #expect(!scratch.contents.contains("out"))
  }

  @Test func `trees are pruned and quantised for the same budgets`() async throws {
    let scratch = try Scratch()
    let model = try scratch.write(
      "m.json",
      TinyTrees.json(features: 4, trees: 6, range: -160...200, denominator: 61, seed: 3)
    )
    var random = SeededGenerator(seed: 7)
    let values = (0..<1600).map { _ in Double.random(in: -4...4, using: &random) }
    let events = try scratch.write("x.npy", try NumPyArray(shape: [400, 4], values: values).npyBytes())
    let search = ["optimize", model, "--calibration", events, "--effort", "fast", "--no-synthesis", "--json"]
    let run = try await Invocation.tricot(search + ["-o", scratch.file("out"), "--kl", "0.02", "--compare-uniform"])
    #expect(run.status == 0, "\(run.errors)")
    let report = try run.json(OptimizationReport.self)
    let marked = report.points.first { $0.chosen }
    let chosen = try #require(marked)
    #expect(chosen.kl <= 0.02 && report.points.allSatisfy { $0.kl > 0.02 || $0.lut >= chosen.lut })
    let sizes = report.points.map(\.lut)
    #expect((sizes.min() ?? 0) * 3 < sizes.max() ?? 0)
    #expect(!report.uniform.isEmpty)
    // Beyond the outermost thresholds nothing is lost.
    #expect(report.inputs.count == 4 && report.inputs.allSatisfy { $0.saturated == nil })
    let tight = try await Invocation.tricot(search + ["-o", scratch.file("tight"), "--budget", "lut=\(chosen.lut)"])
    #expect(tight.status == 0, "\(tight.errors)")
    let fitting = try tight.json(OptimizationReport.self).points.first { $0.chosen }
    #expect(fitting.map { $0.lut <= chosen.lut } ?? false)
    let drop = try await Invocation.tricot(search + ["-o", scratch.file("other"), "--drop-inputs", "1"])
    #expect(drop.status == 2 && drop.errors.contains("unsupported-optimization"))
  }
}
