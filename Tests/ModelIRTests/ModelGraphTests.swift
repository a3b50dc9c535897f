import Diagnostics
import ModelIR
import Testing

@Suite struct DeadNodeEliminationTests {
  @Test func removesWhatNobodyReads() throws {
    var graph = ModelGraph(name: "dead", source: .onnx)
    let a = graph.append(.input, named: "a", inputs: [], shape: [2], origin: here)
    graph.append(.input, named: "unused", inputs: [], shape: [1], origin: here)
    let live = graph.append(.activation(.tanh), named: "live", inputs: [a], shape: [2], origin: here)
    let dead = graph.append(.activation(.tanh), named: "dead", inputs: [live], shape: [2], origin: here)
    graph.append(.merge(.add), named: "deader", inputs: [dead, live], shape: [2], origin: here)
    graph.outputs = [live]
    #expect(DeadNodeElimination.run(&graph))
    #expect(graph.nodes.map(\.name) == ["a", "unused", "live"])
    #expect(!DeadNodeElimination.run(&graph))
    try ModelGraphVerifier.verify(graph)
    #expect(ReferenceEvaluator(graph).evaluate([0, 0, 5], samples: 1).outputs == [0, 0])
  }
}

@Suite struct ShapeInferenceTests {
  @Test func reshapeResolvesOneOpenExtent() throws {
    let rules = ShapeInference(layer: "r", origin: here)
    #expect(try rules.reshape([4, 6], to: [-1, 8]) == [3, 8])
    #expect(try rules.reshape([4, 6], to: [24]) == [24])
    #expect(throws: Diagnostic.self) { try rules.reshape([4, 6], to: [-1, 7]) }
    #expect(throws: Diagnostic.self) { try rules.reshape([4, 6], to: [-1, -1]) }
    #expect(throws: Diagnostic.self) { try rules.reshape([4, 6], to: [0, -1]) }
    #expect(throws: Diagnostic.self) { try rules.reshape([4, 6], to: [Int.max, Int.max]) }
  }
}
