import CircuitIR
import Devices
import Diagnostics
import Estimation
import FirmwareFiles
import FixedPoint
import FixedPointIR
import ModelIR
import NetlistIR
import Verification
import VerilogBackend

/// Verilog: a pipeline that takes an event every cycle.
struct VerilogFirmwareBackend: Backend {
  let name = "verilog"
  let proof = "under Verilator"
  let choices = [
    BackendChoice(
      option: .latency,
      isGiven: { $0.hardware.latency != nil },
      hint: "an HLS tool decides the latency; leave it out"
    )
  ]

  /// Events that the netlist interpreter evaluates: it is slow, and there to tell where a difference arises.
  private static let interpretedSamples = 32

  func checkTools(_ compilation: Compilation) throws {
    try ExternalTool.verilator.require(hint: "'\(action: .simulate)' works without")
  }

  func check(_ compilation: Compilation) throws { _ = try compilation.verilogProject }

  func firmware(of compilation: Compilation) throws -> Firmware {
    let project = try compilation.verilogProject
    let estimate = try estimate(of: compilation)
    let reported = try project.files + [ProjectFile(path: "report.json", text: jsonText(estimate))]
    return try Firmware(
      reported,
      manifest: { Manifest(project, options: compilation.options, files: $0) },
      report: CompilationReport(
        output: "",
        top: project.layout.top,
        backend: name,
        part: project.hardware.part.name,
        clockPeriodNs: estimate.clockPeriodNs,
        latencyCycles: estimate.latencyCycles,
        initiationInterval: estimate.initiationInterval,
        worstStageNs: estimate.worstStageNs,
        resources: estimate.resources,
        pruning: project.quantized.pruning,
        files: []
      )
    )
  }

  func answers(of compilation: Compilation, to inputs: [[Int128]]) async throws -> [FirmwareAnswer] {
    let project = try compilation.verilogProject
    let circuit = project.hardware.circuit
    let interpreted = compilation.clock.measure("netlist", "interpreting the netlist") {
      let interpreter = NetlistInterpreter(circuit.netlist)
      return inputs.prefix(Self.interpretedSamples).map(interpreter.outputs)
    }
    let answer = try await compilation.clock.measure("verilator", "building and running the RTL with Verilator") {
      try await runVerilator(circuit, files: project.files, top: project.quantized.graph.name, inputs: inputs)
    }
    return [
      FirmwareAnswer(by: "netlist", outputs: interpreted),
      FirmwareAnswer(
        by: "verilator",
        outputs: answer.outputs,
        latency: .init(measured: answer.latency, promised: circuit.latency),
        initiationInterval: .init(measured: answer.initiationInterval, promised: circuit.initiationInterval)
      ),
    ]
  }
}

/// A project in memory, and what is said of it.
struct VerilogProject {
  var quantized: QuantizedModel
  var hardware: Hardware
  var layout: BusLayout
  var files: [ProjectFile]
}

extension Compilation {
  /// Everything up to the Verilog, in memory.
  var verilogProject: VerilogProject { get throws { try stage("verilog") { try makeVerilogProject() } } }

  private func makeVerilogProject() throws -> VerilogProject {
    let quantized = try quantized
    let hardware = try hardware
    let top = quantized.graph.name
    if let wish = quantized.pipeline {
      log.report(
        .warning(
          "unused-key",
          "PipelineStyle and PipelineInterval have no effect on Verilog, which takes an event every cycle",
          at: wish.origin,
          hint: "they are for \(option: .backend, "hls")"
        )
      )
    }
    return try clock.measure("emit", "writing Verilog") {
      let options = VerilogOptions(
        top: top,
        project: quantized.model.name,
        part: hardware.part,
        vectors: try testVectors
      )
      return VerilogProject(
        quantized: quantized,
        hardware: hardware,
        layout: BusLayout(hardware.circuit.netlist, top: top),
        files: try VerilogBackend.emit(hardware.circuit, options: options)
      )
    }
  }
}

extension Manifest {
  fileprivate init(_ project: VerilogProject, options: CompilationOptions, files: [Firmware.File]) {
    let graph = project.quantized.graph
    let circuit = project.hardware.circuit
    func port(_ bus: Bus, _ direction: String) -> Port {
      Port(
        name: bus.name,
        direction: direction,
        tensor: bus.tensor,
        width: bus.width,
        elements: bus.elements.map {
          Element(offset: $0.offset, type: $0.port.type.description, fractionBits: $0.port.type.fractionBits)
        }
      )
    }
    self.init(
      tricot: TricotVersion.current,
      model: project.quantized.model.name,
      top: project.layout.top,
      backend: "verilog",
      options: Options(options, arithmetic: project.quantized.arithmetic),
      inputs: project.quantized.files,
      part: project.hardware.part.orderingCode,
      clockPeriodNs: circuit.clockPeriod,
      latencyCycles: circuit.latency,
      initiationInterval: circuit.initiationInterval,
      ports: project.layout.inputs.map { port($0, "input") } + project.layout.outputs.map { port($0, "output") },
      layers: Self.layers(of: graph),
      files: files.map { File(path: $0.path, sha256: contentHash($0.bytes)) }
    )
  }

  /// The layers of a model, as every backend lists them.
  static func layers(of graph: FixedPointGraph) -> [Layer] {
    graph.nodes.map { node in
      let tensor = graph[node.output]
      return Layer(name: node.name, kind: node.kind, shape: tensor.shape, type: tensor.types.summary)
    }
  }
}
