import FixedPoint
import FixedPointIR
import NetlistIR

extension GraphLowering {
  /// The kernel built anew at every point, of what stands there: constants outside the tensor fold away.
  mutating func mapOutputs(_ map: MapOperation, _ node: FixedNode, index: Int) -> [ValueID] {
    var results: [ValueID] = []
    map.forEachPoint { number, point in
      let operands = map.accesses.enumerated().map { input, access in
        access.sources(at: point, shape: graph[node.inputs[input]].shape).map { source in
          source.map { x(node, $0, input: input) }
            ?? builder.scaled(access.padding ?? ExactValue(raw: 0, fractionBits: 0))
        }
      }
      let values = fire(map.body, ofNode: index, operands: operands, firstElement: results.count)
      results += retyped(values.flatMap { $0 }, of: node, firstElement: results.count)
    }
    return results
  }

  /// The kernel built anew for every step, each on the states of the step before.
  mutating func scanOutputs(_ scan: ScanOperation, _ node: FixedNode, index: Int) -> [ValueID] {
    let length = scan.body[scan.result].count
    var states = scan.initialValues.map { $0.map { builder.scaled($0) } }
    if scan.startsFromOperands {
      for state in states.indices {
        states[state] = states[state].indices.map { x(node, $0, input: scan.slicedOperandCount + state) }
      }
    }
    var results = [[ScaledValue]](repeating: [], count: scan.steps)
    for step in 0..<scan.steps {
      let slice = scan.slice(ofStep: step)
      let operands = (0..<scan.slicedOperandCount).map { input in
        let count = graph[node.inputs[input]].count / scan.steps
        return (slice * count..<(slice + 1) * count).map { x(node, $0, input: input) }
      }
      let values = fire(scan.body, ofNode: index, operands: states + operands, firstElement: slice * length)
      states = Array(values.prefix(scan.stateCount))
      results[slice] = values[scan.stateCount]
    }
    guard scan.returnsAll else {
      return retyped(results[scan.slice(ofStep: scan.steps - 1)], of: node, firstElement: 0)
    }
    return results.enumerated().flatMap { retyped($1, of: node, firstElement: $0 * length) }
  }

  /// Results of a kernel in the types of the node's output.
  private mutating func retyped(_ values: [ScaledValue], of node: FixedNode, firstElement: Int) -> [ValueID] {
    values.enumerated().map { offset, value in
      builder.element = Int32(firstElement + offset)
      return builder.requantize(value, to: outputType(node, firstElement + offset))
    }
  }

  /// Builds the kernel of a node once; returns its outputs.
  private mutating func fire(
    _ body: FixedPointGraph,
    ofNode index: Int,
    operands: [[ScaledValue]],
    firstElement: Int
  ) -> [[ScaledValue]] {
    guard let analysis = analysis.kernels[index], let plans = plans.kernels[index], let trees = trees.kernels[index]
    else {
      preconditionFailure("every kernel is analysed and planned")
    }
    var kernel = GraphLowering(graph: body, analysis: analysis, plans: plans, trees: trees, builder: builder)
    kernel.constantProducts = constantProducts
    kernel.tablePlans = tablePlans
    kernel.extraDepth = extraDepth
    let outer = builder.firstElement
    kernel.builder.firstElement = outer + Int32(firstElement)
    var next = 0
    for (index, node) in body.nodes.enumerated() {
      kernel.builder.element = -1
      if case .input = node.operation {
        kernel.values[node.output.index] = operands[next].enumerated().map { element, value in
          kernel.builder.raw(of: value, on: body[node.output].types[element].fractionBits)
        }
        next += 1
      } else {
        kernel.values[node.output.index] = kernel.outputs(of: node, index: index)
      }
    }
    builder = kernel.builder
    builder.firstElement = outer
    constantProducts = kernel.constantProducts
    tablePlans = kernel.tablePlans
    return body.outputs.map { id in
      kernel.values[id.index].enumerated().map { element, value in
        builder.scaled(value, fractionBits: body[id].types[element].fractionBits, range: analysis[id][element])
      }
    }
  }
}
