import DesignIR
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

/// Verilog: a pipeline that takes an event every cycle, or modules that share their parts.
struct VerilogFirmwareBackend: Backend {
  let name = "verilog"
  let proof = "under Verilator"
  let choices = [
    BackendChoice(
      option: .latency,
      isGiven: { $0.hardware.latency != nil },
      hint: "leave it out: only a pipeline can be given a latency"
    ),
    BackendChoice(
      option: .hierarchy,
      isGiven: { $0.hardware.hierarchy != .automatic },
      hint: "it is about modules of \(option: .backend, "verilog")"
    ),
    BackendChoice(
      option: .io,
      isGiven: { $0.hardware.io == .stream },
      hint: "only Verilog streams; leave it out"
    ),
    BackendChoice(
      option: .recurrence,
      isGiven: { $0.hardware.recurrence != .unrolled },
      hint: "it is about modules of \(option: .backend, "verilog")"
    ),
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
    let interface = project.hardware.design.interface
    let interpreted = try compilation.clock.measure("netlist", "interpreting the hardware") {
      try interpret(project.hardware.design, inputs.prefix(Self.interpretedSamples))
    }
    let answer = try await compilation.clock.measure("verilator", "building and running the RTL with Verilator") {
      try await runVerilator(
        project.hardware.design,
        files: project.files,
        top: project.quantized.graph.name,
        inputs: inputs,
        seed: compilation.options.seed
      )
    }
    return interpreted + [
      FirmwareAnswer(
        by: "verilator",
        outputs: answer.outputs,
        latency: .init(measured: answer.latency, promised: interface.latency),
        initiationInterval: .init(measured: answer.initiationInterval, promised: interface.interval)
      )
    ]
  }

  /// The netlist of a single pipeline; what has modules is interpreted clock by clock in tests.
  private func interpret(_ design: Design, _ inputs: ArraySlice<[Int128]>) throws -> [FirmwareAnswer] {
    guard design.modules.count == 1, case .pipeline(let leaf) = design[design.top] else { return [] }
    let interpreter = NetlistInterpreter(leaf.circuit.netlist)
    return [FirmwareAnswer(by: "netlist", outputs: inputs.map(interpreter.outputs))]
  }
}

/// A project in memory, and what is said of it.
struct VerilogProject {
  var quantized: QuantizedModel
  var hardware: Hardware
  var layout: DesignLayout
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
        project: quantized.name,
        part: hardware.part,
        vectors: try testVectors
      )
      return VerilogProject(
        quantized: quantized,
        hardware: hardware,
        layout: DesignLayout(hardware.design, top: top),
        files: try VerilogBackend.emit(hardware.design, options: options)
      )
    }
  }
}

extension Manifest {
  fileprivate init(_ project: VerilogProject, options: CompilationOptions, files: [Firmware.File]) {
    self.init(
      project.layout,
      interface: project.hardware.design.interface,
      quantized: project.quantized,
      part: project.hardware.part,
      backend: "verilog",
      options: options,
      files: files
    )
  }

  /// Of a project of Verilog.
  init(
    _ layout: DesignLayout,
    interface: DesignInterface,
    quantized: QuantizedModel,
    part: Part,
    backend: String,
    options: CompilationOptions,
    files: [Firmware.File]
  ) {
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
      model: quantized.name,
      top: layout.top,
      backend: backend,
      options: Options(options, arithmetic: quantized.arithmetic),
      inputs: quantized.files,
      part: part.orderingCode,
      clockPeriodNs: interface.clockPeriod,
      latencyCycles: interface.latency,
      initiationInterval: interface.interval,
      ports: layout.data.inputs.map { port($0, "input") } + layout.data.outputs.map { port($0, "output") },
      layers: Self.layers(of: quantized.graph),
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
