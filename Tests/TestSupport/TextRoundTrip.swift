import Fuzzing
import ModelIR
import Testing

/// A model's text gives the same text again, and a model that computes the same on random inputs, to the bit.
package func expectTextRoundTrip(_ graph: ModelGraph, sourceLocation: SourceLocation = #_sourceLocation) throws {
  let text = graph.description
  let parsed = try ModelGraph(parsing: text, file: "round trip")
  #expect(parsed.description == text, sourceLocation: sourceLocation)
  #expect(parsed.nodes.map(\.name) == graph.nodes.map(\.name), sourceLocation: sourceLocation)
  #expect(parsed.parameterCount == graph.parameterCount, sourceLocation: sourceLocation)
  var generator = SeededGenerator(seed: 1)
  let evaluator = ReferenceEvaluator(graph)
  let inputs = (0..<4 * evaluator.inputSize).map { _ in Double.random(in: -2...2, using: &generator) }
  let expected = evaluator.evaluate(inputs, samples: 4).outputs.map(\.bitPattern)
  let found = ReferenceEvaluator(parsed).evaluate(inputs, samples: 4).outputs.map(\.bitPattern)
  #expect(found == expected, sourceLocation: sourceLocation)
}
