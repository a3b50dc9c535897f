import DataFiles
import Diagnostics
import FixedPointIR
import KerasFrontend
import Lowering
import ModelIR
import NetlistIR
import Quantization
import Simulation
import TestSupport
import Testing

/// HGQ2's own outputs, bit for bit: trained networks, and small ones with random weights and overflow everywhere.
@Suite(.enabled(if: SharedData.isAvailable, SharedData.absence))
struct HGQReferenceTests {
  private static let jets = ["jsc_cernbox_7516", "jsc_openml_750", "jsc_openml_758", "jsc_openml_771"]
  private static let synthetic = [
    "bn", "conv2d", "einsum", "lut", "merge", "q_RND_CONV_SAT_SYM", "q_RND_INF_SAT", "q_RND_INF_WRAP",
    "q_RND_MIN_INF_SAT",
    "q_RND_MIN_INF_WRAP", "q_RND_SAT", "q_RND_SAT_SYM", "q_RND_ZERO_SAT", "q_RND_ZERO_SAT_SYM", "q_RND_ZERO_WRAP",
    "q_S_RND_CONV_SAT_SYM", "q_S_RND_WRAP", "q_TRN_SAT", "q_TRN_SAT_SYM", "q_TRN_WRAP", "q_TRN_ZERO_SAT",
    "q_TRN_ZERO_WRAP", "pool", "qeinsum", "qmean", "qsum", "scaler", "softmax_unstable", "mha_none",
    "mha_qkv", "linf_share", "softmax",
  ]

  private func load(_ path: String) throws -> ModelGraph {
    try KerasFrontend.load(kerasArchive: SharedData.bytes(path), file: path, log: DiagnosticLog())
  }

  @Test(arguments: jets) func computesWhatTheTrainedNetworkComputes(name: String) throws {
    try expectEqual("models/hgq2/\(name).keras", vectors: "vectors/hgq2/\(name)")
  }

  @Test(arguments: synthetic) func computesWhatHGQComputes(name: String) throws {
    try expectEqual("vectors/hgq2-synthetic/\(name)/model.keras", vectors: "vectors/hgq2-synthetic/\(name)")
  }

  /// Simulator and netlist against the file.
  private func expectEqual(_ model: String, vectors: String) throws {
    let log = DiagnosticLog()
    let trained = try load(model)
    try expectTextRoundTrip(trained)
    // What reads an input without a quantiser takes the type that the command line gives it.
    let isFree = TrainedQuantizer.unquantizedInput(of: trained) != nil
    let type = isFree ? TrainedQuantizer.usualInputTypes[0] : nil
    let graph = try TrainedQuantizer.quantize(trained, inputType: type, log: log)
    #expect(log.all.allSatisfy { $0.code == "doubtful-table-entries" })
    let inputs = try SharedData.array("\(vectors)/inputs.npy")
    let expected = try SharedData.array("\(vectors)/expected.npy")
    let result = try Simulator(graph).run(inputs.values, samples: inputs.shape[0])
    #expect(result.outputs == expected.values)
    let interpreter = NetlistInterpreter(try Lowering.lower(graph))
    let raw = result.quantizedInputs
    for sample in 0..<16 {
      let outputs = interpreter.outputs(for: (0..<raw.elements).map { raw.raw(sample: sample, element: $0) })
      #expect(outputs == (0..<graph.outputCount).map { result.outputValues.raw(sample: sample, element: $0) })
    }
  }

  /// Fused constants: nonzero weights, fewest fraction bits, sum and sum of magnitudes; the bias likewise.
  struct Constants: Sendable {
    var model: String
    var layer: String
    var nonzero: Int
    var places: Int
    var sum: Double
    var magnitude: Double
    var biasPlaces: Int
    var biasSum: Double
  }

  @Test(arguments: [
    Constants(
      model: "jsc_openml_750",
      layer: "t1",
      nonzero: 45,
      places: 1,
      sum: -306,
      magnitude: 972,
      biasPlaces: 1,
      biasSum: 106
    ),
    Constants(
      model: "jsc_openml_750",
      layer: "out",
      nonzero: 31,
      places: 7,
      sum: -9703,
      magnitude: 10_537,
      biasPlaces: 2,
      biasSum: -60
    ),
    Constants(
      model: "jsc_openml_771",
      layer: "t2",
      nonzero: 267,
      places: 8,
      sum: -32_361,
      magnitude: 98_323,
      biasPlaces: 5,
      biasSum: 401
    ),
    Constants(
      model: "jsc_cernbox_7516",
      layer: "dense_1",
      nonzero: 128,
      places: 8,
      sum: -18_725,
      magnitude: 119_509,
      biasPlaces: 8,
      biasSum: 5803
    ),
  ])
  func fusesTheConstants(expected: Constants) throws {
    let graph = try load("models/hgq2/\(expected.model).keras")
    let node = try #require(graph.nodes.first { $0.name == expected.layer })
    guard case .dense(let layer) = node.operation, let bias = layer.bias else {
      Issue.record("no dense layer")
      return
    }
    let scale = Double(1 << expected.places)
    #expect(layer.kernel.values.count { $0 != 0 } == expected.nonzero)
    #expect(layer.kernel.values.reduce(0, +) * scale == expected.sum)
    #expect(layer.kernel.values.reduce(0) { $0 + abs($1) } * scale == expected.magnitude)
    #expect(bias.values.reduce(0, +) * Double(1 << expected.biasPlaces) == expected.biasSum)
  }
}
