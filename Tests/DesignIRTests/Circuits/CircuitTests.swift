import DesignIR
import FixedPoint
import NetlistIR
import Testing

@Suite struct CircuitTests {
  @Test func valuesLiveUntilTheirLastReader() throws {
    let circuit = SampleCircuit.circuit()
    try #require(circuit.netlist.values.count == 4)
    // `a` and the first sum wait one rank for the second sum; `b` is read where it enters; the output waits for the end.
    #expect(circuit.lastRanks == [1, 0, 1, 2])
    #expect(circuit.registerBits == 8 + 9 + 10)
    #expect((0..<4).map { circuit.stage(of: ValueID($0)) } == [0, 0, 0, 1])
  }

  @Test func outputsAreRegisteredOnceMorePerCycle() {
    let late = SampleCircuit.circuit(latency: 5)
    #expect(late.lastRanks == [1, 0, 1, 5])
    #expect(late.registerBits == SampleCircuit.circuit().registerBits + 3 * 10)
  }

  @Test func constantsNeedNoRegisters() throws {
    var builder = NetlistBuilder(name: "constant")
    builder.beginScope(NetlistScope(name: "c", kind: "Constant"))
    let five = builder.constant(5)
    builder.output(five, as: NetlistPort(tensor: "y", element: 0, type: SampleCircuit.byte))
    let circuit = Circuit(netlist: builder.netlist, stages: [0], latency: 3, clockPeriod: 5, worstStageDelay: 0)
    #expect(circuit.registerBits == 0)
    var evaluator = CircuitEvaluator(circuit)
    #expect(evaluator.step([]) == [5])
  }

  /// One event a cycle: each leaves `latency` cycles after it came, whatever follows it.
  @Test(arguments: [2, 3, 7]) func evaluatorKeepsEventsApart(latency: Int) {
    let circuit = SampleCircuit.circuit(latency: latency)
    let events: [[Int128]] = [[1, 2], [-128, -128], [127, 127], [0, 5], [-3, 4]]
    let expected = events.map { [2 * $0[0] + $0[1]] }
    var evaluator = CircuitEvaluator(circuit)
    var seen: [[Int128]] = []
    for cycle in 0..<(events.count + latency) {
      let outputs = evaluator.step(cycle < events.count ? events[cycle] : [0, 0])
      if cycle >= latency { seen.append(outputs) } else { #expect(outputs == [0]) }
    }
    #expect(seen == expected)
  }
}
