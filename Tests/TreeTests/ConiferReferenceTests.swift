import DataFiles
import Diagnostics
import FixedPoint
import FixedPointIR
import Lowering
import ModelIR
import NetlistIR
import Quantization
import Simulation
import TestSupport
import Testing
import TreeFrontends

/// conifer's arithmetic against what conifer computed, bit for bit.
@Suite(.enabled(if: SharedData.isAvailable, SharedData.absence))
struct ConiferReferenceTests {
  /// The forest's ONNX file is not among them: its leaves are rounded to single precision, conifer's were not.
  static let models = [
    "xgb_tiny/model.json", "xgb_tiny/model.ubj", "xgb_binary/model.json", "xgb_5class/model.json",
    "xgb_5class/ensemble.json", "emtf_regress/model.json", "emtf_regress/ensemble.json", "lgbm_binary/model.txt",
    "lgbm_binary/model.onnx", "skl_rf/ensemble.json",
  ]

  @Test(arguments: models)
  func `every precision gives conifer's scores`(_ path: String) throws {
    let folder = String(path.prefix { $0 != "/" })
    let model = try SharedTrees.model(path)
    let inputs = try SharedTrees.array(folder + "/X.npy")
    let samples = inputs.shape[0]
    for run in try SharedTrees.coniferRuns(folder) {
      let expected = try SharedTrees.array("\(folder)/y_conifer_\(run.name).npy").values
      let found = try scores(model, run.configuration, inputs.values, samples)
      try #require(found.count == expected.count)
      let mismatches = zip(found, expected).count { $0 != $1 }
      // ONNX holds leaves and thresholds in single precision, which double and float runs show.
      let isRounded = path.hasSuffix(".onnx") && ["double", "float"].contains(run.name)
      #expect(mismatches == 0 || isRounded, "\(path) at \(run.name)")
    }
  }

  private func scores(
    _ model: ModelGraph,
    _ configuration: ConiferConfiguration,
    _ inputs: [Double],
    _ samples: Int
  ) throws -> [Double] {
    let log = DiagnosticLog()
    if let floating = try ConiferFloatingPoint.scores(of: model, configuration: configuration, inputs: inputs, log: log)
    {
      return floating
    }
    let graph = try ConiferQuantizer.quantize(model, configuration: configuration, log: log)
    let result = try Simulator(graph).run(inputs, samples: samples)
    // One that adds step by step, and one that does not.
    let types = graph.outputs.compactMap { graph[$0].types.uniform?.shortDescription }
    if types == ["fixed<16,6,RND,SAT>"] || types == ["fixed<10,4>"] { try checkNetlist(graph, result) }
    return result.outputs
  }

  /// The same bits from the netlist, on a few events.
  private func checkNetlist(_ graph: FixedPointGraph, _ result: SimulationResult) throws {
    let netlist = try Lowering.lower(graph)
    try NetlistVerifier.verify(netlist)
    let interpreter = NetlistInterpreter(netlist)
    for sample in 0..<8 {
      let raw = (0..<graph.inputCount).map { result.quantizedInputs.raw(sample: sample, element: $0) }
      let outputs = interpreter.outputs(for: raw)
      for (element, value) in outputs.enumerated() {
        #expect(value == result.outputValues.raw(sample: sample, element: element))
      }
    }
  }
}
