import DesignIR
import Diagnostics
import FirmwareFiles
import FixedPointIR
import Lowering
import ModelIR
import NetlistIR
import Quantization
import Simulation
import Synchronization
import VerilogBackend

/// The stages, in their order; each is there for whoever asks.
extension Compilation {
  /// The model as trained.
  package var modelGraph: ModelGraph { get throws { try loaded.graph } }
  /// The quantised model: what is computed.
  package var fixedPointGraph: FixedPointGraph { get throws { try quantized.graph } }
  /// The quantised model without neurons that no output depends on, and its ranges: what all firmware is built from.
  package var liveGraph: AnalysedGraph {
    get throws {
      if let sharing, sharing.options.quantizedChoice == options.quantizedChoice { return try sharing.liveGraph }
      let quantized = try quantized
      return try stage("live graph") {
        let (live, dead) = quantized.graph.removingDeadNeurons()
        let simplified = live.nodes.indices.filter { quantized.simplified.contains(live.nodes[$0].name) }
        return AnalysedGraph(live, RangeAnalysis(live, updating: quantized.analysis, changed: dead + simplified))
      }
    }
  }
  /// How it is computed, as one combinational netlist.
  package var netlist: Netlist {
    get throws {
      if let sharing, sharing.options.netlistChoice == options.netlistChoice { return try sharing.netlist }
      return try stage("netlist") {
        // What is measured as another stage is not measured as this one.
        _ = try quantized
        return try clock.measure("lower", "building adder graphs") {
          let live = try liveGraph
          return try Lowering.lower(
            live.graph,
            analysis: live.analysis,
            plans: adderGraphs(of: live, where: AdderGraphPlans.isBuiltOfAdders),
            options: loweringOptions
          )
        }
      }
    }
  }
  /// The hardware: one pipeline, or modules of several forms.
  package var design: Design { get throws { try hardware.design } }
  /// What executes the quantised model.
  package var simulator: Simulator {
    get throws {
      if let sharing, sharing.options.quantizedChoice == options.quantizedChoice { return try sharing.simulator }
      return try stage("simulator") { try Simulator(fixedPointGraph) }
    }
  }
}

extension Compilation {
  var loaded: LoadedModel {
    get throws {
      try stage("model") {
        try options.check()
        if let sharing, sharing.options.modelChoice == options.modelChoice { return try sharing.loaded }
        return try clock.measure("load", "reading the model") {
          if let givenModel {
            try ModelGraphVerifier.verify(givenModel)
            return LoadedModel(content: .trained(givenModel), document: nil, conifer: nil, files: [])
          }
          var loading = ModelLoading(options: options, inputs: files, log: log)
          return try loading.load()
        }
      }
    }
  }

  /// Typical inputs, if there are any.
  var calibration: CalibrationInput? {
    get throws {
      if let sharing, sharing.options.calibrationChoice == options.calibrationChoice { return try sharing.calibration }
      return try stage("calibration") {
        guard let path = options.quantization.calibration else { return nil }
        let model = try loaded.graph
        let width = model.inputs.reduce(0) { $0 + model[$1].count }
        let bytes = try files.bytes(of: path)
        return CalibrationInput(
          batch: try EventBatch(bytes, file: path, width: width, role: "calibration inputs"),
          file: InputFile(
            role: "calibration",
            name: String(PathNames.lastComponent(path)),
            sha256: contentHash(bytes)
          )
        )
      }
    }
  }

  var quantized: QuantizedModel {
    get throws {
      try stage("quantised model") {
        if let sharing, sharing.options.quantizedChoice == options.quantizedChoice {
          // Its own options are checked even so.
          _ = try loaded
          return try sharing.quantized
        }
        return try quantize()
      }
    }
  }
  var hardware: Hardware { get throws { try stage("design") { try makeHardware() } } }
  var estimation: EstimationReport { get throws { try stage("estimate") { EstimationReport(try hardware) } } }
  var testVectors: TestVectors { get throws { try stage("test vectors") { try makeTestVectors() } } }

  /// The adder graphs of some layers; those that were sought before are not sought again.
  func adderGraphs(of live: AnalysedGraph, where isWanted: (FixedNode) -> Bool) throws -> AdderGraphPlans {
    let store = try stage("adder graphs") { AdderGraphStore(live.graph) }
    let options = loweringOptions
    return store.plans.withLock { plans in
      plans.search(live.graph, analysis: live.analysis, options: options, isWanted: isWanted)
      return plans.restricted(to: live.graph, where: isWanted)
    }
  }
}

/// Events on which types are chosen.
struct CalibrationInput {
  var batch: EventBatch
  var file: InputFile

  var data: CalibrationData { CalibrationData(inputs: batch.values, samples: batch.count) }
}

/// Adder graphs by layer, as they are found.
private final class AdderGraphStore: Sendable {
  let plans: Mutex<AdderGraphPlans>

  init(_ graph: FixedPointGraph) { plans = Mutex(AdderGraphPlans(noneOf: graph)) }
}
