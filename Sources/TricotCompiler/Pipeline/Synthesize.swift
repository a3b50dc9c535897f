import CircuitIR
import Devices
import Diagnostics
import NetlistIR
import Verification
import VerilogBackend

extension Compiler {
  /// yosys's counts for the emitted Verilog.
  func synthesis(of quantized: QuantizedModel, _ hardware: Hardware) async throws -> SynthesisReport {
    let project = try project(quantized, hardware)
    let usesMultipliers = hardware.circuit.netlist.values.contains { value in
      if case .multiply = value.instruction { true } else { false }
    }
    let start = ContinuousClock.now
    let counts = try await clock.measure("yosys", "synthesising with yosys") {
      try await YosysRun.synthesize(
        project.files,
        top: project.layout.top,
        family: hardware.part.family,
        usesMultipliers: usesMultipliers
      )
    }
    return SynthesisReport(
      tool: "yosys synth_xilinx -family \(hardware.part.family.yosysFamily)",
      resources: ResourceReport(counts.resources),
      seconds: (ContinuousClock.now - start) / .seconds(1)
    )
  }
}
