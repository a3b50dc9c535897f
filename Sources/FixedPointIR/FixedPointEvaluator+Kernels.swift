import FixedPoint

extension OperationRun {
  /// Fires the kernel at every point of the domain.
  mutating func mapValues(_ map: MapOperation) -> [ExactValue] {
    let kernel = FixedPointEvaluator(map.body)
    var results: [ExactValue] = []
    map.forEachPoint { _, point in
      let operands = map.accesses.enumerated().map { input, access in
        access.sources(at: point, shape: graph[node.inputs[input]].shape).map { source in
          source.map { x($0, input: input) } ?? access.padding ?? ExactValue(raw: 0, fractionBits: 0)
        }
      }
      let evaluation = kernel.fire(operands)
      overflows += evaluation.overflows.reduce(0, +)
      results += map.body.outputs.flatMap { evaluation.values(of: $0, in: map.body) }
    }
    return results
  }

  /// Fires the kernel at every step.
  mutating func scanValues(_ scan: ScanOperation) -> [ExactValue] {
    let kernel = FixedPointEvaluator(scan.body)
    var states = scan.initialValues
    if scan.startsFromOperands {
      for state in states.indices {
        states[state] = states[state].indices.map { x($0, input: scan.slicedOperandCount + state) }
      }
    }
    var results = [[ExactValue]](repeating: [], count: scan.steps)
    for step in 0..<scan.steps {
      let slice = scan.slice(ofStep: step)
      let operands = (0..<scan.slicedOperandCount).map { input in
        let length = graph[node.inputs[input]].count / scan.steps
        return (slice * length..<(slice + 1) * length).map { x($0, input: input) }
      }
      let evaluation = kernel.fire(states + operands)
      overflows += evaluation.overflows.reduce(0, +)
      states = scan.body.outputs.prefix(scan.stateCount).map { evaluation.values(of: $0, in: scan.body) }
      results[slice] = evaluation.values(of: scan.result, in: scan.body)
    }
    return scan.returnsAll ? results.flatMap { $0 } : results[scan.slice(ofStep: scan.steps - 1)]
  }
}

extension FixedPointEvaluator.Evaluation {
  /// The elements of a tensor as numbers.
  func values(of id: FixedTensorID, in graph: FixedPointGraph) -> [ExactValue] {
    raw[id.index].enumerated().map { ExactValue(raw: $1, fractionBits: graph[id].types[$0].fractionBits) }
  }
}

extension ScanOperation {
  /// The states before the first step, as numbers.
  package var initialValues: [[ExactValue]] {
    zip(initialStates, body.inputs).map { initial, input in
      let types = body[input].types
      return (0..<types.count).map { ExactValue(raw: Int128(initial[$0]), fractionBits: types[$0].fractionBits) }
    }
  }
}
