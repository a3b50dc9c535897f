import Devices
import Diagnostics
import FirmwareFiles
import FixedPoint
import FixedPointIR
import HLSBackend
import Lowering
import ModelIR
import Quantization
import Verification

/// A project of C++ in memory, and what it was made from.
struct HLSFirmware {
  var quantized: QuantizedModel
  var project: HLSProject
  var part: String
  /// In nanoseconds.
  var clockPeriod: Double
}

extension Compiler {
  /// The version of a project that none was given for.
  static let defaultFirmwareVersion = "1"

  /// Everything up to the C++, in memory.
  func hlsFirmware() throws -> HLSFirmware {
    var quantized = try quantize()
    HLSBackend.legalizeReuseFactors(&quantized.graph, log: log)
    let graph = quantized.graph
    let part = try part(named: quantized.part)
    let analysis = RangeAnalysis(graph)
    let plans = clock.measure("lower", "building adder graphs") {
      AdderGraphPlans(graph, analysis: analysis, options: loweringOptions, isWanted: HLSBackend.usesAdderGraph)
    }
    let period = clockPeriod(for: quantized)
    let project = try clock.measure("emit", "writing C++") {
      var hls = HLSOptions(
        top: graph.name,
        project: quantized.model.name,
        version: options.hls.firmwareVersion ?? Self.defaultFirmwareVersion,
        tricot: TricotVersion.current,
        part: part.orderingCode,
        clockPeriod: period,
        interface: hlsInterface,
        vectors: try testVectors(for: graph)
      )
      hls.pipeline = pipeline(quantized.pipeline)
      return try HLSBackend.emit(graph, analysis: analysis, adderGraphs: plans, options: hls)
    }
    return HLSFirmware(quantized: quantized, project: project, part: part.name, clockPeriod: period)
  }

  private func pipeline(_ wish: PipelineWish?) -> HLSPipeline {
    switch wish?.style {
    case .pipeline?: HLSPipeline(style: .pipeline, interval: wish?.interval)
    case .dataflow?: HLSPipeline(style: .dataflow, interval: wish?.interval)
    case .auto?, nil: HLSPipeline(interval: wish?.interval)
    }
  }

  private var hlsInterface: HLSInterface {
    switch options.hls.interface {
    case .none?: .none
    case .valid?, nil: .valid
    case .stream?: .stream
    }
  }

  /// Writes the project; see ``compile(to:backend:replacing:)``.
  func writeHLS(to writer: FolderWriter, _ folder: String) throws -> CompilationReport {
    let firmware = try hlsFirmware()
    var files = firmware.project.files.map { (path: $0.path, bytes: $0.bytes) }
    // What the network takes as Tricot's own RTL, fully unrolled: to be held against the tools' reports.
    let estimate = EstimationReport(try hardware(for: firmware.quantized))
    files.append(("report.json", Array(try jsonText(estimate).utf8)))
    files.sort { $0.path < $1.path }
    let manifest = Manifest(firmware, options: options, files: files)
    files.append((Manifest.fileName, Array(try jsonText(manifest).utf8)))
    try clock.measure("write", "writing the project") { try writer.write(files) }
    return CompilationReport(
      output: folder,
      top: firmware.project.top,
      backend: "hls",
      part: firmware.part,
      clockPeriodNs: firmware.clockPeriod,
      pruning: firmware.quantized.pruning,
      files: files.map(\.path).sorted()
    )
  }

  /// How C++ is compiled here.
  func cppBuild() throws -> CppBuild {
    try require(.gxx, hint: "or use --backend verilog")
    var build = CppBuild(headers: try ApTypes.require(in: options.hls.apTypes))
    build.jobs = threadCount
    return build
  }

  /// The C++ for ``verify(input:samples:expected:backend:)``.
  func hlsUnderTest() throws -> FirmwareUnderTest {
    let build = try cppBuild()
    let firmware = try hlsFirmware()
    return FirmwareUnderTest(quantized: firmware.quantized) { raw, result in
      let outputs = try await clock.measure("cpp", "building and running the C++") {
        try await runEmulator(firmware.project, build: build, inputs: raw)
      }
      return [compareRaw(outputs, against: "hls", result, firmware.quantized.graph)]
    }
  }
}

/// Runs C++ in a folder that goes away, whatever happens, unless the compiler failed.
func runEmulator(_ project: HLSProject, build: CppBuild, inputs: [[Int128]]) async throws -> [[Int128]] {
  try await inTemporaryFolder { folder in
    try await EmulatorRun(project.files, interface: project.interface, build: build, folder: folder)
      .outputs(for: inputs)
  }
}

extension HLSProject {
  var interface: EmulatorRun.Interface {
    EmulatorRun.Interface(
      symbol: namespace,
      header: "emulator/\(top)_emulator.h",
      inputs: inputs.reduce(0) { $0 + $1.elements },
      outputs: outputs.reduce(0) { $0 + $1.elements }
    )
  }
}

extension Manifest {
  init(_ firmware: HLSFirmware, options: CompilationOptions, files: [(path: String, bytes: [UInt8])]) {
    let graph = firmware.quantized.graph
    func port(_ format: HLSProject.PortFormat, _ tensor: FixedTensorID, _ direction: String) -> Port {
      Port(
        name: format.name,
        direction: direction,
        tensor: graph[tensor].name,
        width: format.elements * format.elementWidth,
        elements: graph[tensor].types.all.enumerated().map { index, type in
          Element(offset: index * format.elementWidth, type: type.description, fractionBits: type.fractionBits)
        }
      )
    }
    self.init(
      tricot: TricotVersion.current,
      model: firmware.quantized.model.name,
      top: firmware.project.top,
      backend: "hls",
      options: Options(options, arithmetic: firmware.quantized.arithmetic),
      inputs: firmware.quantized.files,
      part: firmware.part,
      clockPeriodNs: firmware.clockPeriod,
      ports: zip(firmware.project.inputs, graph.inputs).map { port($0, $1, "input") }
        + zip(firmware.project.outputs, graph.outputs).map { port($0, $1, "output") },
      layers: graph.nodes.map { node in
        let tensor = graph[node.output]
        return Layer(name: node.name, kind: node.kind, shape: tensor.shape, type: tensor.types.summary)
      },
      files: files.map { File(path: $0.path, sha256: contentHash($0.bytes)) }
    )
  }
}
