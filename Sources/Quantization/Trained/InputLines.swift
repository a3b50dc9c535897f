import ModelIR

/// Lets a quantiser see the model's inputs through the scale and the offset before it: `q(x · 2 - 1)` is computed where the
/// numbers are quantised for the ports, in float32 as the framework does.
enum InputLines {
  static func folded(_ model: ModelGraph) -> ModelGraph {
    var result = model
    let readers = model.readerCounts
    let makers = Dictionary(model.nodes.enumerated().map { ($1.output, $0) }) { first, _ in first }
    for (index, node) in model.nodes.enumerated() {
      guard case .quantize(let quantizer) = node.operation, quantizer.scaling == nil,
        let line = line(before: node, model, makers, readers)
      else { continue }
      let scaler = Float(1 / line.scale)
      result.nodes[index].operation = .quantize(
        TensorQuantizer(
          types: quantizer.types,
          scaling: QuantizerScaling(
            scaler: scaler,
            zeroPoint: Float(line.offset),
            factor: Float(line.scale),
            offset: Float(line.offset)
          )
        )
      )
      for step in line.steps { result.nodes[step].operation = .activation(.linear) }
    }
    return result
  }

  private struct Line {
    var scale = 1.0
    var offset = 0.0
    /// The nodes that scale and shift.
    var steps: [Int] = []
  }

  /// A power of two and one offset between an input and the node; nil where there is something else, or nothing.
  private static func line(
    before node: ModelNode,
    _ model: ModelGraph,
    _ makers: [TensorID: Int],
    _ readers: [Int]
  ) -> Line? {
    var line = Line()
    var source = node.inputs[0]
    while let index = makers[source] {
      let maker = model.nodes[index]
      switch maker.operation {
      case .input: return line.steps.isEmpty ? nil : line
      case .reshape, .gather, .activation(.linear): break
      case .affine(let layer):
        let (scale, bias) = (layer.scale?.values ?? [1], layer.bias?.values ?? [0])
        guard scale.count == 1, bias.count == 1, scale[0] > 0, scale[0].significand == 1,
          line.offset == 0 || bias[0] == 0
        else { return nil }
        // What comes later multiplies what was added before.
        line.offset += bias[0] * line.scale
        line.scale *= scale[0]
        line.steps.append(index)
      case .dense, .batchNormalization, .activation, .concatenate, .merge, .quantize, .normalize, .treeEnsemble,
        .tableSum, .convolution, .pool, .reduce, .pad, .recurrence, .product, .embedding:
        return nil
      }
      guard readers[source.index] == 1 else { return nil }
      source = maker.inputs[0]
    }
    return nil
  }
}
