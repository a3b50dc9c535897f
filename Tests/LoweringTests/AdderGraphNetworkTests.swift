import BenchmarkNetworks
import DataFiles
import FixedPoint
import FixedPointIR
import Lowering
import NetlistIR
import TestSupport
import Testing

@Suite(.enabled(if: SharedData.isAvailable, SharedData.absence))
struct AdderGraphNetworkTests {
  private func network(_ name: String) throws -> FixedPointGraph {
    try IntegerNetwork(json: SharedData.bytes("vectors/adder-graphs/\(name)/network.json")).graph()
  }

  @Test(arguments: ["p70_f6", "dense_f6"])
  func `the netlist of a jet tagger gives the expected bits`(name: String) throws {
    let graph = try network(name)
    let netlist = try Lowering.lower(graph)
    try NetlistVerifier.verify(netlist)
    let inputs = try SharedData.array("vectors/adder-graphs/\(name)/inputs.npy")
    let expected = try SharedData.array("vectors/adder-graphs/\(name)/expected.npy")
    let interpreter = NetlistInterpreter(netlist)
    let types = graph[graph.inputs[0]].types
    let results = graph[graph.outputs[0]].types
    let samples = name == "p70_f6" ? 100 : 20
    for sample in 0..<samples {
      let event = (0..<types.count).map { types[$0].quantize(inputs.values[sample * types.count + $0]).raw }
      let outputs = interpreter.outputs(for: event).enumerated().map { results[$0].value(ofRaw: $1) }
      #expect(outputs == Array(expected.values[sample * results.count..<(sample + 1) * results.count]))
    }
  }

  @Test func `threads do not change the netlist`() throws {
    let graph = try network("p70_f6")
    let one = try Lowering.lower(graph, options: LoweringOptions(threads: 1))
    let three = try Lowering.lower(graph, options: LoweringOptions(threads: 3))
    #expect(one.description == three.description)
  }
}
