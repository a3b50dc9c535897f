import Diagnostics
import FirmwareFiles
import FixedPoint
import FixedPointIR
import HLSBackend
import TestSupport
import Testing
import Verification

/// The text of a small network's C++, for people to look at.
@Suite struct SnapshotTests {
  /// Three inputs, a hidden layer of two by the given strategy, a rectifier, and a joined output.
  static func network(_ implementation: ImplementationChoice) -> FixedPointGraph {
    var graph = FixedPointGraph(name: "tiny")
    let origin = Origin(file: "tiny")
    let type = FixedPointType(width: 8, integerBits: 3)
    let x = graph.append(
      .input,
      named: "x",
      kind: "Input",
      inputs: [],
      shape: [3],
      types: ElementTypes(uniform: type, count: 3),
      origin: origin
    )
    let dense = DenseOperation(
      inputSize: 3,
      outputSize: 2,
      weights: [3, -5, 7, 2, -1, 6],
      weightFractionBits: 2,
      bias: ConstantVector(raw: [4, -9], fractionBits: 5)
    )
    let wide = FixedPointType(width: 14, integerBits: 7)
    let hidden = graph.append(
      .dense(dense),
      named: "hidden",
      kind: "Dense",
      inputs: [x],
      shape: [2],
      types: ElementTypes(uniform: wide, count: 2),
      origin: origin,
      implementation: implementation
    )
    let narrow = FixedPointType(
      width: 7,
      integerBits: 4,
      isSigned: false,
      rounding: .roundHalfUp,
      overflow: .saturate
    )
    let relu = graph.append(
      .rectifier(.relu),
      named: "relu",
      kind: "Activation",
      inputs: [hidden],
      shape: [2],
      types: ElementTypes(each: [narrow, FixedPointType(width: 5, integerBits: 4, isSigned: false)]),
      origin: origin
    )
    graph.outputs = [relu]
    return graph
  }

  @Test(arguments: [
    ("adder_graph", ImplementationChoice(strategy: .distributedArithmetic)),
    ("latency", ImplementationChoice(strategy: .latency)),
    ("resource", ImplementationChoice(strategy: .resource, reuseFactor: 3)),
  ])
  func `the C++ of a small network`(name: String, implementation: ImplementationChoice) throws {
    let project = try HLSProject(Self.network(implementation))
    let paths = [
      "firmware/tiny.cpp", "firmware/tiny_top.cpp", "firmware/parameters.h", "firmware/layers/hidden.h",
      "firmware/layers/hidden.cpp", "firmware/layers/relu.h",
    ]
    let texts = paths.filter { path in project.files.contains { $0.path == path } }
      .map { "//// \($0)\n\(project.text(of: $0))" }
    try expectSnapshot(texts.joined(separator: "\n"), named: "\(name).cpp")
  }

  @Test func `every layer takes at most five lines of the network`() throws {
    let project = try HLSProject(Self.network(ImplementationChoice(strategy: .latency)))
    let lines = project.text(of: "firmware/tiny.cpp").split(separator: "\n", omittingEmptySubsequences: false)
    let start = try #require(lines.firstIndex { $0.hasPrefix("#pragma HLS PIPELINE") })
    let end = try #require(lines.lastIndex { $0 == "}" })
    #expect(end - start - 2 <= 5 * 2)
  }

  @Test func `events follow each other as the configuration says`() throws {
    func pragma(_ strategy: ImplementationChoice.Strategy, _ pipeline: HLSPipeline) throws -> String? {
      let choice = ImplementationChoice(strategy: strategy, reuseFactor: 3)
      let text = try HLSProject(Self.network(choice), pipeline: pipeline).text(of: "firmware/tiny.cpp")
      return text.split(separator: "\n").first { $0.contains("PIPELINE") || $0.contains("DATAFLOW") }.map(String.init)
    }
    #expect(try pragma(.latency, HLSPipeline()) == "#pragma HLS PIPELINE II=3")
    #expect(try pragma(.latency, HLSPipeline(interval: 5)) == "#pragma HLS PIPELINE II=5")
    #expect(try pragma(.latency, HLSPipeline(style: .dataflow)) == "#pragma HLS DATAFLOW")
    #expect(try pragma(.resource, HLSPipeline()) == "#pragma HLS DATAFLOW")
    #expect(try pragma(.resource, HLSPipeline(style: .pipeline)) == "#pragma HLS PIPELINE II=3")
    #expect(throws: Diagnostic.self) { try pragma(.latency, HLSPipeline(style: .dataflow, interval: 4)) }
  }

  @Test func `a reuse factor that does not fit is corrected with a note`() throws {
    var graph = Self.network(ImplementationChoice(strategy: .resource, reuseFactor: 4))
    let log = DiagnosticLog()
    HLSBackend.legalizeReuseFactors(&graph, log: log)
    #expect(graph.nodes[1].implementation.reuseFactor == 3)
    #expect(log.all.map(\.code) == ["adjusted-reuse-factor"])
    #expect(log.all.first?.severity == .note)
  }

  @Test(.enabled(if: CppTools.areAvailable, CppTools.absence))
  func `the small network computes what the simulator does`() async throws {
    let graph = Self.network(ImplementationChoice(strategy: .resource, reuseFactor: 6))
    let inputs = (0..<300).map { Double(($0 * 37) % 256 - 128) / 32 }
    try await expectSimulator(graph, inputs: inputs, samples: 100)
  }

  @Test(.enabled(if: CppTools.areAvailable, CppTools.absence))
  func `an adder graph of AMD's integers, as synthesis sees it, computes the same`() async throws {
    let graph = Self.network(ImplementationChoice(strategy: .distributedArithmetic))
    let inputs = (0..<300).map { Double(($0 * 37) % 256 - 128) / 32 }
    try await expectSimulator(graph, inputs: inputs, samples: 100, definitions: ["TRICOT_AP_INT"])
  }

  @Test(
    .enabled(if: CppTools.areAvailable, CppTools.absence),
    .enabled(if: ExternalTool.clangxx.isAvailable, "clang++ is not installed")
  )
  func `clang's code of the small network is synthesisable`() async throws {
    let project = try HLSProject(Self.network(ImplementationChoice(strategy: .latency)))
    let findings = try await IntermediateCodeScan.findings(
      in: project.files,
      top: "_Z4tiny",
      headers: ApTypes.require()
    )
    #expect(findings == [], "\(findings.prefix(5))")
  }
}
