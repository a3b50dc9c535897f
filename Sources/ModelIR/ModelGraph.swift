import Diagnostics

/// Names a tensor of one ``ModelGraph``.
package struct TensorID: Hashable, Sendable, Comparable {
  package let index: Int
  package init(_ index: Int) { self.index = index }
  package static func < (a: TensorID, b: TensorID) -> Bool { a.index < b.index }
}

/// A value that flows between layers.
package struct ModelTensor: Hashable, Sendable {
  package var name: String
  /// Extents without the batch dimension, channels last.
  ///
  /// A scalar per event has shape `[1]`.
  package var shape: [Int]

  package init(name: String, shape: [Int]) {
    self.name = name
    self.shape = shape
  }

  /// Elements per event.
  package var count: Int { shape.reduce(1, *) }
}

/// One layer: an operator, the tensors it reads and the one it makes.
package struct ModelNode: Sendable {
  /// Unique in the graph; the key of `LayerName` in an hls4ml configuration.
  package var name: String
  package var operation: ModelOperator
  package var inputs: [TensorID]
  package var output: TensorID
  /// Where it stands in the user's files.
  package var origin: Origin
  /// What the file calls this kind of layer, such as `ReLU`; nil where it is part of another layer, or not known.
  package var layerClass: String?

  package init(
    name: String,
    operation: ModelOperator,
    inputs: [TensorID],
    output: TensorID,
    origin: Origin,
    layerClass: String? = nil
  ) {
    self.name = name
    self.operation = operation
    self.inputs = inputs
    self.output = output
    self.origin = origin
    self.layerClass = layerClass
  }
}

/// A model as it was trained: layers, float weights, shapes.
///
/// Nothing is quantised here.
///
/// Nodes stand in topological order. Every model input is made by a node of its own whose operator is `.input`.
package struct ModelGraph: Sendable {
  package var name: String
  /// What the graph was read from; it decides a few details of hls4ml's conventions.
  package var source: ModelSource
  package var tensors: [ModelTensor] = []
  package var nodes: [ModelNode] = []
  /// The tensors that the model returns, in the model's order.
  package var outputs: [TensorID] = []

  package init(name: String, source: ModelSource) {
    self.name = name
    self.source = source
  }

  package subscript(_ id: TensorID) -> ModelTensor {
    get { tensors[id.index] }
    set { tensors[id.index] = newValue }
  }

  /// The model's inputs in the model's order.
  package var inputs: [TensorID] {
    nodes.compactMap { node in
      if case .input = node.operation { node.output } else { nil }
    }
  }

  /// Adds a node and its output tensor, which takes the node's name; returns the output.
  @discardableResult
  package mutating func append(
    _ operation: ModelOperator,
    named name: String,
    inputs: [TensorID],
    shape: [Int],
    origin: Origin,
    layerClass: String? = nil
  ) -> TensorID {
    let output = TensorID(tensors.count)
    tensors.append(ModelTensor(name: name, shape: shape))
    nodes.append(
      ModelNode(
        name: name,
        operation: operation,
        inputs: inputs,
        output: output,
        origin: origin,
        layerClass: layerClass
      )
    )
    return output
  }

  /// How many nodes read each tensor, model outputs counted as one reader more.
  package var readerCounts: [Int] {
    var counts = [Int](repeating: 0, count: tensors.count)
    for node in nodes { for input in node.inputs { counts[input.index] += 1 } }
    for output in outputs { counts[output.index] += 1 }
    return counts
  }

  /// Weights and biases, as people count the parameters of a network.
  package var parameterCount: Int { nodes.reduce(0) { $0 + $1.operation.parameterCount } }
}

/// The family of files that a model came from.
package enum ModelSource: String, Sendable, Codable, CaseIterable {
  case keras, onnx, tensorflow, pytorch, xgboost, lightgbm, tmva, conifer, tables
}
