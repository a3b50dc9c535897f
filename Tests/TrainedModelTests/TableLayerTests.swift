import DataFiles
import Diagnostics
import FixedPoint
import FixedPointIR
import KerasFrontend
import Lowering
import ModelIR
import NetlistIR
import Quantization
import Simulation
import TestSupport
import Testing

/// HGQ's layers of tables against the outputs of HGQ, and sums of tables by themselves.
struct TableLayerTests {
  private static let models = [
    "lut_openml_770", "lut_openml_761", "lut_openml_761_traced", "lut_openml_753", "lut_cernbox_752", "lut_cernbox_737",
    "lut_tgc_2020", "lut_plf_32x16", "syn_conv1_same", "syn_dense_hl0", "syn_dense_relu_bn", "syn_einsum_bn",
  ]

  @Test(.enabled(if: SharedData.isAvailable, SharedData.absence), arguments: models)
  func computesWhatHGQComputes(name: String) throws {
    let file = "models/lut-layers/\(name).keras"
    let trained = try KerasFrontend.load(kerasArchive: SharedData.bytes(file), file: file, log: DiagnosticLog())
    let graph = try TrainedQuantizer.quantize(trained, log: DiagnosticLog())
    let inputs = try SharedData.array("vectors/lut-layers/\(name)/inputs.npy")
    let expected = try SharedData.array("vectors/lut-layers/\(name)/expected.npy")
    let result = try Simulator(graph).run(inputs.values, samples: inputs.shape[0])
    #expect(result.outputs == expected.values)
    // Large ones take long to lower without optimisation.
    guard name.hasPrefix("syn") || name == "lut_openml_753" else { return }
    let interpreter = NetlistInterpreter(try Lowering.lower(graph))
    let raw = result.quantizedInputs
    for sample in 0..<16 {
      let outputs = interpreter.outputs(for: (0..<raw.elements).map { raw.raw(sample: sample, element: $0) })
      #expect(outputs == (0..<graph.outputCount).map { result.outputValues.raw(sample: sample, element: $0) })
    }
  }

  /// Tables of one, two and no operands over two rows, wrapping and saturating.
  private func model() -> ModelGraph {
    let narrow = FixedPointType(width: 3, integerBits: 2, rounding: .roundHalfUp, overflow: .wrap)
    let wide = FixedPointType(width: 4, integerBits: 2, isSigned: false, rounding: .truncate, overflow: .saturate)
    let sums = TableSum(
      inputCount: 2,
      outputCount: 2,
      edges: [
        .init(operands: [.init(input: 0, type: narrow)], output: 0, table: 0),
        .init(operands: [.init(input: 1, type: wide), .init(input: 0, type: narrow)], output: 1, table: 1),
        .init(operands: [.init(input: 1, type: wide)], output: 0, table: 2),
        .init(operands: [], output: 1, table: 3),
      ],
      tables: [
        .init(entries: [0, 1, 4, 9, -16, -9, -4, -1], fractionBits: 2),
        .init(entries: (0..<128).map { Int64($0 * 37 % 101 - 50) }, fractionBits: 3),
        .init(entries: (0..<16).map { Int64($0 * $0) }, fractionBits: 0), .init(entries: [5], fractionBits: 1),
      ]
    )
    var graph = ModelGraph(name: "tables", source: .keras)
    let input = graph.append(.input, named: "x", inputs: [], shape: [2, 2], origin: Origin(file: "test"))
    let origin = Origin(file: "test")
    let output = graph.append(.tableSum(sums), named: "y", inputs: [input], shape: [2, 2], origin: origin)
    graph.outputs = [output]
    return graph
  }

  @Test func rowsShareTheirTables() throws {
    let model = model()
    try ModelGraphVerifier.verify(model)
    try expectTextRoundTrip(model)
    let graph = try TrainedQuantizer.quantize(model, log: DiagnosticLog())
    #expect(graph.nodes.contains { if case .map = $0.operation { true } else { false } })
    let simulator = try Simulator(graph)
    let interpreter = NetlistInterpreter(try Lowering.lower(graph))
    for step in 0..<200 {
      let event = (0..<4).map { Double((step * 31 + $0 * 77) % 97 - 48) / 16 }
      let expected = ReferenceEvaluator(model).evaluate(event, samples: 1).outputs
      let result = try simulator.run(event, samples: 1)
      #expect(result.outputs == expected)
      let raw = result.quantizedInputs
      let outputs = interpreter.outputs(for: (0..<4).map { raw.raw(sample: 0, element: $0) })
      #expect(outputs == (0..<4).map { result.outputValues.raw(sample: 0, element: $0) })
    }
  }

  @Test(arguments: [
    (TableSum(inputCount: 1, outputCount: 1, edges: [.init(operands: [], output: 0, table: 0)]), "reads table 0 of 0"),
    (
      TableSum(
        inputCount: 1,
        outputCount: 1,
        edges: [.init(operands: [.init(input: 0, type: .init(width: 2, integerBits: 2))], output: 0, table: 0)],
        tables: [.init(entries: [1, 2, 3], fractionBits: 0)]
      ), "2 bits for 3 entries"
    ), (TableSum(inputCount: 0, outputCount: 1), "0 inputs"),
  ])
  func whatDoesNotFitIsRefused(sums: TableSum, problem: String) throws {
    #expect(sums.problem?.contains(problem) == true)
  }
}
