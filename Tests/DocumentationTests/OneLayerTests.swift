import DesignIR
import Devices
import Diagnostics
import FirmwareFiles
import FixedPoint
import FixedPointIR
import HLSBackend
import Lowering
import ModelIR
import NetlistIR
import NetlistPasses
import Quantization
import TestSupport
import Testing
import VerilogBackend

/// `docs/one-layer.md` shows what the tool makes of one layer.
@Suite(.serialized) struct OneLayerTests {
  private let model: ModelGraph
  private let graph: FixedPointGraph
  private let circuit: Circuit

  init() throws {
    model = Self.model
    graph = try NativeQuantizer.quantize(model, options: Self.options, log: DiagnosticLog())
    circuit = PipelineScheduler.schedule(
      try Lowering.lower(graph),
      delays: DelayModel.of(.ultraScalePlus),
      options: PipelineOptions(clockPeriod: 2.5)
    )
  }

  /// Two scores of two features: `fc1`, and a ReLU.
  private static var model: ModelGraph {
    var graph = ModelGraph(name: "small", source: .keras)
    let origin = Origin(file: "small.keras")
    let x = graph.append(.input, named: "x", inputs: [], shape: [2], origin: origin)
    let dense = DenseLayer(
      kernel: ParameterTensor(shape: [2, 2], values: [0.75, 1.5, -0.5, 0.75]),
      bias: ParameterTensor([0.25, 0])
    )
    let fc1 = graph.append(.dense(dense), named: "fc1", inputs: [x], shape: [2], origin: origin)
    let relu = graph.append(
      .activation(.relu(ReLUParameters())),
      named: "fc1_relu",
      inputs: [fc1],
      shape: [2],
      origin: origin
    )
    graph.outputs = [relu]
    return graph
  }

  private static var options: NativeOptions {
    var options = NativeOptions()
    options.inputType = FixedPointType(width: 6, integerBits: 3, rounding: .roundHalfUp, overflow: .saturate)
    options.weightBits = 4
    options.provenFractionBits = 2
    return options
  }

  private func expect(_ block: String, _ language: String, _ text: String) throws {
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    while lines.last?.isEmpty == true { lines.removeLast() }
    try CheckedPage.expect(
      "one-layer.md",
      block: block,
      holds: "```\(language)\n\(lines.joined(separator: "\n"))\n```"
    )
  }

  @Test func asTrained() throws { try expect("model", "", model.description) }

  @Test func quantized() throws { try expect("fixed-point", "", graph.description) }

  @Test func asIntegers() throws { try expect("netlist", "", circuit.netlist.description) }

  @Test func inStages() throws {
    let lines = circuit.netlist.values.indices.map { index in
      "%\(index): stage \(circuit.stages[index]), register ranks \(circuit.lastRanks[index] - circuit.stages[index])"
    }
    let facts = "latency \(circuit.latency), \(circuit.registerBits) register bits"
    try expect("circuit", "", ([facts] + lines).joined(separator: "\n"))
  }

  @Test func asVerilog() throws {
    let part = try #require(PartCatalogue.part(named: PartCatalogue.defaultName))
    let files = try VerilogBackend.emit(circuit, options: VerilogOptions(top: "small", part: part))
    let module = try #require(files.first { $0.path.hasSuffix("fc1.v") }, "\(files.map(\.path))")
    try expect("verilog", "verilog", String(decoding: module.bytes, as: UTF8.self))
  }

  @Test func asHLS() throws {
    let analysis = RangeAnalysis(graph)
    let plans = AdderGraphPlans(
      graph,
      analysis: analysis,
      options: LoweringOptions(),
      isWanted: HLSBackend.usesAdderGraph
    )
    let options = HLSOptions(top: "small", version: "1.0", part: "xcvu13p-flga2577-2-e", clockPeriod: 5)
    let project = try HLSBackend.emit(graph, analysis: analysis, adderGraphs: plans, options: options)
    let layer = try #require(project.files.first { $0.path.hasSuffix("layers/fc1.cpp") })
    try expect("hls", "cpp", String(decoding: layer.bytes, as: UTF8.self))
  }

  /// The levels compute the same numbers: here, every pair of raw inputs.
  @Test func allLevelsAgree() throws {
    let (interpreter, evaluator) = (NetlistInterpreter(circuit.netlist), FixedPointEvaluator(graph))
    let types = circuit.netlist.inputs.map(\.type)
    for a in types[0].minimumRaw...types[0].maximumRaw {
      for b in types[1].minimumRaw...types[1].maximumRaw {
        let values = zip([a, b], types).map { raw, type in type.value(ofRaw: raw) }
        let raw = interpreter.outputs(for: [a, b])
        let outputs = zip(raw, circuit.netlist.outputs).map { raw, output in output.port.type.value(ofRaw: raw) }
        #expect(outputs == evaluator.outputs(values))
      }
    }
  }
}
