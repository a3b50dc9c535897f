import Basics
import DataFiles
import FoundationEssentials
import TestSupport
import Testing

@testable import TricotCompiler

/// The page of a model: it says what the JSON says, stands alone, and comes with every project.
@Suite struct ModelReportTests {
  private static let arguments = [
    Example.model, "--calibration", Example.calibration, "--input", Example.inputs, "--labels", Example.labels,
  ]

  @Test func `the page says what the JSON says`() async throws {
    let scratch = try Scratch()
    let run = try await Invocation.tricot(
      ["report"] + Self.arguments + ["--html", scratch.file("r.html"), "--json", "--quiet"]
    )
    #expect(run.status == 0, "\(run.errors)")
    let report = try run.json(ModelReport.self)
    let page = try String(decoding: Data(contentsOf: URL(filePath: scratch.file("r.html"))), as: UTF8.self)
    // The command's own estimate and layers.
    let estimate = try await Invocation.tricot(
      "estimate",
      Example.model,
      "--calibration",
      Example.calibration,
      "--json",
      "--quiet"
    ).json(EstimationReport.self)
    #expect(report.estimation.resources == estimate.resources)
    #expect(report.estimation.latencyCycles == estimate.latencyCycles)
    #expect(page.contains("<div class=\"value\">\(NumberText.count(estimate.resources.lut))</div>"))
    #expect(page.contains("<div class=\"value\">\(estimate.latencyCycles) cycles</div>"))
    for layer in estimate.layers { #expect(page.contains("<td>\(NumberText.count(layer.resources.ff))</td>")) }
    // The same share of equal choices as the simulation finds.
    let simulation = try await Invocation.tricot(
      "simulate",
      Example.model,
      "--calibration",
      Example.calibration,
      "--input",
      Example.inputs,
      "--json",
      "--quiet"
    ).json(SimulationReport.self)
    let accuracy = try #require(report.comparison?.accuracy)
    #expect(accuracy.sameChoice == simulation.accuracy?.sameChoice)
    #expect(accuracy.largestDifference == simulation.accuracy?.largestDifference)
    #expect(accuracy.samples == 2000)
    // And the data inside are those of --json.
    let inside = try #require(PageText.data(in: page))
    #expect(try jsonText(Self.decoded(inside)) == run.output)
  }

  @Test func `pictures are well-formed and nothing comes from elsewhere`() throws {
    var options = CompilationOptions(model: Example.model)
    options.quantization.calibration = Example.calibration
    let page = try Compilation(options).modelReport(input: Example.inputs, labels: Example.labels).html
    var rest = page[...]
    var pictures = 0
    while let start = rest.firstRange(of: "<svg"), let end = rest[start.lowerBound...].firstRange(of: "</svg>") {
      _ = try XMLDocument(Array(rest[start.lowerBound..<end.upperBound].utf8), file: "picture")
      pictures += 1
      rest = rest[end.upperBound...]
    }
    #expect(pictures == 8)
    #expect(!page.contains("src=") && !page.contains("@import") && !page.contains("url("))
    #expect(page.ranges(of: "http").count == page.ranges(of: "xmlns=\"http").count)
    #expect(page.utf8.count < 400_000)
    // Without a script everything is there: the button alone is hidden.
    #expect(page.ranges(of: " hidden>").count == 1)
  }

  @Test func `every project brings its page, from which it is made again`() async throws {
    let scratch = try Scratch()
    for backend in ["verilog", "hls", "processors"] {
      let folder = scratch.file(backend)
      let run = try await Invocation.tricot(
        "compile",
        Example.model,
        "--calibration",
        Example.calibration,
        "-o",
        folder,
        "--backend",
        backend,
        "--quiet"
      )
      #expect(run.status == 0, "\(run.errors)")
      let page = try Data(contentsOf: URL(filePath: folder + "/report.html"))
      let again = try await Invocation.tricot("report", folder, "--html", scratch.file("\(backend).html"), "--quiet")
      #expect(again.status == 0, "\(again.errors)")
      #expect(try Data(contentsOf: URL(filePath: scratch.file("\(backend).html"))) == page, "\(backend)")
    }
    let two = try await Invocation.tricot(
      "report",
      scratch.file("verilog"),
      scratch.file("processors"),
      "--html",
      scratch.file("two.html"),
      "--json"
    )
    #expect(two.status == 0, "\(two.errors)")
    #expect(try two.json([ModelReport].self).map(\.backend) == ["verilog", "processors"])
    let page = try String(decoding: Data(contentsOf: URL(filePath: scratch.file("two.html"))), as: UTF8.self)
    #expect(page.contains("<h1>verilog and processors</h1>"))
  }

  @Test func `pages are the same whatever the threads`() throws {
    let pages = try [1, 2].map { threads in
      var options = CompilationOptions(model: Example.model)
      options.quantization.calibration = Example.calibration
      options.threads = threads
      return try Compilation(options).modelReport().html
    }
    #expect(pages[0] == pages[1])
  }

  @Test func `stages are those of the schedule`() throws {
    let compilation = Compilation(CompilationOptions(model: Example.configuration))
    let report = try compilation.modelReport()
    let pipeline = try #require(report.pipelines.first)
    #expect(report.pipelines.count == 1)
    #expect(pipeline.stageNs.count == report.estimation.latencyCycles)
    #expect(pipeline.stageNs.max() == report.estimation.worstStageNs)
  }

  @Test func `damaged and foreign pages are refused`() async throws {
    let scratch = try Scratch()
    for text in ["", "<html></html>", "<script id=\"tricot\">\n{\"tricot\": 1}\n</script>"] {
      try Data(text.utf8).write(to: URL(filePath: scratch.file("report.html")))
      let run = try await Invocation.tricot("report", scratch.path, "--html", scratch.file("new.html"))
      #expect(run.status == 2)
      #expect(run.errors.contains("compile the project again"))
    }
    let labels = try await Invocation.tricot("report", Example.model, "--labels", Example.labels)
    #expect(labels.status == 2)
    #expect(labels.errors.contains("labels without events"))
  }

  @Test func `names that mean something to browsers are only names`() throws {
    var report = try Compilation(CompilationOptions(model: Example.configuration)).modelReport()
    report.inspection.model = "</script><b onload=\"x\">"
    report.network[0].name = "<i>"
    report.network[0].kind = "</script>"
    let page = try report.html
    #expect(!page.contains("<b onload") && !page.contains("<i>"))
    #expect(page.ranges(of: "</script>").count == 2)
    let data = try #require(PageText.data(in: page))
    #expect(try Self.decoded(data).inspection.model == report.inspection.model)
  }

  private static func decoded(_ text: Substring) throws -> ModelReport {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try decoder.decode(ModelReport.self, from: Data(text.utf8))
  }
}

/// Areas and curves against the plain count of pairs.
@Suite struct EfficiencyTests {
  @Test(arguments: 1...20) func `the area is the share of pairs in the right order`(seed: Int) throws {
    var random = SeededGenerator(seed: UInt64(seed))
    let count = Int.random(in: 2...40, using: &random)
    let scores = (0..<count).map { _ in Double(Int.random(in: 0...9, using: &random)) }
    var labels = (0..<count).map { _ in Int.random(in: 0...1, using: &random) }
    labels[0] = 0
    labels[1] = 1
    let report = try #require(EfficiencyReport(fixed: scores, float: nil, labels: labels))
    var (right, pairs) = (0.0, 0.0)
    for i in labels.indices where labels[i] == 1 {
      for j in labels.indices where labels[j] == 0 {
        pairs += 1
        right += scores[i] > scores[j] ? 1 : scores[i] == scores[j] ? 0.5 : 0
      }
    }
    let signal = try #require(report.classes.first)
    #expect(abs(signal.area - right / pairs) < 1e-12)
    #expect(signal.fixed.signal.first == 0 && signal.fixed.signal.last == 1)
    #expect(signal.fixed.background.last == 1)
  }

  @Test func `classes without events have no curve`() throws {
    let report = try #require(EfficiencyReport(fixed: [1, 0, 0, 0, 1, 0], float: nil, labels: [0, 1]))
    #expect(report.classes.map(\.name) == ["class 0", "class 1"])
    #expect(report.accuracy == 1)
    #expect(EfficiencyReport(fixed: [1, 2], float: nil, labels: [1, 1]) == nil)
  }
}
