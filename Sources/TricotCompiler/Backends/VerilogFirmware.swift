import DesignIR
import Devices
import Diagnostics
import Estimation
import FirmwareFiles
import FixedPointIR
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
      option: .adders,
      isGiven: { ![.automatic, .binary].contains($0.hardware.adders) },
      hint: "it is about sums of \(option: .backend, "verilog")"
    ),
    BackendChoice(
      option: .logic,
      isGiven: { ![.automatic, .expressions].contains($0.hardware.logic) },
      hint: "it is about pipelines of \(option: .backend, "verilog")"
    ),
    BackendChoice(
      option: .strategy,
      isGiven: { $0.hardware.strategy?.lowercased() == ImplementationChoice.Strategy.logic.rawValue },
      hint: "products of look-up tables are for \(option: .backend, "verilog")"
    ),
    BackendChoice(
      option: .hierarchy,
      isGiven: { $0.hardware.hierarchy != .automatic },
      hint: "it is about modules of \(option: .backend, "verilog")"
    ),
    BackendChoice(
      option: .extraDepth,
      isGiven: { $0.hardware.extraDepth != nil },
      hint: "it is about adder graphs of Verilog and HLS C++"
    ),
    BackendChoice(
      option: .io,
      isGiven: { $0.hardware.io == .stream },
      hint: "Verilog and HLS C++ stream; leave it out"
    ),
    BackendChoice(
      option: .parallelPositions,
      isGiven: { $0.hardware.parallelPositions != nil },
      hint: "it is about modules of \(option: .backend, "verilog")"
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
    try compilation.verilogProject.firmware(options: compilation.options, report: compilation.modelReport(of: self))
  }

  func verilog(of compilation: Compilation) throws -> VerilogProject? { try compilation.verilogProject }

  func answers(of compilation: Compilation, to inputs: [[Int128]]) async throws -> [FirmwareAnswer] {
    let project = try compilation.verilogProject
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
    return interpreted + [FirmwareAnswer(verilator: answer, promised: project.hardware.design.interface)]
  }

  /// The netlist of a single pipeline; what has modules is interpreted clock by clock in tests.
  private func interpret(_ design: Design, _ inputs: ArraySlice<[Int128]>) throws -> [FirmwareAnswer] {
    guard design.modules.count == 1, case .pipeline(let leaf) = design[design.top] else { return [] }
    let interpreter = NetlistInterpreter(leaf.circuit.netlist)
    return [FirmwareAnswer(by: "netlist", outputs: inputs.map(interpreter.outputs))]
  }
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
        vectors: try testVectors,
        usesPrimitives: hardware.usesPrimitives,
        logic: hardware.logic
      )
      return VerilogProject(
        backend: "verilog",
        quantized: quantized,
        hardware: hardware,
        layout: DesignLayout(hardware.design, top: top),
        files: try VerilogBackend.emit(hardware.design, options: options)
      )
    }
  }
}
