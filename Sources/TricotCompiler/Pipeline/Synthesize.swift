import DesignIR
import Devices
import Diagnostics
import NetlistIR
import Verification
import VerilogBackend

extension Compilation {
  /// yosys's counts for the emitted Verilog.
  func synthesis(of project: VerilogProject) async throws -> SynthesisReport {
    let hardware = project.hardware
    let usesMultipliers = hardware.design.usesMultipliers
    let start = ContinuousClock.now
    let counts = try await clock.measure("yosys", "synthesising with yosys") {
      try await inTemporaryFolder { folder in
        try await YosysRun.synthesize(
          project.files,
          top: project.layout.top,
          family: hardware.part.family,
          usesMultipliers: usesMultipliers,
          folder: folder
        )
      }
    }
    return SynthesisReport(
      tool: "yosys synth_xilinx -family \(hardware.part.family.yosysFamily)",
      resources: ResourceReport(counts.resources),
      seconds: (ContinuousClock.now - start) / .seconds(1)
    )
  }
}

extension Design {
  /// Whether any module has products of two variables.
  fileprivate var usesMultipliers: Bool {
    modules.contains { module in
      let netlist =
        switch module {
        case .pipeline(let leaf): leaf.circuit.netlist
        case .module(let module): module.logic
        }
      return netlist.values.contains { value in
        if case .multiply = value.instruction { true } else { false }
      }
    }
  }
}
