import Basics
import DesignBuilding
import DesignIR
import Devices
import Diagnostics
import FixedPointIR
import FoundationEssentials
import NetlistPasses
import TestSupport
import Testing
import TricotCompiler
import Verification
import VerilogBackend

/// Events that come position by position, from the model file to Verilator.
@Suite(.enabled(if: ExternalTool.verilator.isAvailable, "needs Verilator"))
struct StreamingTests {
  private func compilation(_ name: String) -> Compilation {
    var options = CompilationOptions(model: SharedData.url("vectors/hls4ml/\(name)/config.yml").path)
    options.hardware.io = .stream
    return Compilation(options)
  }

  @Test(
    .enabled(if: SharedData.isAvailable, SharedData.absence),
    arguments: ["pool1d__stream", "KERAS_conv1d_small", "KERAS_conv2d_model", "pool2d__auto", "merge_ops__auto"]
  )
  func `hls4ml's networks stream with hls4ml's bits`(name: String) async throws {
    let folder = SharedData.url("vectors/hls4ml/\(name)").path
    let report = try await compilation(name).verify(
      input: "\(folder)/inputs.npy",
      samples: 40,
      expected: "\(folder)/expected.npy"
    )
    #expect(report.isEqual, "\(report)")
    #expect(report.comparisons.map(\.against) == ["verilator", "expected"])
  }

  @Test(.enabled(if: SharedData.isAvailable, SharedData.absence))
  func `a configuration's io_stream is taken at its word`() throws {
    let model = SharedData.url("vectors/hls4ml/pool1d__stream/config.yml").path
    #expect(try Compilation(CompilationOptions(model: model)).design.interface.handshake == .stream)
    var options = CompilationOptions(model: model)
    options.hardware.io = .parallel
    #expect(try Compilation(options).design.interface.handshake == .fixedLatency)
  }

  /// The second reuse factor has every layer of more than 16 inputs share its multipliers; it fits a small Zynq.
  @Test(.enabled(if: SharedData.isAvailable, SharedData.absence), arguments: [1, 16])
  func `images of digits stream with hls4ml's bits at any reuse factor`(reuseFactor: Int) async throws {
    let folder = SharedData.url("vectors/hls4ml/qkeras_mnist_cnn").path
    var options = CompilationOptions(model: "\(folder)/config.yml")
    options.hardware.part = "xc7z020"
    options.hardware.reuseFactor = reuseFactor
    let compilation = Compilation(options)
    let estimate = try compilation.estimate()
    #expect(estimate.initiationInterval == (reuseFactor == 1 ? 28 * 28 : 26 * 26 * 9 + 50))
    let used = estimate.utilization
    #expect(max(used.lut, used.ff, used.dsp, used.bram36) <= 100, "\(used)")
    let report = try await compilation.verify(
      input: "\(folder)/inputs.npy",
      samples: 8,
      expected: "\(folder)/expected.npy"
    )
    #expect(report.isEqual, "\(report)")
  }

  @Test(.enabled(if: SharedData.isAvailable, SharedData.absence))
  func `of a real network, too, every queue is as short as it can be`() async throws {
    let compilation = compilation("qkeras_mnist_cnn")
    let graph = try compilation.liveGraph.graph
    let options = DesignOptions(pipeline: PipelineOptions(clockPeriod: 5), delays: DelayModel.of(.ultraScalePlus))
    let made = try DesignMaker.streamed(graph, options: options)
    let (design, queues) = (made.design, made.queues)
    #expect(queues.contains { $0.depth > 4 })
    for index in queues.indices where queues[index].depth > 1 {
      var depths = queues.map(\.depth)
      depths[index] -= 1
      let slower = try DesignMaker.streamed(graph, options: options, depths: depths).design
      #expect(
        slower.interface.latency > design.interface.latency || slower.interface.interval > design.interface.interval,
        "\(queues[index])"
      )
      // What the schedule says is what Verilator sees, once for the longest.
      guard depths[index] == (queues.map(\.depth).max() ?? 0) - 1 else { continue }
      let files = try VerilogBackend.emit(slower, options: VerilogOptions(top: "top", part: PartCatalogue.all[0]))
      var random = SeededGenerator(seed: 3)
      let events = (0..<4).map { _ in (0..<28 * 28).map { _ in Int128.random(in: 0...255, using: &random) } }
      let run = StreamRun(slower, files: files, top: "top")
      let result = try await run.outputs(for: events, seed: 1, runs: 1)
      #expect(result.latency == slower.interface.latency && result.interval == slower.interface.interval)
    }
  }

  @Test func `random networks agree in all forms`() async throws {
    let scratch = try Scratch()
    let folder = scratch.file("networks")
    let report = try await NetworkFuzzer(seed: 11, count: 8, samples: 30, output: folder).run()
    #expect(report.isEqual, "\(report.failures)")
    let forms = Dictionary(uniqueKeysWithValues: report.forms.map { ($0.name, $0.networks) })
    #expect(forms["netlist"] == 8 && forms["verilator"] == 8 && forms["shared"] == 4 && forms["streamed"] == 4)
    let kept = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
    #expect(kept == ["fuzz.json"] + (0..<8).map { "network-\($0).tricot" })
    for name in kept.dropFirst() {
      #expect(try Compilation(CompilationOptions(model: "\(folder)/\(name)")).inputCount > 0)
    }
    if report.comparesCpp { #expect(forms["hls", default: 0] > 0 && forms["hls-streamed", default: 0] > 0) }
  }

  @Test(.enabled(if: SharedData.isAvailable, SharedData.absence))
  func `the reuse factors that fit a part are those that its estimate grants`() throws {
    var options = CompilationOptions(model: SharedData.url("vectors/hls4ml/qkeras_mnist_cnn/config.yml").path)
    options.hardware.part = "xc7z020"
    let report = try Compilation(options).fit(interval: 10_000)
    let convolution = try #require(report.layers.first { $0.name == "q_conv2d_1" })
    #expect(convolution.factors.map(\.reuseFactor) == [1, 2, 4, 8, 16, 32, 64, 128, 256])
    // 11 × 11 windows of 144 products for each of 16 filters.
    #expect(convolution.factors.map(\.interval) == [169] + [2, 4, 8, 16, 32, 64, 128, 144].map { 121 * $0 })
    for factor in convolution.factors {
      #expect(factor.fits == (factor.resources.dsp <= 200 && factor.interval <= 10_000), "\(factor)")
    }
    let choice = try #require(report.choice)
    #expect(choice.reuseFactors.count == report.layers.count)
    #expect(choice.utilization.lut < 50 && choice.utilization.dsp < 50)
    #expect(throws: Diagnostic.self) { try Compilation(options).fit(interval: 0) }
  }
}
