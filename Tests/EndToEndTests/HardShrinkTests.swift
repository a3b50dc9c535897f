import FoundationEssentials
import Testing
import Verification

@testable import TricotCompiler

/// One activation through every stage: `hard_shrink`, which hls4ml does not have.
@Suite struct HardShrinkTests {
  /// `y = shrink(x)`, or `y = shrink(x · w + b)`, as ONNX has it; the threshold is 0.5.
  private static func model(hasDense: Bool) -> TinyONNX {
    var model = TinyONNX.dense
    model.nodes[2] = TinyONNX.Node(kind: "Shrink", inputs: ["s"], outputs: ["y"], name: "shrink")
    if !hasDense {
      model.nodes = [TinyONNX.Node(kind: "Shrink", inputs: ["x"], outputs: ["y"], name: "shrink")]
      model.weights = []
    }
    return model
  }

  private func compilation(hasDense: Bool) -> Compilation {
    var options = CompilationOptions(model: "m.onnx")
    options.inputPrecision = "fixed<6,3>"
    return Compilation(options, files: ["m.onnx": Self.model(hasDense: hasDense).bytes])
  }

  /// All numbers of `fixed<6,3>`.
  private static let numbers = (-32..<32).map { Double($0) / 8 }

  private static func shrunk(_ x: Double) -> Double { x < -0.5 || x > 0.5 ? x : 0 }

  @Test func `it goes through every stage by name`() throws {
    let compilation = compilation(hasDense: true)
    #expect(try compilation.text(of: .model).contains("= hard_shrink("))
    let text = try compilation.text(of: .fixedPoint)
    #expect(text.contains("'shrink_mirrored'") && text.contains("'shrink_above'") && text.contains("'shrink_below'"))
    #expect(try compilation.text(of: .netlist).contains("'shrink'"))
    #expect(try compilation.text(of: .design).contains("shrink"))
    for backend in ["verilog", "hls"] { #expect(try !compilation.firmware(backend: backend).files.isEmpty) }
    #expect(try compilation.estimate().resources.lut > 0)
  }

  @Test func `the simulator computes what it is`() throws {
    let events = zip(Self.numbers, Self.numbers.reversed()).map { [$0, $1] }
    let outputs = try compilation(hasDense: false).simulate(events)
    #expect(outputs == events.map { $0.map(Self.shrunk) })
  }

  @Test func `behind a dense layer, too`() throws {
    let events = Self.numbers.flatMap { a in stride(from: -4, to: 4, by: 0.625).map { [a, $0] } }
    let outputs = try compilation(hasDense: true).simulate(events)
    let expected = events.map { x in
      // Kernel and bias of `TinyONNX.dense`, all on a grid that the outputs hold.
      [0.5 * x[0] + 0.25 * x[1] + 0.125, -x[0] + 1.5 * x[1]].map(Self.shrunk)
    }
    #expect(outputs == expected)
  }

  @Test(.enabled(if: ExternalTool.verilator.isAvailable, "Verilator is not installed"), arguments: [true, false])
  func `the firmware gives the simulator's bits under Verilator`(hasDense: Bool) async throws {
    let report = try await compilation(hasDense: hasDense).verify(samples: 2000)
    #expect(report.isEqual, "\(report)")
    #expect(report.comparisons.contains { $0.against == "verilator" && $0.samples == 2000 }, "\(report)")
  }

  @Test func `hls4ml's arithmetic refuses it by name`() throws {
    let configuration = "Model: {Precision: 'fixed<16,6>', ReuseFactor: 1}\n"
    var options = CompilationOptions(model: "m.onnx")
    options.configuration = "config.yml"
    let files = [
      "m.onnx": Self.model(hasDense: true).bytes, "config.yml": Array("HLSConfig:\n  \(configuration)".utf8),
    ]
    let refusal = try #require(throws: Diagnostic.self) {
      _ = try Compilation(options, files: files).firmware()
    }
    #expect(refusal.code == "unsupported-activation")
    #expect(refusal.message.description.contains("hard_shrink"))
    #expect(refusal.hint == "use \(option: .arithmetic, "native")")
  }
}
