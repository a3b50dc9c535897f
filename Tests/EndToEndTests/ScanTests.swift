import FoundationEssentials
import TestSupport
import Testing

@testable import TricotCompiler

/// `tricot scan`: every point is what the commands say of it, whatever else is scanned, killed or shared.
@Suite struct ScanTests {
  private static func text(_ grid: String) -> String {
    """
    models: \(Example.model)
    calibration: \(Example.calibration)
    input: \(Example.inputs)
    labels: \(Example.labels)
    \(grid)
    """
  }

  private static func write(_ grid: String, _ scratch: Scratch, named name: String = "scan.yml") throws -> String {
    try Data(text(grid).utf8).write(to: URL(filePath: scratch.file(name)))
    return scratch.file(name)
  }

  /// A report without what differs from run to run.
  private static func stable(_ report: ScanReport) throws -> String {
    var report = report
    for index in report.points.indices { report.points[index].seconds = 0 }
    return try jsonText(report)
  }

  @Test func `points that share stages are what each is alone`() async throws {
    let scratch = try Scratch()
    let file = try Self.write(
      """
      grid: {sparsity: [0.8, 0.9], clock_period: [3, 5]}
      points:
        - {weight_bits: 4, sparsity: 0.9, strategy: multipliers}
        - {weight_bits: 99}
      """,
      scratch
    )
    let report = try await Scan(file: file, output: scratch.file("out"), jobs: 2).run()
    #expect(report.options == ["sparsity", "clock_period", "weight_bits", "strategy"])
    #expect(report.points.map(\.values.count) == [4, 4, 4, 4, 4, 4])
    #expect(report.quality == "accuracy")
    for point in report.points.prefix(5) {
      var options = CompilationOptions(model: Example.model)
      options.quantization.calibration = Example.calibration
      options.pruning = PruningChoices(sparsity: try #require(Double(point.values[0])))
      options.hardware.clockPeriod = Double(point.values[1])
      options.quantization.weightBits = Int(point.values[2])
      options.hardware.strategy = point.values[3].isEmpty ? nil : point.values[3]
      let alone = Compilation(options)
      #expect(point.estimate == ScanReport.Estimate(try alone.estimate()))
      let quality = try #require(try alone.modelReport(input: Example.inputs, labels: Example.labels).efficiency)
      #expect(point.accuracy == quality.accuracy)
      #expect(point.events == 2000)
    }
    // Cutting for another clock changes no answer; pruning does.
    #expect(report.points[0].agreement == report.points[1].agreement)
    #expect(report.points[0].agreement != report.points[2].agreement)
    let failure = try #require(report.points[5].failure)
    #expect(failure.contains("bad-option") && report.points[5].estimate == nil)
    let page = try String(decoding: Data(contentsOf: URL(filePath: scratch.file("out/scan.html"))), as: UTF8.self)
    #expect(page.contains("Points that cannot be built"))
  }

  @Test func `an interrupted scan goes on and ends the same`() async throws {
    let scratch = try Scratch()
    let file = try Self.write("grid: {sparsity: [0.8, 0.9], activation_bits: [6, 8]}", scratch)
    let whole = try await Scan(file: file, output: scratch.file("whole"), jobs: 1).run()
    // What a killed scan leaves: some points, and half of one.
    let folder = scratch.file("rest/points")
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let keys = whole.points.map(\.key)
    #expect(Set(keys).count == 4)
    try FileManager.default.copyItem(
      atPath: scratch.file("whole/points/\(keys[0]).json"),
      toPath: "\(folder)/\(keys[0]).json"
    )
    try Data("{\"key\": \"".utf8).write(to: URL(filePath: "\(folder)/\(keys[1]).json"))
    // One is computed by itself, as a job of a workflow.
    let job = try await Invocation.tricot("scan", file, "-o", scratch.file("rest"), "--point", keys[3], "--quiet")
    #expect(job.status == 0, "\(job.errors)")
    let before = try Data(contentsOf: URL(filePath: "\(folder)/\(keys[3]).json"))
    let run = try await Invocation.tricot("scan", file, "-o", scratch.file("rest"), "--json", "--quiet")
    #expect(run.status == 0, "\(run.errors)")
    #expect(try Self.stable(run.json(ScanReport.self)) == Self.stable(whole))
    #expect(try Data(contentsOf: URL(filePath: "\(folder)/\(keys[3]).json")) == before)
  }

  @Test func `a workflow names the points of the scan`() async throws {
    let scratch = try Scratch()
    let file = try Self.write("grid: {sparsity: [0.8, 0.9]}", scratch)
    let run = try await Invocation.tricot("scan", file, "--snakemake", scratch.file("flow"))
    #expect(run.status == 0, "\(run.errors)")
    #expect(run.output.contains("2 jobs"))
    let text = try String(decoding: Data(contentsOf: URL(filePath: scratch.file("flow/Snakefile"))), as: UTF8.self)
    for point in try ScanPlan(file: file).points { #expect(text.contains("\n\(point.key)\n")) }
    let unknown = try await Invocation.tricot("scan", file, "-o", scratch.file("flow"), "--point", "0123")
    #expect(unknown.status == 2)
    #expect(unknown.errors.contains("no point of the scan"))
  }

  @Test(arguments: [
    ("grid: {weight_bit: [4]}", "weight_bits"), ("gird: {}", "grid"), ("grid: {weight_bits: []}", "no values"),
    ("grid: {weight_bits: [four]}", "integer"), ("grid: {effort: [slow]}", "fast, normal, high"),
    ("grid: 3", "mapping"), ("grid: {weight_bits: [{a: 1}]}", "text"), ("points: [3]", "mapping"),
    ("synthesize: perhaps", "true or false"), ("grid: {seed: [\(String(repeating: "[", count: 100))", "nested"),
    ("grid: {" + (0..<9).map { "k\($0): [1, 2, 3, 4, 5, 6, 7, 8, 9]" }.joined(separator: ", ") + "}", "100000"),
  ]) func `wrong scans are refused by name`(grid: String, words: String) async throws {
    let scratch = try Scratch()
    let file = try Self.write(grid, scratch)
    let run = try await Invocation.tricot("scan", file, "-o", scratch.file("out"))
    #expect(run.status == 2)
    #expect(run.errors.contains(words), "\(run.errors)")
    #expect(!FileManager.default.fileExists(atPath: scratch.file("out")))
  }

  @Test func `folders with other files are left alone`() async throws {
    let scratch = try Scratch()
    let file = try Self.write("grid: {sparsity: [0.8]}", scratch)
    let run = try await Invocation.tricot("scan", file, "-o", scratch.path)
    #expect(run.status == 2)
    #expect(run.errors.contains("holds other files"))
  }

  @Test func `only what nothing beats stands on a front`() {
    func point(_ lut: Int, _ ns: Double, _ quality: Double?) -> ScanReport.Point {
      var point = ScanReport.Point(
        key: "",
        model: "m",
        values: [],
        seconds: 0,
        isOnLutFront: false,
        isOnLatencyFront: false
      )
      point.estimate = ScanReport.Estimate(
        lut: lut,
        ff: 0,
        dsp: 0,
        bram36: 0,
        adderBits: 0,
        latencyCycles: 1,
        latencyNs: ns,
        initiationInterval: 1,
        worstStageNs: 1
      )
      point.agreement = quality
      return point
    }
    var points = [
      point(100, 50, 0.9), point(200, 40, 0.95), point(200, 60, 0.95), point(300, 30, 0.94), point(50, 70, nil),
      point(100, 50, 0.8),
    ]
    points.markFronts()
    #expect(points.map(\.isOnLutFront) == [true, true, true, false, false, false])
    #expect(points.map(\.isOnLatencyFront) == [false, true, false, true, false, false])
  }

  @Test func `bars in the terminal fit the line`() async throws {
    let run = try await Invocation.tricot(
      "inspect",
      Example.model,
      "--calibration",
      Example.calibration,
      "--histogram",
      "--quiet"
    )
    #expect(run.status == 0, "\(run.errors)")
    let lines = run.output.split(separator: "\n").filter { $0.contains("█") }
    #expect(lines.count == 17)
    #expect(lines.allSatisfy { $0.count <= 80 })
    let histograms = try Compilation(CompilationOptions(model: Example.configuration)).magnitudeHistograms()
    let kernel = try #require(histograms.first { $0.layer == "fc1" && $0.role == "kernel" })
    #expect(kernel.counts.reduce(0, +) <= 1024 && kernel.counts.reduce(0, +) > 1000)
  }
}
