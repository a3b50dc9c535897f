import DesignBuilding
import DesignIR
import Devices
import Diagnostics
import Estimation
import NetlistIR
import NetlistPasses
import Verification

extension Compilation {
  /// Latency and resources before any vendor tool.
  ///
  /// - Parameter backend: Whose; nil: Verilog.
  public func estimate(backend: String? = nil) throws -> EstimationReport {
    let backend = try BackendRegistry.backend(named: backend)
    try backend.refuseIdleOptions(options, for: .project)
    return try backend.estimate(of: self)
  }

  /// The same.
  ///
  /// - Parameters:
  ///   - synthesize: Whether yosys counts the Verilog, too.
  ///   - backend: Whose; nil: Verilog.
  public func estimate(synthesize: Bool, backend: String? = nil) async throws -> EstimationReport {
    guard synthesize else { return try estimate(backend: backend) }
    try ExternalTool.yosys.require(hint: "leave \(option: .synthesize) out")
    var report = try estimate(backend: backend)
    let maker = try BackendRegistry.backend(named: backend)
    guard let project = try maker.verilog(of: self) else {
      throw Diagnostic.error(
        "option-without-effect",
        "yosys counts Verilog, which \(option: .backend, maker.name) does not make",
        hint: "leave \(option: .synthesize) out"
      )
    }
    report.synthesis = try await synthesis(of: project)
    return report
  }
}

extension ResourceReport {
  init(_ count: ResourceCount) {
    self.init(
      lut: count.lut,
      ff: count.ff,
      dsp: count.dsp,
      bram36: count.bram36,
      carry8: count.carry8,
      carry4: count.carry4
    )
  }
}

extension UtilizationReport {
  init(_ used: ResourceCount, of capacity: ResourceCount) {
    func percent(_ used: Int, of whole: Int) -> Double { whole > 0 ? Double(used) * 100 / Double(whole) : 0 }
    self.init(
      lut: percent(used.lut, of: capacity.lut),
      ff: percent(used.ff, of: capacity.ff),
      dsp: percent(used.dsp, of: capacity.dsp),
      bram36: percent(used.bram36, of: capacity.bram36)
    )
  }
}

extension EstimationReport {
  init(_ hardware: Hardware) {
    let estimate = DesignEstimate(hardware.design, logic: hardware.logic)
    let timing = DesignTiming(hardware.design, delays: DelayModel.of(hardware.part.family))
    let census = NetlistCensus(hardware.design)
    let total = estimate.total
    self.init(
      part: hardware.part.name,
      clockPeriodNs: estimate.clockPeriod,
      latencyCycles: estimate.latencyCycles,
      latencyNs: estimate.latencyNanoseconds,
      initiationInterval: estimate.initiationInterval,
      intervalBound: hardware.design.bound?.description,
      worstStageNs: Double(timing.worst) / 1000,
      worstModule: timing.place,
      resources: ResourceReport(total),
      utilization: UtilizationReport(total, of: hardware.part.capacity),
      layers: estimate.layers.map { layer in
        let count = census[layer.name]
        return Layer(
          name: layer.name,
          kind: layer.kind,
          resources: ResourceReport(layer.resources),
          adders: count.adders,
          adderBits: count.adderBits,
          registerBits: count.registerBits
        )
      },
      queues: hardware.queues.isEmpty
        ? nil
        : hardware.queues.map {
          Queue(from: $0.from, to: $0.to, bits: $0.bits, depth: $0.depth, leastDepth: $0.least)
        }
    )
  }
}
