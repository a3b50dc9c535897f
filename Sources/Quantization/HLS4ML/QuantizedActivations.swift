import ModelIR

/// QKeras's activations as hls4ml reads them: one layer that computes a function, whose type the configuration gives.
enum QuantizedActivations {
  /// The model with one node in place of those that a quantiser of activations became.
  static func fused(_ model: ModelGraph) -> ModelGraph {
    var result = model
    let readers = model.readerCounts
    let makers = Dictionary(model.nodes.enumerated().map { ($1.output, $0) }) { first, _ in first }
    var removed = Set<Int>()
    for (index, node) in model.nodes.enumerated() {
      guard case .quantize = node.operation, node.layerClass == quantizerClass else { continue }
      var function = ActivationFunction.linear
      var source = node.inputs[0]
      // Its parts stand before it, called after it.
      while let maker = makers[source], readers[source.index] == 1, model.nodes[maker].isPart(of: node),
        case .activation(let part) = model.nodes[maker].operation
      {
        if part.hls4ml != nil { function = part }
        removed.insert(maker)
        source = model.nodes[maker].inputs[0]
      }
      result.nodes[index].operation = .activation(function)
      result.nodes[index].inputs = [source]
    }
    result.nodes = result.nodes.enumerated().filter { !removed.contains($0.offset) }.map(\.element)
    return result
  }

  /// The class of the nodes that the Keras frontend makes of them.
  static let quantizerClass = "QActivation"
}

extension ModelNode {
  fileprivate func isPart(of node: ModelNode) -> Bool {
    layerClass == node.layerClass && name.hasPrefix("\(node.name)_")
  }
}

extension ModelOperator {
  /// The types that training settled for weights and biases.
  var parameterTypes: ParameterTypes {
    switch self {
    case .dense(let layer): layer.types
    case .convolution(let layer): layer.types
    case .input, .batchNormalization, .affine, .activation, .reshape, .concatenate, .merge, .quantize, .gather,
      .normalize, .treeEnsemble, .tableSum, .pool, .reduce, .pad, .recurrence, .product, .embedding:
      .none
    }
  }
}
