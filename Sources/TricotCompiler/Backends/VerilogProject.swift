import DesignIR
import Devices
import FirmwareFiles
import FixedPoint
import FixedPointIR
import NetlistIR
import Verification
import VerilogBackend

/// A project of Verilog in memory, and what is said of it; whichever backend planned the hardware.
package struct VerilogProject: Sendable {
  /// The backend's name.
  var backend: String
  var quantized: QuantizedModel
  var hardware: Hardware
  var layout: DesignLayout
  var files: [ProjectFile]
}

extension VerilogProject {
  /// The project with its reports and manifest.
  func firmware(options: CompilationOptions, report: ModelReport) throws -> Firmware {
    let estimate = report.estimation
    return try Firmware(
      files + report.projectFiles,
      manifest: { Manifest(self, options: options, files: $0) },
      report: CompilationReport(
        output: "",
        top: layout.top,
        backend: backend,
        part: hardware.part.name,
        clockPeriodNs: estimate.clockPeriodNs,
        latencyCycles: estimate.latencyCycles,
        initiationInterval: estimate.initiationInterval,
        worstStageNs: estimate.worstStageNs,
        worstModule: estimate.worstModule,
        resources: estimate.resources,
        pruning: quantized.pruning,
        files: []
      )
    )
  }
}

extension FirmwareAnswer {
  /// What Verilator gave, with what the design promised.
  init(verilator result: VerificationResult, promised interface: DesignInterface) {
    self.init(
      by: "verilator",
      outputs: result.outputs,
      latency: .init(measured: result.latency, promised: interface.latency),
      initiationInterval: .init(measured: result.initiationInterval, promised: interface.interval)
    )
  }
}

extension Manifest {
  init(_ project: VerilogProject, options: CompilationOptions, files: [Firmware.File]) {
    let (quantized, layout) = (project.quantized, project.layout)
    let interface = project.hardware.design.interface
    self.init(
      tricot: TricotVersion.current,
      model: quantized.name,
      top: layout.top,
      backend: project.backend,
      options: Options(options, arithmetic: quantized.arithmetic),
      inputs: quantized.files,
      part: project.hardware.part.orderingCode,
      clockPeriodNs: interface.clockPeriod,
      latencyCycles: interface.latency,
      initiationInterval: interface.interval,
      ports: layout.data.inputs.map { Port($0, "input") } + layout.data.outputs.map { Port($0, "output") },
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

extension Manifest.Port {
  fileprivate init(_ bus: Bus, _ direction: String) {
    self.init(
      name: bus.name,
      direction: direction,
      tensor: bus.tensor,
      width: bus.width,
      elements: bus.elements.map { element in
        let type = element.port.type
        return Manifest.Element(offset: element.offset, type: type.description, fractionBits: type.fractionBits)
      }
    )
  }
}
