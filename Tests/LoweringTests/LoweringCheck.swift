import Diagnostics
import FixedPoint
import FixedPointIR
import Lowering
import NetlistIR
import TestSupport
import Testing

/// Lowers a graph and compares the netlist with the evaluator of the fixed-point graph, event by event.
func expectSameBits(
  _ graph: FixedPointGraph,
  events: [[Double]],
  options: LoweringOptions = LoweringOptions(),
  _ comment: Comment? = nil,
  sourceLocation: SourceLocation = #_sourceLocation
) throws {
  try FixedPointGraphVerifier.verify(graph)
  let netlist = try Lowering.lower(graph, options: options)
  try NetlistVerifier.verify(netlist)
  let evaluator = FixedPointEvaluator(graph)
  let interpreter = NetlistInterpreter(netlist)
  for event in events {
    let evaluation = evaluator.evaluate(event)
    let inputs = graph.inputs.flatMap { evaluation.raw[$0.index] }
    let expected = graph.outputs.flatMap { evaluation.raw[$0.index] }
    let outputs = interpreter.outputs(for: inputs)
    if outputs != expected {
      let text = comment.map { "\($0.rawValue)\n" } ?? ""
      Issue.record(
        "\(text)inputs \(inputs)\ngives \(outputs)\nnot \(expected)\n\(graph)",
        sourceLocation: sourceLocation
      )
      return
    }
  }
}
