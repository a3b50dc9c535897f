import DataFiles
import DesignIR
import Diagnostics
import FixedPointIR
import FoundationEssentials
import Lowering
import ModelIR
import NetlistIR
import TestSupport
import Testing

@testable import TricotCompiler

/// The library: stages that are computed once, in memory.
@Suite struct CompilationTests {
  private static func jetTagger() -> CompilationOptions {
    var options = CompilationOptions(model: Example.model)
    options.quantization.calibration = Example.calibration
    options.hls.firmwareVersion = nil
    return options
  }

  private static func inHLS4ML() -> CompilationOptions { CompilationOptions(model: Example.configuration) }

  @Test(arguments: [jetTagger(), inHLS4ML()])
  func `no stage is computed twice, whatever is asked for`(_ options: CompilationOptions) throws {
    let compilation = Compilation(options)
    _ = try compilation.firmware(backend: "hls")
    _ = try compilation.firmware(backend: "verilog")
    _ = try compilation.firmware(backend: "hls")
    _ = try compilation.estimate()
    _ = try compilation.inspect()
    _ = try compilation.simulate(input: Example.inputs)
    _ = try compilation.design
    let runs = compilation.stageRuns
    #expect(runs.allSatisfy { $0.runs == 1 }, "\(runs)")
    #expect(
      runs.map(\.stage) == [
        "adder graphs", "calibration", "design", "estimate", "hls", "live graph", "model", "netlist",
        "quantised model",
        "simulator", "test vectors", "verilog",
      ]
    )
    // Files are read once, too: what was measured as loading happened within one stage.
    let graph = try compilation.fixedPointGraph
    let live = try compilation.liveGraph
    let again = RangeAnalysis(live.graph)
    #expect(live.analysis.raw == again.raw)
    #expect(again.analysedNodes == graph.nodes.count)
    let searches = AdderGraphPlans(live.graph, analysis: again, options: compilation.loweringOptions).searches
    let plans = try compilation.adderGraphs(of: live) { _ in true }
    #expect(searches > 0 && plans.searches == searches)
  }

  /// What the quantiser proved is not proven again where nothing changed.
  @Test func `ranges are analysed once`() throws {
    let compilation = Compilation(Self.jetTagger())
    _ = try compilation.firmware(backend: "hls")
    _ = try compilation.firmware(backend: "verilog")
    let live = try compilation.liveGraph
    #expect(try compilation.quantized.simplified == [])
    #expect(live.analysis.analysedNodes == live.graph.nodes.count)
  }

  /// The same for types that were trained.
  @Test(
    .enabled(if: SharedData.isAvailable, SharedData.absence),
    arguments: ["einsum", "q_RND_SAT"]
  )
  func `what a quantiser proved holds for its graph`(_ name: String) throws {
    let compilation = Compilation(
      CompilationOptions(model: SharedData.url("vectors/hgq2-synthetic/\(name)/model.keras").path)
    )
    let quantized = try compilation.quantized
    let again = RangeAnalysis(try compilation.fixedPointGraph)
    #expect(quantized.arithmetic == .trained)
    #expect(quantized.analysis.raw == again.raw)
    #expect(quantized.analysis.analysedNodes == again.analysedNodes)
  }

  @Test func `stages are computed once for any number of threads`() async throws {
    let compilation = Compilation(Self.jetTagger())
    let latencies = try await withThrowingTaskGroup(of: Int.self) { group in
      for index in 0..<8 {
        group.addTask {
          index.isMultiple(of: 2)
            ? try compilation.estimate().latencyCycles : try compilation.design.interface.latency
        }
      }
      return try await group.reduce(into: Set<Int>()) { $0.insert($1) }
    }
    #expect(latencies.count == 1)
    #expect(compilation.stageRuns.allSatisfy { $0.runs == 1 })
  }

  @Test func `an interrupted stage is computed again, a refused one is not`() async throws {
    let compilation = Compilation(Self.jetTagger())
    let task = Task {
      withUnsafeCurrentTask { $0?.cancel() }
      return try compilation.netlist
    }
    await #expect(throws: CancellationError.self) { _ = try await task.value }
    #expect(try compilation.netlist.values.count > 0)
    let missing = Compilation(CompilationOptions(model: "nowhere.onnx"))
    for _ in 0..<2 { #expect(throws: Diagnostic.self) { _ = try missing.fixedPointGraph } }
    #expect(missing.stageRuns.allSatisfy { $0.runs == 1 })
  }

  @Test func `arrays give what files give`() throws {
    let expected = try Self.array(Example.expected)
    let inputs = try Self.array(Example.inputs)
    let compilation = Compilation(Self.jetTagger())
    let (width, outputs) = (try compilation.inputCount, try compilation.outputCount)
    #expect((width, outputs) == (16, 5))
    #expect(try compilation.simulate(inputs.values, count: inputs.shape[0]) == expected.values)
    let rows = (0..<10).map { Array(inputs.values[$0 * width..<($0 + 1) * width]) }
    #expect(try compilation.simulate(rows).flatMap { $0 } == Array(expected.values[..<(10 * outputs)]))
    #expect(try compilation.simulate([[Double]]()) == [])
    #expect(throws: Diagnostic.self) { _ = try compilation.simulate([[1, 2]]) }
    #expect(throws: Diagnostic.self) { _ = try compilation.simulate([1, 2], count: 1) }
    #expect(throws: Diagnostic.self) { _ = try compilation.simulate([1, 2], count: -1) }
    #expect(throws: Diagnostic.self) { _ = try compilation.simulate([1, 2], count: .max) }
    let infinite = try #require(throws: Diagnostic.self) {
      _ = try compilation.simulate([[Double](repeating: .infinity, count: width)])
    }
    #expect(infinite.code == "not-finite")
  }

  @Test func `bytes give what files give`() throws {
    var options = CompilationOptions(model: "jet-tagger.keras")
    options.quantization.calibration = "calibration-jets.npy"
    let files = [
      "jet-tagger.keras": [UInt8](try Data(contentsOf: URL(filePath: Example.model))),
      "calibration-jets.npy": [UInt8](try Data(contentsOf: URL(filePath: Example.calibration))),
    ]
    let fromMemory = try Compilation(options, files: files).firmware()
    let fromDisk = try Compilation(Self.jetTagger()).firmware()
    #expect(fromMemory.files == fromDisk.files)
    #expect(fromMemory.report.files == fromDisk.files.map(\.path).sorted())
  }

  @Test func `a folder holds what is in memory`() throws {
    let scratch = try Scratch()
    let compilation = Compilation(Self.jetTagger())
    let report = try compilation.write(to: scratch.file("out"))
    #expect(report.output == scratch.file("out"))
    for file in try compilation.firmware().files {
      #expect([UInt8](try Data(contentsOf: URL(filePath: scratch.file("out/\(file.path)")))) == file.bytes)
    }
  }

  /// Of two neurons one is read; the other one's weights are gone from C++, too.
  @Test func `dead neurons are on no road`() throws {
    func model(deadWeight: Double) -> ModelGraph {
      let origin = Origin(file: "memory")
      var graph = ModelGraph(name: "two", source: .keras)
      func dense(_ shape: [Int], _ values: [Double]) -> ModelOperator {
        .dense(DenseLayer(kernel: ParameterTensor(shape: shape, values: values), bias: nil))
      }
      let x = graph.append(.input, named: "x", inputs: [], shape: [2], origin: origin)
      let hidden = graph.append(
        dense([2, 2], [0.5, deadWeight, -0.25, deadWeight]),
        named: "hidden",
        inputs: [x],
        shape: [2],
        origin: origin
      )
      let y = graph.append(dense([2, 1], [1, 0]), named: "y", inputs: [hidden], shape: [1], origin: origin)
      graph.outputs = [y]
      return graph
    }
    var options = CompilationOptions(model: "two")
    options.hardware.strategy = "latency"
    for backend in ["hls", "verilog"] {
      let layers = try [0.75, 0.5].map { weight in
        try Compilation(of: model(deadWeight: weight), options: options).firmware(backend: backend).files
          .filter { $0.path.contains("hidden") && !$0.path.contains("tb_data") }
      }
      #expect(!layers[0].isEmpty)
      #expect(layers[0] == layers[1])
    }
  }

  private static func array(_ path: String) throws -> NumPyArray {
    try NumPyArray(npy: [UInt8](try Data(contentsOf: URL(filePath: path))), file: path)
  }
}
