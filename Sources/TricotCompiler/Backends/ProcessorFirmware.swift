import DesignBuilding
import DesignIR
import Devices
import Diagnostics
import Estimation
import FirmwareFiles
import FixedPointIR
import NetlistPasses
import ProcessorBackend
import Verification
import VerilogBackend

/// Verilog of small processors, one for each neuron, with their programs.
struct ProcessorFirmwareBackend: Backend {
  let name = "processors"
  let proof = "under Verilator, every cycle"
  let choices = [
    BackendChoice(
      option: .unroll,
      isGiven: { $0.processors.unroll != nil },
      hint: "it belongs to \(option: .backend, "processors")"
    ),
    BackendChoice(
      option: .multiplierless,
      isGiven: { $0.processors.multiplierless },
      hint: "it belongs to \(option: .backend, "processors")"
    ),
    BackendChoice(
      option: .reloadable,
      isGiven: { $0.processors.reloadable },
      hint: "it belongs to \(option: .backend, "processors")"
    ),
  ]

  func checkTools(_ compilation: Compilation) throws {
    try ExternalTool.verilator.require(hint: "'\(action: .simulate)' works without")
  }

  func check(_ compilation: Compilation) throws { _ = try compilation.processorProject }

  func firmware(of compilation: Compilation) throws -> Firmware {
    try compilation.processorProject.verilog.firmware(
      options: compilation.options,
      report: compilation.modelReport(of: self)
    )
  }

  func verilog(of compilation: Compilation) throws -> VerilogProject? { try compilation.processorProject.verilog }

  func answers(of compilation: Compilation, to inputs: [[Int128]]) async throws -> [FirmwareAnswer] {
    let project = try compilation.processorProject
    let top = project.verilog.layout.top
    let design = try project.machine.eventDesign
    let files = try VerilogBackend.emit(design, options: VerilogOptions(top: top, part: project.verilog.hardware.part))
    let answer = try await compilation.clock.measure("verilator", "building and running the RTL with Verilator") {
      try await runVerilator(
        design,
        files: files,
        top: top,
        inputs: inputs,
        seed: compilation.options.seed
      )
    }
    return [FirmwareAnswer(verilator: answer, promised: project.machine.design.interface)]
  }

  func trace(of compilation: Compilation, to inputs: [[Int128]]) async throws -> TraceReport? {
    let project = try compilation.processorProject
    return try await compilation.clock.measure("trace", "comparing every cycle with Verilator") {
      try await MachineTraceRun(project, seed: compilation.options.seed).report(on: inputs)
    }
  }

  func estimate(of compilation: Compilation) throws -> EstimationReport {
    EstimationReport(try hardware(of: compilation))
  }

  func hardware(of compilation: Compilation) throws -> Hardware {
    try compilation.processorProject.verilog.hardware
  }
}

/// A machine of processors, and its Verilog in memory.
struct ProcessorProject {
  var machine: ProcessorMachine
  var verilog: VerilogProject
}

extension Compilation {
  /// Everything up to the Verilog of a machine of processors, in memory.
  var processorProject: ProcessorProject { get throws { try stage("processors") { try makeProcessorProject() } } }

  /// What computes what, with which programs.
  var machinePlan: MachinePlan {
    get throws {
      try stage("machine plan") {
        let quantized = try quantized
        let part = try part(named: quantized.part)
        var design = designOptions(for: quantized, part: part)
        design.pipeline.latency = nil
        let choices = options.processors
        let unroll: ProcessorOptions.Unroll =
          switch choices.unroll {
          case .lanes(let number)?: .lanes(number)
          case .full?: .full
          case nil: .lanes(1)
          }
        return try MachinePlan(
          liveGraph,
          options: ProcessorOptions(
            unroll: unroll,
            isMultiplierless: choices.multiplierless,
            isReloadable: choices.reloadable,
            design: design
          )
        )
      }
    }
  }

  private func makeProcessorProject() throws -> ProcessorProject {
    let quantized = try quantized
    let part = try part(named: quantized.part)
    let machine = try clock.measure("lower", "building processors") { try ProcessorMachine(machinePlan) }
    return try clock.measure("emit", "writing Verilog and programs") {
      let options = VerilogOptions(
        top: quantized.graph.name,
        project: quantized.name,
        part: part,
        vectors: try testVectors
      )
      return ProcessorProject(
        machine: machine,
        verilog: VerilogProject(
          backend: "processors",
          quantized: quantized,
          hardware: Hardware(design: machine.design, part: part),
          layout: DesignLayout(machine.design, top: quantized.graph.name),
          files: try VerilogBackend.emit(machine.design, options: options) + programs(of: machine)
        )
      )
    }
  }
}

extension Compilation {
  private func report(of machine: ProcessorMachine) -> MachineReport {
    MachineReport(machine) { design in
      let total = DesignEstimate(design).total
      return (total.lut, total.ff, total.dsp)
    }
  }

  /// Of a reloadable machine: what fits it, and the words of its own network.
  private func reloadFiles(of machine: ProcessorMachine) throws -> [ProjectFile] {
    let plan = machine.plan
    guard plan.options.isReloadable else { return [] }
    let map = ReloadMap(plan)
    var files: [ProjectFile] = []
    if let design = try machine.axiDesign {
      let quantized = try quantized
      let options = VerilogOptions(top: "\(quantized.graph.name)_axi4lite", part: try part(named: quantized.part))
      files = try VerilogBackend.emit(design, options: options).filter(\.isSynthesised)
        .map { ProjectFile(path: "axi4lite/\($0.path)", bytes: $0.bytes) }
    }
    return files + [
      ProjectFile(path: ReloadMap.fileName, text: try jsonText(map)),
      ProjectFile(path: "words.hex", text: ReloadWords(plan, for: map, version: 1).text),
    ]
  }

  /// The files beside the Verilog: programs, map, drawing, report.
  private func programs(of machine: ProcessorMachine) throws -> [ProjectFile] {
    try ProgramFiles.files(of: machine) + [
      ProjectFile(path: "machine.json", text: jsonText(MachineMap(machine))),
      ProjectFile(path: "processors.json", text: jsonText(report(of: machine))),
    ] + reloadFiles(of: machine)
  }
}
