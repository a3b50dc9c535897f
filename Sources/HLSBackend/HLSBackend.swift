import Diagnostics
import FirmwareFiles
import FirmwareLibrary
import FixedPointIR
import Lowering

/// Writes a quantised model as a project of C++ for Vitis HLS and Vivado HLS.
///
/// One header per layer, one file with all types, a top that chains them. The bytes depend on nothing but the arguments.
package enum HLSBackend {
  /// The files of the project.
  ///
  /// - Precondition: the graph passed `FixedPointGraphVerifier`, and the analysis is of this graph.
  /// - Throws: `Diagnostic` where `ap_fixed` cannot hold what the model asks for.
  package static func emit(
    _ graph: FixedPointGraph,
    analysis: RangeAnalysis,
    adderGraphs: AdderGraphPlans,
    options: HLSOptions
  ) throws -> HLSProject {
    let plan = try NetworkPlan(graph, analysis: analysis, adderGraphs: adderGraphs, options: options)
    if options.isStreamed { return try emitStreams(plan, options) }
    let layers = try plan.layers.map { index in
      let emission = LayerEmission(plan: plan, index: index)
      return EmittedLayer(emission: emission, code: try emission.code())
    }
    let network = NetworkFiles(plan: plan, layers: layers, wish: options.pipeline)
    guard options.pipeline.style != .dataflow || network.isChain && options.pipeline.interval == nil else {
      throw Diagnostic.error(
        "no-dataflow",
        network.isChain
          ? "a dataflow region has no interval of its own: its slowest layer decides"
          : "the style dataflow needs every tensor to be read once, and this model branches",
        at: graph.nodes.first.map { Origin(file: $0.origin.file) },
        hint: "use the PipelineStyle auto or pipeline"
      )
    }
    let top = TopFile(plan: plan, interface: options.interface, pipeline: network.pipeline)
    let bench = EventCalls(plan: plan, isStream: options.interface == .stream)
    return try project(
      plan,
      network.files + top.files + layers.flatMap { LayerFiles(layer: $0).files },
      calls: bench,
      options: options
    )
  }

  private static func emitStreams(_ plan: NetworkPlan, _ options: HLSOptions) throws -> HLSProject {
    let network = try StreamFiles(plan, options: options)
    return try project(plan, network.files, calls: EventCalls(network), options: options)
  }

  /// What stands around the network is the same for all.
  private static func project(
    _ plan: NetworkPlan,
    _ network: [ProjectFile],
    calls: EventCalls,
    options: HLSOptions
  ) throws -> HLSProject {
    let emulator = EmulatorFiles(plan: plan, version: options.version, function: calls.network)
    var files = network + emulator.files
    files += FirmwareLibrary.headers.map { ProjectFile(path: "firmware/tricot/\($0.name)", bytes: $0.bytes) }
    let sources = files.map(\.path).filter { $0.hasPrefix("firmware/") && $0.hasSuffix(".cpp") }
    files += try ProjectScripts(plan: plan, sources: sources, calls: calls, options: options).files()
    return HLSProject(
      files: files,
      top: plan.top,
      namespace: plan.namespace,
      inputs: emulator.inputs,
      outputs: emulator.outputs
    )
  }

  /// Whether a layer's constant products are built as a shared adder graph.
  package static func usesAdderGraph(_ node: FixedNode) -> Bool {
    guard case .exact? = node.operation.denseKernel?.accumulation else { return false }
    return node.implementation.strategy.sharesAdders
  }

  /// Gives every layer a reuse factor that it can be built with, and says so where that is another one.
  package static func legalizeReuseFactors(_ graph: inout FixedPointGraph, log: DiagnosticLog) {
    for index in graph.nodes.indices {
      let node = graph.nodes[index]
      guard let dense = node.operation.denseKernel, node.implementation.strategy == .resource else { continue }
      let wanted = node.implementation.reuseFactor
      let factor = ReuseFactorRule.nearest(to: wanted, for: dense)
      guard factor != wanted else { continue }
      graph.nodes[index].implementation.reuseFactor = factor
      log.report(
        Diagnostic(
          .note,
          "adjusted-reuse-factor",
          "the reuse factor \(wanted) does not divide the work of layer '\(node.name)'; \(factor) is used",
          at: node.origin
        )
      )
    }
  }
}

/// A project of C++ in memory.
package struct HLSProject: Sendable {
  package var files: [ProjectFile]
  /// The function for HLS tools.
  package var top: String
  package var namespace: String
  package var inputs: [PortFormat]
  package var outputs: [PortFormat]

  /// How the emulator takes or gives the elements of a port.
  package struct PortFormat: Sendable {
    package var name: String
    package var elements: Int
    /// Bits of each element of the array.
    package var elementWidth: Int
  }

  /// Machine words for each raw element.
  package static let wordsPerElement = 2
}

/// A layer, and its code.
struct EmittedLayer {
  var emission: LayerEmission
  var code: LayerCode

  var node: FixedNode { emission.node }
  var name: String { emission.name }
  var namespace: String { emission.plan.namespace }
}
