import AdderGraphs
import Diagnostics
import FirmwareFiles
import FixedPointIR
import Fuzzing
import HLSBackend
import Lowering
import Simulation
import Testing
import Verification

/// What skips a test that compiles C++.
enum CppTools {
  static let areAvailable = ExternalTool.gxx.isAvailable && ApTypes.find() != nil
  static let absence: Comment = "AMD's ap_types headers are missing: scripts/install-ap-types.sh"
}

extension HLSProject {
  /// The project of a graph.
  init(
    _ graph: FixedPointGraph,
    version: String = "1",
    clockPeriod: Double = 5,
    pipeline: HLSPipeline = HLSPipeline(),
    isStreamed: Bool = false
  ) throws {
    let analysis = RangeAnalysis(graph)
    let plans = AdderGraphPlans(
      graph,
      analysis: analysis,
      options: LoweringOptions(),
      isWanted: HLSBackend.usesAdderGraph
    )
    var options = HLSOptions(top: graph.name, version: version, part: "xcvu13p-flga2577-2-e", clockPeriod: clockPeriod)
    options.pipeline = pipeline
    options.isStreamed = isStreamed
    self = try HLSBackend.emit(graph, analysis: analysis, adderGraphs: plans, options: options)
    let findings = SynthesisLint.findings(in: files)
    #expect(findings.isEmpty, "\(findings.prefix(5))")
  }

  func text(of path: String) -> String {
    files.first { $0.path == path }.map { String(decoding: $0.bytes, as: UTF8.self) } ?? "no \(path)"
  }

  /// The raw outputs of the compiled C++.
  func outputs(for inputs: [[Int128]], definitions: [String] = []) async throws -> [[Int128]] {
    let interface = EmulatorRun.Interface(
      symbol: namespace,
      header: "emulator/\(top)_emulator.h",
      inputs: self.inputs.reduce(0) { $0 + $1.elements },
      outputs: self.outputs.reduce(0) { $0 + $1.elements }
    )
    var build = CppBuild(headers: try ApTypes.require())
    build.definitions = definitions
    return try await EmulatorRun(files, interface: interface, build: build).outputs(for: inputs)
  }
}

/// Compiles a graph as C++ and compares every output of every event with the simulator.
func expectSimulator(
  _ graph: FixedPointGraph,
  inputs: [Double],
  samples: Int,
  definitions: [String] = [],
  isStreamed: Bool = false
) async throws {
  let result = try Simulator(graph).run(inputs, samples: samples)
  let raw = (0..<samples).map { sample in
    (0..<graph.inputCount).map { result.quantizedInputs.raw(sample: sample, element: $0) }
  }
  let outputs = try await HLSProject(graph, isStreamed: isStreamed).outputs(for: raw, definitions: definitions)
  var differences: [String] = []
  for sample in 0..<samples {
    for element in 0..<graph.outputCount {
      let wanted = result.outputValues.raw(sample: sample, element: element)
      if outputs[sample][element] != wanted {
        differences.append(
          "event \(sample), element \(element): \(outputs[sample][element]) instead of \(wanted) "
            + "in \(result.outputValues.types[element])"
        )
      }
    }
  }
  if !differences.isEmpty { print(graph.description) }
  #expect(differences.isEmpty, "\(differences.count) differ; \(differences.prefix(5).joined(separator: "; "))")
}
