import DesignIR
import Devices
import NetlistIR
import Testing
import Verification
import VerilogBackend

@Suite("Random circuits answer alike on every level") struct RandomCircuitTests {
  @Test(
    "netlist == circuit == Verilator",
    .enabled(if: ExternalTool.verilator.isAvailable, "Verilator is not installed"),
    arguments: [UInt64(1), 2, 3]
  )
  func verilator(seed: UInt64) async throws {
    let (circuit, events) = RandomCircuit.make(seed: seed, count: 600, events: 300)
    let expected = events.map(NetlistInterpreter(circuit.netlist).outputs)
    #expect(Self.evaluate(circuit, events) == expected)

    let files = try VerilogBackend.emit(circuit, options: .test("random"))
    let result = try await VerilatorRun(circuit, files: files, top: "random").outputs(for: events)
    let differences = zip(result.outputs, expected).enumerated().filter { $0.element.0 != $0.element.1 }
    #expect(differences.isEmpty, "first: \(differences.first.map { "\($0)" } ?? "")")
    #expect(result.latency == circuit.latency)
    #expect(result.initiationInterval == 1)
  }

  @Test("the cycle-accurate evaluator agrees with the interpreter", arguments: 10..<30)
  func evaluator(seed: Int) {
    let (circuit, events) = RandomCircuit.make(seed: UInt64(seed), count: 150, events: 20)
    #expect(Self.evaluate(circuit, events) == events.map(NetlistInterpreter(circuit.netlist).outputs))
  }

  private static func evaluate(_ circuit: Circuit, _ events: [[Int128]]) -> [[Int128]] {
    var evaluator = CircuitEvaluator(circuit)
    let idle = [[Int128]](repeating: events[0], count: circuit.latency)
    return Array((events + idle).map { evaluator.step($0) }.dropFirst(circuit.latency))
  }
}
