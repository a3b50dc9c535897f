/// Evaluates a model as it was trained, in double precision: the yardstick for every quantisation.
///
/// The graph must have passed ``ModelGraphVerifier``.
package struct ReferenceEvaluator: Sendable {
  /// Which tensors an evaluation returns.
  package enum Keeping: Sendable {
    /// Every tensor, as calibration needs them.
    case everything
    /// The model's outputs only; the others are freed once they have been read.
    case outputs
  }

  package let graph: ModelGraph
  /// Elements per sample of all inputs together.
  package let inputSize: Int
  /// Elements per sample of all outputs together.
  package let outputSize: Int

  package init(_ graph: ModelGraph) {
    self.graph = graph
    inputSize = graph.inputs.reduce(0) { $0 + graph[$1].count }
    outputSize = graph.outputs.reduce(0) { $0 + graph[$1].count }
  }

  /// Evaluates a batch.
  ///
  /// - Parameters:
  ///   - inputs: sample-major; per sample, all inputs one after the other in the model's order.
  ///   - samples: how many there are; `inputs` holds `samples · inputSize` values.
  ///   - keeping: what to return besides the outputs.
  package func evaluate(
    _ inputs: [Double],
    samples: Int,
    keeping: Keeping = .everything
  ) -> ModelActivations {
    precondition(inputs.count == samples * inputSize, "a batch of the wrong size")
    var activations = ModelActivations(samples: samples, values: Array(repeating: [], count: graph.tensors.count))
    var readers = graph.readerCounts
    var inputOffset = 0
    for node in graph.nodes {
      let count = graph[node.output].count
      if node.isInput {
        activations.values[node.output.index] = columns(
          inputOffset..<inputOffset + count,
          of: inputs,
          width: inputSize,
          samples: samples
        )
        inputOffset += count
      } else {
        activations.values[node.output.index] = evaluate(node, activations)
      }
      guard keeping == .outputs else { continue }
      for input in node.inputs {
        readers[input.index] -= 1
        if readers[input.index] == 0 { activations.values[input.index] = [] }
      }
    }
    activations.outputs = interleave(
      graph.outputs.map { (activations[$0], graph[$0].count) },
      outer: samples,
      total: outputSize
    )
    return activations
  }

  private func evaluate(_ node: ModelNode, _ activations: ModelActivations) -> [Double] {
    let operands = node.inputs.map { activations[$0] }
    let shapes = node.inputs.map { graph[$0].shape }
    switch node.operation {
    case .input: return []
    case .dense(let layer): return dense(layer, operands[0])
    case .batchNormalization(let layer): return batchNormalization(layer, operands[0], count: graph[node.output].count)
    case .affine(let layer): return affine(layer, operands[0], count: graph[node.output].count)
    case .activation(let function): return activation(function, operands[0], shape: shapes[0])
    case .reshape: return operands[0]
    case .concatenate(let axis):
      let outer = shapes[0][..<axis].reduce(activations.samples, *)
      let parts = zip(operands, shapes).map { ($0, $1[axis...].reduce(1, *)) }
      return interleave(parts, outer: outer, total: graph[node.output].shape[axis...].reduce(1, *))
    case .merge(let kind): return merge(kind, operands)
    case .quantize(let quantizer):
      let count = graph[node.output].count
      return operands[0].enumerated().map { quantizer.value(of: $1, element: $0 % count) }
    case .gather(let sources):
      let count = graph[node.inputs[0]].count
      return (0..<activations.samples).flatMap { sample in sources.map { operands[0][sample * count + $0] } }
    case .normalize(let norm): return normalized(operands[0], by: norm, width: graph[node.output].shape.last ?? 1)
    case .treeEnsemble(let ensemble): return treeEnsemble(ensemble, operands[0])
    case .tableSum(let sums): return tableSums(sums, operands[0])
    case .convolution(let layer): return convolution(layer, operands[0], shape: shapes[0])
    case .pool(let layer): return pooling(layer, operands[0], shape: shapes[0])
    case .reduce(let layer): return reduction(layer, operands[0], shape: shapes[0])
    case .pad(let layer): return padded(layer, operands[0], shape: shapes[0])
    case .product(let product):
      return product.evaluate(operands[0], operands[1], shapes: shapes, samples: activations.samples)
    case .embedding(let layer): return layer.evaluate(operands[0])
    case .recurrence(let layer):
      let cell = RecurrentCell(layer, name: node.name, origin: node.origin, source: graph.source).graph
      return RecurrentEvaluation(layer, steps: shapes[0][0], cell: cell).run(operands, samples: activations.samples)
    }
  }
}
