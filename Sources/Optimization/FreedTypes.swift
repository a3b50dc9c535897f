import Diagnostics
import FixedPoint
import ModelIR

extension ModelGraph {
  /// A model that brings trained types, without them: its weights stay what training made of them, its values become real.
  ///
  /// Values that training had dropped stay dropped.
  func freedOfTypes() throws -> ModelGraph {
    var free = self
    var source = (0..<tensors.count).map { TensorID($0) }
    for index in free.nodes.indices {
      for place in free.nodes[index].inputs.indices {
        free.nodes[index].inputs[place] = source[free.nodes[index].inputs[place].index]
      }
      switch free.nodes[index].operation {
      case .quantize(let quantizer):
        let node = free.nodes[index]
        if let scaling = quantizer.scaling, scaling.factor != 1 || scaling.offset != 0 {
          throw Diagnostic.error(
            "unsupported-optimization",
            "'\(node.name)' scales what it quantises, and is more than a type",
            at: node.origin,
            hint: "compile this model as it was trained"
          )
        }
        let live = quantizer.types.map { $0.width > 0 ? 1.0 : 0.0 }
        if live.allSatisfy({ $0 == 1 }) {
          source[node.output.index] = node.inputs[0]
        } else {
          let count = free[node.output].count
          let scale = live.count == 1 ? Array(repeating: live[0], count: count) : live
          free.nodes[index].operation = .affine(
            AffineLayer(scale: ParameterTensor(shape: free[node.output].shape, values: scale), bias: nil)
          )
        }
      case .dense(var layer):
        layer.types = .none
        free.nodes[index].operation = .dense(layer)
      case .convolution(var layer):
        layer.types = .none
        free.nodes[index].operation = .convolution(layer)
      case .input, .batchNormalization, .affine, .activation, .reshape, .concatenate, .merge, .gather, .normalize,
        .treeEnsemble, .tableSum, .pool, .reduce, .pad, .recurrence, .product, .embedding:
        break
      }
    }
    free.outputs = outputs.map { source[$0.index] }
    DeadNodeElimination.run(&free)
    return free
  }
}
