import CircuitIR
import Devices
import Diagnostics
import Estimation
import FirmwareFiles
import FixedPoint
import FixedPointIR
import ModelIR
import NetlistIR
import VerilogBackend

/// A project in memory, and what is said of it.
struct FirmwareProject {
  var quantized: QuantizedModel
  var hardware: Hardware
  var layout: BusLayout
  var files: [ProjectFile]
}

extension Compiler {
  /// The backends that can be asked for.
  static let backends = ["verilog", "hls"]
  /// Planned ones, so that a refusal can say so.
  private static let plannedBackends = ["processor", "vitis", "vivado", "quartus", "oneapi", "catapult"]

  /// Refuses backends that do not exist, before anything is done.
  func check(backend: String) throws {
    if Self.backends.contains(backend) { return }
    let near = nearestName(to: backend, among: Self.backends)
    throw Diagnostic.error(
      "unknown-backend",
      Self.plannedBackends.contains(backend.lowercased())
        ? "the backend '\(backend)' is not there yet" : "'\(backend)' is no backend",
      hint: near.map { "did you mean '\($0)'?" } ?? "use --backend verilog or --backend hls"
    )
  }

  /// Writes a firmware project into a new folder, whole or not at all.
  ///
  /// - Parameters:
  ///   - folder: Its path; an empty folder is filled, one with other contents is refused.
  ///   - replacing: Whether a folder that Tricot wrote may be replaced.
  public func compile(
    to folder: String,
    backend: String = "verilog",
    replacing: Bool = false
  ) throws -> CompilationReport {
    try check(backend: backend)
    try refuseIdleOptions(for: Product(backend: backend))
    let writer = try FolderWriter(path: folder, marker: Manifest.fileName, replacing: replacing)
    do {
      return backend == "hls" ? try writeHLS(to: writer, folder) : try writeVerilog(to: writer, folder)
    } catch {
      writer.discard()
      throw error
    }
  }

  private func writeVerilog(to writer: FolderWriter, _ folder: String) throws -> CompilationReport {
    let project = try project()
    let files = try artefacts(of: project)
    try clock.measure("write", "writing the project") { try writer.write(files) }
    let estimate = EstimationReport(project.hardware)
    return CompilationReport(
      output: folder,
      top: project.layout.top,
      backend: "verilog",
      part: project.hardware.part.name,
      clockPeriodNs: estimate.clockPeriodNs,
      latencyCycles: estimate.latencyCycles,
      initiationInterval: estimate.initiationInterval,
      worstStageNs: estimate.worstStageNs,
      resources: estimate.resources,
      pruning: project.quantized.pruning,
      files: files.map(\.path).sorted()
    )
  }

  /// Everything up to the Verilog, in memory.
  func project() throws -> FirmwareProject {
    let quantized = try quantize()
    let hardware = try hardware(for: quantized)
    return try project(quantized, hardware)
  }

  func project(_ quantized: QuantizedModel, _ hardware: Hardware) throws -> FirmwareProject {
    let top = quantized.graph.name
    if let wish = quantized.pipeline {
      log.report(
        .warning(
          "unused-key",
          "PipelineStyle and PipelineInterval have no effect on Verilog, which takes an event every cycle",
          at: wish.origin,
          hint: "they are for --backend hls"
        )
      )
    }
    return try clock.measure("emit", "writing Verilog") {
      let vectors = try testVectors(for: quantized.graph)
      let options = VerilogOptions(top: top, project: quantized.model.name, part: hardware.part, vectors: vectors)
      return FirmwareProject(
        quantized: quantized,
        hardware: hardware,
        layout: BusLayout(hardware.circuit.netlist, top: top),
        files: try VerilogBackend.emit(hardware.circuit, options: options)
      )
    }
  }

  /// The project's files with report and manifest.
  private func artefacts(of project: FirmwareProject) throws -> [(path: String, bytes: [UInt8])] {
    var files = project.files.map { (path: $0.path, bytes: $0.bytes) }
    files.append(("report.json", Array(try jsonText(EstimationReport(project.hardware)).utf8)))
    files.sort { $0.path < $1.path }
    let manifest = Manifest(project, options: options, files: files)
    files.append((Manifest.fileName, Array(try jsonText(manifest).utf8)))
    return files
  }
}

extension Manifest {
  init(
    _ project: FirmwareProject,
    options: CompilationOptions,
    files: [(path: String, bytes: [UInt8])]
  ) {
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
      layers: graph.nodes.map { node in
        Layer(
          name: node.name,
          kind: node.kind,
          shape: graph[node.output].shape,
          type: graph[node.output].types.summary
        )
      },
      files: files.map { File(path: $0.path, sha256: contentHash($0.bytes)) }
    )
  }
}
