import Diagnostics
import FixedPoint
import FixedPointIR

/// Executes a ``FixedPointGraph`` on batches of samples: exactly, and on all cores.
///
/// The graph is decoded once. A run cuts the batch into tiles that stay in the caches, and gives them to threads;
/// beyond inputs and outputs it needs the memory of one tile per thread.
package struct Simulator: Sendable {
  private let plan: SimulationPlan
  private let graph: FixedPointGraph

  /// - Throws: a ``Diagnostic`` that names the layer, for graphs that are malformed or compute values of more than
  ///   125 bits.
  package init(_ graph: FixedPointGraph) throws {
    _ = OpenBLAS.useOneThread
    try FixedPointGraphVerifier.verify(graph)
    self.graph = graph
    plan = try SimulationPlan(graph)
  }

  /// Evaluates a batch.
  ///
  /// - Parameters:
  ///   - inputs: for each sample, the elements of all model inputs in the graph's order.
  ///   - samples: the number of samples.
  /// - Throws: a ``Diagnostic`` if `inputs` has the wrong length or holds a NaN.
  package func run(
    _ inputs: [Double],
    samples: Int,
    options: SimulationOptions = SimulationOptions()
  ) throws -> SimulationResult {
    let elements = graph.inputCount
    let (expected, overflow) = elements.multipliedReportingOverflow(by: samples)
    guard samples >= 0, !overflow, inputs.count == expected else {
      throw Diagnostic.error(
        "wrong-input-size",
        "\(inputs.count) input values are not \(samples) samples of \(elements) elements"
      )
    }
    let inputs = graph.inputConversion.numbers(inputs, elements: elements)
    let batch = BatchRun(graph: graph, plan: plan, inputs: inputs, samples: samples, options: options)
    let outcome = batch.run()
    if let index = outcome.firstNaN {
      throw Diagnostic.error(
        "input-not-a-number",
        "the input is not a number (sample \(index / elements), element \(index % elements))",
        hint: "replace NaN by numbers before the simulation"
      )
    }
    return SimulationResult(
      samples: samples,
      outputValues: outcome.outputs,
      trace: outcome.trace,
      overflows: outcome.overflows,
      inputs: inputs,
      inputTypes: graph.inputs.flatMap { graph[$0].types.all }
    )
  }
}
