/// Runs a recurrent layer step by step in double precision.
package struct RecurrentEvaluation {
  private let layer: RecurrentLayer
  private let steps: Int
  private let cell: ReferenceEvaluator

  /// - Parameter cell: the layer's ``RecurrentCell``.
  package init(_ layer: RecurrentLayer, steps: Int, cell: ModelGraph) {
    self.layer = layer
    self.steps = steps
    self.cell = ReferenceEvaluator(cell)
  }

  /// The layer's results for a batch.
  ///
  /// - Parameters:
  ///   - operands: the layer's, each sample-major.
  ///   - record: receives what the cell reads at every step, sample-major.
  package func run(_ operands: [[Double]], samples: Int, record: ([Double]) -> Void = { _ in }) -> [Double] {
    let units = layer.units
    var states = (0..<layer.stateCount).map { state in
      layer.startsFromOperands
        ? operands[layer.firstStateOperand + state] : [Double](repeating: 0, count: samples * units)
    }
    let width = layer.resultSize
    var results = [[Double]](repeating: [], count: steps)
    for number in 0..<steps {
      let slice = layer.slice(ofStep: number, of: steps)
      var inputs: [Double] = []
      inputs.reserveCapacity(samples * cell.inputSize)
      for sample in 0..<samples {
        for state in states { inputs += state[sample * units..<(sample + 1) * units] }
        let first = (sample * steps + slice) * layer.inputSize
        inputs += operands[0][first..<first + layer.inputSize]
        if layer.isMasked { inputs.append(operands[1][sample * steps + slice]) }
      }
      record(inputs)
      let outputs = cell.evaluate(inputs, samples: samples, keeping: .outputs).outputs
      let stride = cell.outputSize
      func part(_ offset: Int, _ count: Int) -> [Double] {
        (0..<samples).flatMap { outputs[$0 * stride + offset..<$0 * stride + offset + count] }
      }
      for state in states.indices { states[state] = part(state * units, units) }
      results[slice] = part(states.count * units, width)
    }
    guard layer.returnsAll else { return results[layer.slice(ofStep: steps - 1, of: steps)] }
    return (0..<samples).flatMap { sample in
      results.flatMap { $0[sample * width..<(sample + 1) * width] }
    }
  }
}
