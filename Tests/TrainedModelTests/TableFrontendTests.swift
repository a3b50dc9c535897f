import DataFiles
import Diagnostics
import FixedPoint
import FixedPointIR
import Fuzzing
import Lowering
import ModelIR
import NetlistIR
import Quantization
import Simulation
import TableFrontends
import TestSupport
import Testing

/// Networks of tables in JSON, against the outputs of the tools that made them.
struct TableFrontendTests {
  private static let models = [
    "kan_wine", "kan_rl", "kan_jsc_openml", "kan_jsc_cernbox", "dwn_jsc_t4_300_100", "dwn_jsc_t200_50",
  ]

  private func graph(_ text: String, configuration: String? = nil) throws -> ModelGraph {
    let document = try DocumentValue(json: Array(text.utf8), file: "net.json")
    #expect(TableFrontend.recognises(document))
    let beside = try configuration.map { try DocumentValue(json: Array($0.utf8), file: "net.config.json") }
    return try TableFrontend.model(document, configuration: beside)
  }

  @Test(.enabled(if: SharedData.isAvailable, SharedData.absence), arguments: models)
  func computesWhatItsToolComputes(name: String) throws {
    let file = "models/lut-layers/\(name).json"
    let document = try DocumentValue(json: SharedData.bytes(file), file: file)
    let beside = "models/lut-layers/\(name).config.json"
    let configuration =
      try TableFrontend.needsConfiguration(document)
      ? DocumentValue(json: SharedData.bytes(beside), file: beside) : nil
    let model = try TableFrontend.model(document, configuration: configuration)
    try expectTextRoundTrip(model)
    let inputs = try SharedData.array("vectors/lut-layers/\(name)/inputs.npy")
    let expected = try SharedData.array("vectors/lut-layers/\(name)/expected.npy")
    #expect(ReferenceEvaluator(model).evaluate(inputs.values, samples: inputs.shape[0]).outputs == expected.values)
    let graph = try TrainedQuantizer.quantize(model, log: DiagnosticLog())
    let result = try Simulator(graph).run(inputs.values, samples: inputs.shape[0])
    #expect(result.outputs == expected.values)
    // Large ones take long to lower without optimisation.
    guard ["kan_wine", "dwn_jsc_t200_50"].contains(name) else { return }
    let interpreter = NetlistInterpreter(try Lowering.lower(graph))
    let raw = result.quantizedInputs
    for sample in 0..<16 {
      let outputs = interpreter.outputs(for: (0..<raw.elements).map { raw.raw(sample: sample, element: $0) })
      #expect(outputs == (0..<graph.outputCount).map { result.outputValues.raw(sample: sample, element: $0) })
    }
  }

  /// Two inputs of two bits, a neuron that compares them, and one that says so with a sign.
  private static func truthTables(coding: String) -> String {
    let less = (0..<16).map { address in
      let (a, b) = (address >> 2, address & 3)
      // Offset codes grow with their numbers; patterns of negative numbers are the larger ones.
      let rank = { (code: Int) in coding == "offset" ? code : (code + 2) & 3 }
      return rank(a) < rank(b) ? "1" : "0"
    }
    return """
      {"kind": "truth-tables", "inputs": 2, "input_type": "fixed<2,2,TRN,SAT>", "output_type": "fixed<2,1>",
       "coding": "\(coding)",
       "layers": [{"bits": 1, "neurons": [{"inputs": [0, 1], "table": [\(less.joined(separator: ", "))]}]},
                  {"neurons": [{"inputs": [0], "table": [\(coding == "offset" ? "0, 3" : "2, 1")]}]}]}
      """
  }

  @Test(arguments: ["pattern", "offset"]) func truthTablesKnowTwoCodings(coding: String) throws {
    let model = try graph(Self.truthTables(coding: coding))
    let simulator = try Simulator(try TrainedQuantizer.quantize(model, log: DiagnosticLog()))
    for a in -3...2 {
      for b in -3...2 {
        let expected = min(max(a, -2), 1) < min(max(b, -2), 1) ? 0.5 : -1
        #expect(try simulator.run([Double(a), Double(b)], samples: 1).outputs == [expected])
      }
    }
  }

  private static let kan = """
    {"0_0_0": {"acive": 1, "values_int": [3, -9, 0, 5]}, "0_1_0": {"acive": 0, "values_int": [1, 1, 1, 1]}}
    """
  private static let kanShape = #"{"layers": [2, 1], "layers_bitwidth": [2, 3]}"#
  private static let dwn = """
    {"kind": "dwn", "inputs": 2, "thresholds": [[0.1, -0.25], [1e-3]], "classes": ["a", "b"],
     "layers": [{"mapping": [[0, 2], [1, 0]], "tables": ["0110", "0001"]}]}
    """

  @Test func inactiveEdgesCountNothingAndSumsAreClamped() throws {
    let model = try graph(Self.kan, configuration: Self.kanShape)
    let simulator = try Simulator(try TrainedQuantizer.quantize(model, log: DiagnosticLog()))
    for (code, expected) in [(0.0, 3.0), (1, -4), (2, 0), (3, 3)] {
      #expect(try simulator.run([code, 2], samples: 1).outputs == [expected])
    }
  }

  /// Comparisons are those of single precision, at the threshold and next to it.
  @Test func thermometersKeepEveryComparison() throws {
    let model = try graph(Self.dwn)
    let simulator = try Simulator(try TrainedQuantizer.quantize(model, log: DiagnosticLog()))
    let numbers = [0.1, -0.25, 1e-3].map { Float($0) }.flatMap { [$0, $0.nextUp, $0.nextDown, -$0, $0 * 40] }
    for a in numbers {
      for b in numbers {
        let bits = [Double(a) > 0.1, Double(a) > -0.25, Double(b) > 1e-3]
        let expected: [Double] = [bits[0] != bits[2] ? 1 : 0, bits[0] && bits[1] ? 1 : 0]
        #expect(try simulator.run([Double(a), Double(b)], samples: 1).outputs == expected)
      }
    }
  }

  @Test func theShapeOfAKANIsAskedFor() {
    #expect(throws: Diagnostic.self) { try graph(Self.kan) }
  }

  /// Damaged files are read or refused, and never stop the program.
  @Test(arguments: [kan, kanShape, dwn, truthTables(coding: "offset")]) func damageIsRefused(text: String) throws {
    var generator = RandomFixedPointGraph(seed: 7)
    let tokens = ["-1", "0", "7", "1e30", "null", "\"x\"", "[]", "{}", "[[]]", "true", "99999999", ""]
    for _ in 0..<300 {
      var bytes = Array(text.utf8)
      let start = generator.int(0...bytes.count - 1)
      let length = generator.int(0...min(12, bytes.count - start))
      bytes.replaceSubrange(start..<start + length, with: tokens[generator.int(0...tokens.count - 1)].utf8)
      do {
        let isShape = text == Self.kanShape
        let document = try DocumentValue(json: isShape ? Array(Self.kan.utf8) : bytes, file: "net.json")
        let shape = try DocumentValue(json: isShape ? bytes : Array(Self.kanShape.utf8), file: "net.config.json")
        guard TableFrontend.recognises(document) else { continue }
        let model = try TableFrontend.model(document, configuration: shape)
        _ = try TrainedQuantizer.quantize(model, log: DiagnosticLog())
      } catch is Diagnostic {}
    }
  }
}
