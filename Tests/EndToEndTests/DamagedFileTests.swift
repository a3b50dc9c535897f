import DataFiles
import FixedPointIR
import FoundationEssentials
import Fuzzing
import Glibc
import TestSupport
import Testing
import TricotCompiler

/// What happens to a program that compiles damaged files by the library: it gets a value or a diagnostic, and lives on.
@Suite struct DamagedFileTests {
  /// Damaged variants of each file; more of them are tried with `TRICOT_DAMAGE=1000`.
  private static let count = ProcessInfo.processInfo.environment["TRICOT_DAMAGE"].flatMap { Int($0) } ?? 200

  /// One file is damaged at a time, the others are whole.
  struct Case: Sendable, CustomTestStringConvertible {
    var options: CompilationOptions
    var files: [String: [UInt8]]
    var damaged: String
    /// What is damaged inside the damaged file, an archive whose checksums are then right again.
    var entry: String?
    /// Whether what could be quantised is compiled to the end: for models that take milliseconds.
    var goesOn = false
    var testDescription: String { [damaged, entry].compactMap(\.self).joined(separator: "/") }

    /// The files, one of them damaged.
    func damagedFiles(using generator: inout SeededGenerator) throws -> [String: [UInt8]] {
      let whole = try #require(files[damaged])
      var files = files
      guard let entry else {
        files[damaged] = FileDamage.done(to: whole, using: &generator)
        return files
      }
      let archive = try ZipArchive(bytes: whole, file: damaged)
      var contents: [(String, [UInt8])] = []
      for item in archive.entries {
        let bytes = try archive.contents(of: item.name)
        contents.append((item.name, item.name == entry ? Self.damaged(bytes, entry, using: &generator) : bytes))
      }
      files[damaged] = StoredZip.bytes(of: contents)
      return files
    }

    /// Text is damaged slightly, so that much of it still parses.
    private static func damaged(_ bytes: [UInt8], _ entry: String, using generator: inout SeededGenerator) -> [UInt8] {
      guard entry.hasSuffix(".json") else { return FileDamage.done(to: bytes, using: &generator) }
      return Array(FileDamage.slight(to: String(decoding: bytes, as: UTF8.self), using: &generator).utf8)
    }
  }

  static func fixture(_ name: String) throws -> [UInt8] {
    let folder = SharedData.packageRoot.appending(path: "Tests/KerasFrontendTests/Fixtures")
    return [UInt8](try Data(contentsOf: folder.appending(path: name)))
  }

  /// Compiles many variants.
  static func check(_ test: Case, sourceLocation: SourceLocation = #_sourceLocation) throws {
    var generator = SeededGenerator(seed: 5)
    _ = try Compilation(test.options, files: test.files).fixedPointGraph
    let memory = peakMemory
    var slowest = Duration.zero
    for number in 0..<count {
      let compilation = Compilation(test.options, files: try test.damagedFiles(using: &generator))
      slowest = max(
        slowest,
        ContinuousClock().measure {
          do {
            let graph = try compilation.fixedPointGraph
            if graph.inputCount < 1 << 12 {
              _ = try compilation.simulate([Double](repeating: 0.5, count: graph.inputCount), count: 1)
              if test.goesOn && graph.inputCount < 64 { _ = try compilation.firmware() }
            }
          } catch is Diagnostic {
          } catch {
            Issue.record("variant \(number): \(error)", sourceLocation: sourceLocation)
          }
        }
      )
    }
    #expect(slowest < .seconds(60), sourceLocation: sourceLocation)
    #expect(peakMemory - memory < 2 << 30, sourceLocation: sourceLocation)
  }

  /// In bytes.
  private static var peakMemory: Int {
    var usage = rusage()
    getrusage(RUSAGE_SELF.rawValue, &usage)
    return usage.ru_maxrss * 1024
  }

  @Test(arguments: [
    "keras2_activations.h5", "keras2_chain.h5", "keras3_activations.keras", "keras3_branches.h5", "keras3_chain.keras",
    "keras3_shapes.keras",
  ])
  func `whole Keras models`(_ name: String) throws {
    try Self.check(Case(options: CompilationOptions(model: name), files: [name: try Self.fixture(name)], damaged: name))
  }

  @Test(arguments: [
    ("keras2_branches.json", "keras2_branches_weights.h5"), ("keras3_branches.json", "keras3_branches.weights.h5"),
    ("one_layer.json", "one_layer_packed.h5"),
  ])
  func `Keras architectures and their weights`(_ model: String, _ weights: String) throws {
    var options = CompilationOptions(model: model)
    options.weights = weights
    let files = [model: try Self.fixture(model), weights: try Self.fixture(weights)]
    try Self.check(Case(options: options, files: files, damaged: model))
    try Self.check(Case(options: options, files: files, damaged: weights))
  }

  @Test func `ONNX models`() throws {
    let name = "m.onnx"
    try Self.check(
      Case(options: CompilationOptions(model: name), files: [name: TinyONNX.dense.bytes], damaged: name, goesOn: true)
    )
  }

  @Test(arguments: SameNetworkTests.files) func `exports of one network`(_ name: String) throws {
    let files = [name: try SameNetworkTests.bytes(name)]
    try Self.check(Case(options: CompilationOptions(model: name), files: files, damaged: name, goesOn: true))
  }

  @Test(arguments: ["dense", "images", "sequences", "operators", "learning_phase", "generators"])
  func `frozen graphs`(_ name: String) throws {
    let path = "Tests/TensorFlowFrontendTests/Fixtures/\(name).pb"
    let bytes = try Self.bytes(SharedData.packageRoot.appending(path: path).path)
    try Self.check(Case(options: CompilationOptions(model: "m.pb"), files: ["m.pb": bytes], damaged: "m.pb"))
  }

  /// Damage to the archive; PyTorchFrontendTests damages the graph inside, where checksums do not see it.
  @Test(arguments: ["dense", "images", "sequences", "fixed", "recurrent", "wide"])
  func `exported programs`(_ name: String) throws {
    let path = "Tests/PyTorchFrontendTests/Fixtures/\(name).pt2"
    let bytes = try Self.bytes(SharedData.packageRoot.appending(path: path).path)
    try Self.check(Case(options: CompilationOptions(model: "m.pt2"), files: ["m.pt2": bytes], damaged: "m.pt2"))
  }

  @Test(arguments: TreeFileText.allCases) func `trees`(_ format: TreeFileText) throws {
    let files = [format.file: Array(format.text.utf8)]
    try Self.check(
      Case(options: CompilationOptions(model: format.file), files: files, damaged: format.file, goesOn: true)
    )
  }

  @Test(arguments: [3, 8, 21, 34] as [UInt64]) func `texts of quantised models`(_ seed: UInt64) throws {
    var random = RandomFixedPointGraph(seed: seed)
    let files = ["m.tricot": Array(random.graph(layers: 5).description.utf8)]
    try Self.check(
      Case(options: CompilationOptions(model: "m.tricot"), files: files, damaged: "m.tricot", goesOn: true)
    )
  }

  @Test func `configurations`() throws {
    var options = CompilationOptions(model: "jet-tagger.keras")
    options.configuration = "config.yml"
    let files = [
      "jet-tagger.keras": try Self.bytes(Example.model), "config.yml": try Self.bytes(Example.configuration),
    ]
    try Self.check(Case(options: options, files: files, damaged: "config.yml"))
    var trees = CompilationOptions(model: TreeFileText.conifer.file)
    trees.configuration = "conifer.yml"
    let precision = "backend: cpp\nOutputDir: out\nProjectName: p\nPrecision: ap_fixed<18,8>\n"
    try Self.check(
      Case(
        options: trees,
        files: [trees.model: Array(TreeFileText.conifer.text.utf8), "conifer.yml": Array(precision.utf8)],
        damaged: "conifer.yml",
        goesOn: true
      )
    )
    let hls4ml = """
      OnnxModel: m.onnx
      Part: xcvu13p-flga2577-2-e
      ClockPeriod: 5
      HLSConfig:
        Model:
          Precision: {default: "fixed<16,6>", maximum: "fixed<20,9>"}
          ReuseFactor: 2
          Strategy: Latency
          PipelineStyle: pipeline
      """
    try Self.check(
      Case(
        options: CompilationOptions(model: "p.yml"),
        files: ["m.onnx": TinyONNX.dense.bytes, "p.yml": Array(hls4ml.utf8)],
        damaged: "p.yml",
        goesOn: true
      )
    )
  }

  @Test func `calibration data`() throws {
    var options = CompilationOptions(model: "m.onnx")
    options.quantization.calibration = "x.npy"
    let events = try NumPyArray(shape: [8, 2], values: (0..<16).map { Double($0) / 4 - 2 }).npyBytes()
    try Self.check(Case(options: options, files: ["m.onnx": TinyONNX.dense.bytes, "x.npy": events], damaged: "x.npy"))
  }

  /// Numbers at the ends of what Double holds, where typical ones are expected.
  @Test(arguments: [1e300, -1e308, Double.leastNonzeroMagnitude, 0, 0x1p62, 0x1p127, 0x1p-1022])
  func `extreme numbers`(_ number: Double) throws {
    var options = CompilationOptions(model: "m.onnx")
    options.quantization.calibration = "x.npy"
    let events = try NumPyArray(shape: [2, 2], values: [number, number, 1, -number]).npyBytes()
    var steep = TinyONNX.dense
    steep.weights[0].values = [Float(number), 1, .leastNonzeroMagnitude, .greatestFiniteMagnitude]
    for model in [TinyONNX.dense, steep] {
      let compilation = Compilation(options, files: ["m.onnx": model.bytes, "x.npy": events])
      do {
        _ = try compilation.simulate([[number, -number]])
        _ = try compilation.firmware()
        _ = try compilation.firmware(backend: "hls")
      } catch is Diagnostic {}
    }
  }

  private static func bytes(_ path: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: URL(filePath: path))) }
}
