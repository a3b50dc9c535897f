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

/// C++ for HLS tools, a header per layer.
struct HLSFirmwareBackend: Backend {
  let name = "hls"
  let proof = "by the C++ compiler"
  let usesVerilator = false
  let choices = [
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
      option: .firmwareVersion,
      isGiven: { $0.hls.firmwareVersion != nil },
      hint: "it belongs to \(option: .backend, "hls")"
    ),
    BackendChoice(
      option: .interface,
      isGiven: { $0.hls.interface != nil },
      hint: "it belongs to \(option: .backend, "hls")"
    ),
    BackendChoice(
      option: .apTypes,
      purpose: .proof,
      isGiven: { $0.hls.apTypes != nil },
      hint:
        "it is for what compiles C++: '\(action: .verify) \(option: .backend, "hls")' and '\(action: .emulator)'"
    ),
  ]

  func checkTools(_ compilation: Compilation) throws { _ = try compilation.cppBuild() }

  func check(_ compilation: Compilation) throws { _ = try compilation.hlsFirmware }

  func firmware(of compilation: Compilation) throws -> Firmware {
    let made = try compilation.hlsFirmware
    // What the network takes as Tricot's own RTL, fully unrolled: to be held against the tools' reports.
    return try Firmware(
      made.project.files + compilation.modelReport(of: self).projectFiles,
      manifest: { Manifest(made, options: compilation.options, files: $0) },
      report: CompilationReport(
        output: "",
        top: made.project.top,
        backend: name,
        part: made.part,
        clockPeriodNs: made.clockPeriod,
        pruning: made.quantized.pruning,
        files: []
      )
    )
  }

  func answers(of compilation: Compilation, to inputs: [[Int128]]) async throws -> [FirmwareAnswer] {
    let made = try compilation.hlsFirmware
    let build = try compilation.cppBuild()
    let outputs = try await compilation.clock.measure("cpp", "building and running the C++") {
      try await inTemporaryFolder { folder in
        try await EmulatorRun(made.project.files, interface: made.project.interface, build: build, folder: folder)
          .outputs(for: inputs)
      }
    }
    return [FirmwareAnswer(by: "hls", outputs: outputs)]
  }
}

/// A project of C++ in memory, and what it was made from.
struct HLSFirmware {
  var quantized: QuantizedModel
  var project: HLSProject
  var part: String
  /// In nanoseconds.
  var clockPeriod: Double
}

extension Compilation {
  /// The version of a project that none was given for.
  static let defaultFirmwareVersion = "1"

  /// Everything up to the C++, in memory.
  var hlsFirmware: HLSFirmware { get throws { try stage("hls") { try makeHLSFirmware() } } }

  private func makeHLSFirmware() throws -> HLSFirmware {
    let quantized = try quantized
    var live = try liveGraph
    HLSBackend.legalizeReuseFactors(&live.graph, log: log)
    let isStreamed = isStreamed(quantized)
    if isStreamed, let interface = options.hls.interface, interface != .stream {
      throw Diagnostic.error(
        "option-without-effect",
        "\(option: .interface, interface.rawValue) has no effect on a stream, whose ports are of the kind axis",
        hint: "leave it out, or give \(option: .io, "parallel")"
      )
    }
    let graph = live.graph
    let part = try part(named: quantized.part)
    let plans = try clock.measure("lower", "building adder graphs") {
      // The kernels of stages are other graphs than the model's layers.
      isStreamed ? AdderGraphPlans(noneOf: graph) : try adderGraphs(of: live, where: HLSBackend.usesAdderGraph)
    }
    let period = clockPeriod(for: quantized)
    let project = try clock.measure("emit", "writing C++") {
      var hls = HLSOptions(
        top: graph.name,
        project: quantized.name,
        version: options.hls.firmwareVersion ?? Self.defaultFirmwareVersion,
        tricot: TricotVersion.current,
        part: part.orderingCode,
        clockPeriod: period,
        interface: isStreamed ? .stream : hlsInterface,
        vectors: try testVectors
      )
      hls.pipeline = pipeline(quantized.pipeline)
      hls.isStreamed = isStreamed
      hls.clockUncertainty = clockUncertainty(for: quantized)
      hls.lowering = loweringOptions
      return try HLSBackend.emit(graph, analysis: live.analysis, adderGraphs: plans, options: hls)
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

  /// How C++ is compiled here.
  func cppBuild() throws -> CppBuild {
    try ExternalTool.gxx.require(hint: "or use \(option: .backend, "verilog")")
    var build = CppBuild(headers: try ApTypes.require(in: options.hls.apTypes))
    build.jobs = threadCount
    return build
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
  init(_ firmware: HLSFirmware, options: CompilationOptions, files: [Firmware.File]) {
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
      model: firmware.quantized.name,
      top: firmware.project.top,
      backend: "hls",
      options: Options(options, arithmetic: firmware.quantized.arithmetic),
      inputs: firmware.quantized.files,
      part: firmware.part,
      clockPeriodNs: firmware.clockPeriod,
      ports: zip(firmware.project.inputs, graph.inputs).map { port($0, $1, "input") }
        + zip(firmware.project.outputs, graph.outputs).map { port($0, $1, "output") },
      layers: Self.layers(of: graph),
      files: files.map { File(path: $0.path, sha256: contentHash($0.bytes)) }
    )
  }
}
