import DesignIR
import FixedPoint
import NetlistIR
import Testing

@Suite struct CircuitVerifierTests {
  @Test func goodCircuitsPass() throws {
    try CircuitVerifier.verify(SampleCircuit.circuit())
    try CircuitVerifier.verify(SampleCircuit.circuit(stages: [0, 0, 0, 0], latency: 1))
  }

  @Test(
    arguments: [
      ([0, 0, 0, 1], 0, "a latency of at least 1"),
      ([0, 0, 1], 2, "a stage for every value"),
      ([0, 0, 0, 2], 2, "value 3 stands in stage 2 of 2"),
      ([0, 0, -1, 0], 2, "value 2 stands in stage -1 of 2"),
      ([0, 1, 1, 1], 2, "input value 1 stands in stage 1"),
      ([0, 0, 1, 0], 2, "value 3 of stage 0 reads value 2 of a later stage"),
    ] as [([Int32], Int, String)]
  )
  func badStagesAreFound(stages: [Int32], latency: Int, message: String) throws {
    let defect = try #require(throws: CircuitDefect.self) {
      try CircuitVerifier.verify(SampleCircuit.circuit(stages: stages, latency: latency))
    }
    #expect(defect.description.contains(message), "\(defect)")
  }

  @Test func outputsMustHoldWhatArrives() throws {
    var circuit = SampleCircuit.circuit()
    circuit.netlist.outputs[0].port.type = SampleCircuit.byte
    let defect = try #require(throws: CircuitDefect.self) { try CircuitVerifier.verify(circuit) }
    #expect(defect.description.contains("element 0 of 'y'"), "\(defect)")
  }
}
