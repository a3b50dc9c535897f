import DataFiles
import Diagnostics
import FoundationEssentials
import Synchronization
import TestSupport
import Testing
import TricotCompiler
import Verification

/// `tricot table`: what it writes, where, and how it goes on after an interruption.
@Suite struct TableTests {
  private let scratch: Scratch
  private let model: String
  private let address: String

  static let specification = """
    address_bits: 12
    fields:
      - {name: phi, lsb: 0, bits: 4, feature: 0, feature_bits: 6, coding: shift, shift: 2}
      - {name: theta, lsb: 4, bits: 4, feature: 1, feature_bits: 4}
      - {name: bend, lsb: 8, bits: 3, feature: 2, feature_bits: 7, coding: edges, edges: [0, 1, 2, 4, 8, 16, 32]}
      - {name: mode, lsb: 11, bits: 1, coding: constant, constant: 1}
    model_inputs: [[phi], [theta], [phi, bend]]
    word: {bits: 7, scale: 16, offset: 64, minimum: 1, maximum: 126}
    version: {address: 3, word: 99}
    """

  init() throws {
    scratch = try Scratch()
    model = try scratch.write("m.json", TinyTrees.json(features: 3))
    address = try scratch.write("spec.yml", Self.specification)
  }

  private func options(_ folder: String) -> TableOptions {
    var options = TableOptions(model: model, specification: address, output: scratch.file(folder))
    options.chunk = 256
    options.threads = 2
    return options
  }

  private func bytes(_ name: String) throws -> Data { try Data(contentsOf: URL(filePath: scratch.file(name))) }

  /// A run that is cancelled after some chunks.
  private func interrupt(_ options: TableOptions) async throws {
    let chunks = Mutex(0)
    let clock = StageClock { words in
      guard words?.hasPrefix("evaluating addresses [") == true else { return }
      if chunks.withLock({
        $0 += 1; return $0
      }) == 6 {
        withUnsafeCurrentTask { $0?.cancel() }
      }
    }
    await #expect(throws: CancellationError.self) {
      _ = try await Task { try await TableCompiler(options: options, clock: clock).run() }.value
    }
  }

  @Test func `an interrupted run goes on to the same bytes`() async throws {
    let whole = try await TableCompiler(options: options("whole")).run()
    #expect(whole.resumed == 0)
    try await interrupt(options("parts"))
    #expect(FileManager.default.fileExists(atPath: scratch.file("parts/words.partial")))
    #expect(!FileManager.default.fileExists(atPath: scratch.file("parts/report.json")))
    let resumed = try await TableCompiler(options: options("parts")).run()
    #expect(resumed.resumed >= 5 * 256 && resumed.resumed < 4096)
    for name in ["table.mem", "table.coe", "table.bin", "address_encoder.v"] {
      #expect(try bytes("parts/\(name)") == bytes("whole/\(name)"))
    }
    #expect(!FileManager.default.fileExists(atPath: scratch.file("parts/words.partial")))
  }

  /// A changed byte in the third of six chunks, and an end that broke off.
  @Test(arguments: [2 * 256 * 4 + 300, -10])
  func `what was damaged is computed again`(_ place: Int) async throws {
    let whole = try await TableCompiler(options: options("whole")).run()
    try await interrupt(options("parts"))
    var work = try bytes("parts/words.partial")
    if place < 0 { work.removeLast(-place) } else { work[place] ^= 0x40 }
    try scratch.write("parts/words.partial", Array(work))
    let resumed = try await TableCompiler(options: options("parts")).run()
    #expect(resumed.resumed == (place < 0 ? 5 : 2) * 256, "\(resumed.resumed)")
    #expect(resumed.sha256 == whole.sha256)
  }

  @Test func `work for another model or specification is never mixed in`() async throws {
    try await interrupt(options("parts"))
    for (name, old, new) in [("spec.yml", "scale: 16", "scale: 8"), ("m.json", "0.125", "0.25")] {
      let text = String(decoding: try bytes(name), as: UTF8.self)
      let pieces = text.split(separator: old, maxSplits: 1, omittingEmptySubsequences: false)
      try scratch.write(name, pieces.joined(separator: new))
      let refusal = await #expect(throws: Diagnostic.self) { try await TableCompiler(options: options("parts")).run() }
      #expect(refusal?.code == "foreign-work-file")
      try scratch.write(name, text)
    }
    try scratch.write("spec.yml", Self.specification + "\n# another text\n")
    var forced = options("parts")
    forced.replacing = true
    let report = try await TableCompiler(options: forced).run()
    #expect(report.resumed == 0)
    #expect(try await report.sha256 == TableCompiler(options: options("fresh")).run().sha256)
    // A file that is nobody's work stays, even by force.
    try FileManager.default.createDirectory(atPath: scratch.file("mine"), withIntermediateDirectories: false)
    try scratch.write("mine/words.partial", "my own words")
    forced = options("mine")
    forced.replacing = true
    let refusal = await #expect(throws: Diagnostic.self) { try await TableCompiler(options: forced).run() }
    #expect(refusal?.code == "foreign-work-file")
    #expect(try bytes("mine/words.partial") == Data("my own words".utf8))
  }

  @Test func `tables are replaced only by force, and other folders never`() async throws {
    let command = ["table", model, "--address", address, "--quiet", "-o"]
    #expect(try await Invocation.tricot(command + [scratch.file("out"), "--banks", "2"]).status == 0)
    try scratch.write("out/note.txt", "mine")
    let refused = try await Invocation.tricot(command + [scratch.file("out")])
    #expect(refused.status == 2 && refused.errors.contains("--force"), "\(refused.errors)")
    #expect(try await Invocation.tricot(command + [scratch.file("out"), "--force"]).status == 0)
    let names = try FileManager.default.contentsOfDirectory(atPath: scratch.file("out")).sorted()
    #expect(names == ["address_encoder.v", "note.txt", "report.json", "table.bin", "table.coe", "table.mem"])
    try FileManager.default.createDirectory(atPath: scratch.file("thesis"), withIntermediateDirectories: false)
    try scratch.write("thesis/thesis.tex", "years of work")
    let foreign = try await Invocation.tricot(command + [scratch.file("thesis"), "--force"])
    #expect(foreign.status == 2 && foreign.errors.contains("other files"))
    #expect(scratch.contents == ["m.json", "out", "spec.yml", "thesis"])
    #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.file("thesis")) == ["thesis.tex"])
  }

  @Test func `coverage and resolution tell what the events show`() async throws {
    var values: [Double] = []
    for event in 0..<200 { values += [Double(event % 64), Double(event % 16), Double(event * 7 % 128)] }
    let array = NumPyArray(shape: [200, 3], values: values)
    var options = options("out")
    options.events = try scratch.write("x.npy", try array.npyBytes())
    options.truth = try scratch.write(
      "y.npy",
      try NumPyArray(shape: [200], values: [Double](repeating: 0.5, count: 200)).npyBytes()
    )
    let report = try await TableCompiler(options: options).run()
    #expect(report.coverage.reachable == 16 * 16 * 7 && report.coverage.reachableIsExact)
    #expect(report.coverage.fields.map(\.codes) == [16, 16, 7, 1])
    #expect(report.coverage.fields.map(\.codesHit) == [16, 16, 7, 1])
    #expect(report.coverage.events == 200 && report.coverage.saturatedFeatures == 0)
    // Half of the addresses belong to another mode, and one of these holds the version.
    #expect(report.occupancy.atMinimum >= 2047 && report.occupancy.histogram.reduce(0, +) == 4096)
    let resolution = try #require(report.resolution)
    #expect(resolution.bins.count == 10 && resolution.bins.map(\.againstModel.events).reduce(0, +) == 200)
    #expect(resolution.score.quantiles == resolution.score.quantiles.sorted())
    // With what the table itself gives the model only the rounding of words is left: half a step of 1/16.
    var given: [Double] = []
    for event in 0..<200 {
      let phi = Double(event % 64 / 4)
      let bend = [0, 1, 2, 4, 8, 16, 32].last { $0 <= event * 7 % 128 } ?? 0
      given += [phi, Double(event % 16), phi + Double(bend)]
    }
    options.inputs = try scratch.write("given.npy", try NumPyArray(shape: [200, 3], values: given).npyBytes())
    options.output = scratch.file("out2")
    let exact = try #require(try await TableCompiler(options: options).run().resolution)
    #expect(exact.score.largest <= 1.0 / 32 && exact.modelInputs == "given", "\(exact.score)")
    let text = try await Invocation.tricot(
      "table",
      model,
      "--address",
      address,
      "-o",
      scratch.file("out3"),
      "--events",
      scratch.file("x.npy"),
      "--quiet"
    )
    #expect(text.status == 0 && text.output.contains("table - model") && text.output.contains("reachable"))
  }

  @Test(.enabled(if: ExternalTool.verilator.isAvailable, "Verilator is not installed"))
  func `the encoder's Verilog is the specification`() async throws {
    let run = try await Invocation.tricot(
      "table",
      model,
      "--address",
      address,
      "-o",
      scratch.file("out"),
      "--verify",
      "--quiet",
      "--json"
    )
    #expect(run.status == 0, "\(run.errors)")
    let report = try run.json(TableReport.self)
    #expect(report.encoder.verification?.mismatches == 0)
    #expect(report.encoder.verification?.events ?? 0 > 4096)
    #expect(report.encoder.verification?.latencyCycles == report.encoder.latencyCycles)
  }

  @Test func `addresses and words are decoded`() async throws {
    #expect(try await TableCompiler(options: options("out")).run().words == 4096)
    let run = try await Invocation.tricot(
      "table",
      "decode",
      "0xb57",
      "3",
      "--address",
      address,
      "--model",
      model,
      "--table",
      scratch.file("out"),
      "--word",
      "0b1010",
      "--json"
    )
    #expect(run.status == 0, "\(run.errors)")
    let report = try run.json(TableDecodingReport.self)
    let first = report.addresses[0]
    #expect(first.fields.map(\.code) == [7, 5, 3, 1] && first.belongsToModel)
    #expect(first.fields[0].features.map { $0.map { [$0.lower, $0.upper] } } == [[[28, 31]]])
    #expect(first.fields[2].features.map { $0.map { [$0.lower, $0.upper] } } == [[[4, 7]]])
    #expect(first.modelInputs == [7, 5, 11])
    let word = try #require(first.word)
    let score = try #require(first.score)
    #expect(word.lower.map { score >= $0 } ?? true)
    #expect(word.upper.map { score < $0 } ?? true)
    #expect(report.addresses[1].isVersion && !report.addresses[1].belongsToModel)
    #expect(report.addresses[1].word?.word == 99 && report.addresses[1].score == nil)
    #expect(report.words[0].lower == -3.375 && report.words[0].upper == -3.3125)
    let text = try await Invocation.tricot("table", "decode", "0xb57", "--address", address)
    #expect(text.status == 0 && text.output.contains("x0 in 28…31"), "\(text.output)")
    for bad in [["0x1000"], ["-1"], ["0xg"], [], ["1", "--word", "128"], ["1", "--table", scratch.path]] {
      #expect(try await Invocation.tricot(["table", "decode"] + bad + ["--address", address]).status == 2, "\(bad)")
    }
  }
}
