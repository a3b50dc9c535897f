import Diagnostics
import ModelIR

extension GraphImporter {
  /// Batch normalisation in inference; ONNX's channels are the axis after the batch.
  mutating func importBatchNormalization(_ node: OperatorNode) throws {
    try checkInputs(node, atMost: 5)
    try checkInference(node)
    let input = try anyLayout(node, 0)
    let epsilon = try node.float("epsilon", default: Double(Float(1e-5)))
    let roles = ["scale", "bias", "mean", "variance"]
    let parameters = try roles.indices.map { try constant(node, $0 + 1, roles[$0]) }
    guard let channels = input.shape.first else {
      throw node.error("shape-mismatch", "'\(node.label)' (BatchNormalization) has an input without channels")
    }
    for (role, tensor) in zip(roles, parameters) where tensor.shape != [channels] || !tensor.type.isFloatingPoint {
      throw node.error(
        "shape-mismatch",
        "the \(role) of '\(node.label)' (BatchNormalization) has the shape \(tensor.shape) for \(channels) channels"
      )
    }
    if case .axes(let order) = input.layout, order.last == 0 {
      let tensors = parameters.map { $0.parameter(shape: [channels]) }
      let layer = BatchNormalizationLayer(
        gamma: tensors[0],
        beta: tensors[1],
        mean: tensors[2],
        variance: tensors[3],
        epsilon: epsilon
      )
      return try defineElementwise(node, .batchNormalization(layer), of: input, named: naming.next(node.proto))
    }
    // A channel's positions lie together in the file's layout, but our channels are last: then every element gets parameters of its own.
    let positions = input.shape.dropFirst().reduce(1, *)
    let tensors = parameters.map { tensor in
      let values = positions == 1 ? tensor.values : tensor.values.flatMap { Array(repeating: $0, count: positions) }
      return ParameterTensor(
        shape: [values.count],
        values: values,
        precision: tensor.type == .double ? .float64 : .float32
      )
    }
    let layer = BatchNormalizationLayer(
      gamma: tensors[0],
      beta: tensors[1],
      mean: tensors[2],
      variance: tensors[3],
      epsilon: epsilon
    )
    try append(layer, node, input, elements: channels * positions)
  }

  /// The same of rows that the batch is one with, as of particles of which each was a row.
  mutating func batchNormalizationOnWhole(_ node: OperatorNode) throws {
    try checkInputs(node, atMost: 5)
    try checkInference(node)
    let input = try whole(node, 0)
    let roles = ["scale", "bias", "mean", "variance"]
    let parameters = try roles.indices.map { try constant(node, $0 + 1, roles[$0]) }
    guard input.shape.count == 2, parameters.allSatisfy({ $0.shape == [input.shape[1]] && $0.type.isFloatingPoint })
    else {
      throw node.error(
        "batch-not-first",
        "'\(node.label)' (BatchNormalization) reads a tensor of shape \(input.shape) whose batch is not the first axis",
        hint: "transpose it first, so that the batch is axis 0"
      )
    }
    let tensors = parameters.map { $0.parameter(shape: $0.shape) }
    let normalization = BatchNormalizationLayer(
      gamma: tensors[0],
      beta: tensors[1],
      mean: tensors[2],
      variance: tensors[3],
      epsilon: try node.float("epsilon", default: Double(Float(1e-5)))
    )
    let source = try view(input, as: input.shape, node)
    let tensor = try layer(node, .batchNormalization(normalization), [source])
    try define(node, WholeValue(tensor: tensor, shape: input.shape))
  }

  private mutating func append(
    _ layer: BatchNormalizationLayer,
    _ node: OperatorNode,
    _ input: ActivationValue,
    elements: Int
  ) throws {
    let name = naming.next(node.proto)
    let source = try materialised(input, as: [elements], origin: node.origin)
    let tensor = append(.batchNormalization(layer), named: name, inputs: [source], shape: [elements], node.origin)
    try define(node, .activation(ActivationValue(tensor: tensor, shape: input.shape, viewName: "\(name)_reshape")))
  }

  /// Refuses what asks for statistics of the batch, by whichever means the opset has for it.
  private func checkInference(_ node: OperatorNode) throws {
    node.dismiss("momentum")
    var isTraining = false
    if opset < 7 { isTraining = try node.integer("is_test", default: 0) == 0 }
    if opset >= 14 { isTraining = try node.flag("training_mode") }
    if node.proto.output.dropFirst().contains(where: { !$0.isEmpty }) { isTraining = true }
    guard !isTraining else {
      throw node.error(
        "training-mode",
        "'\(node.label)' (BatchNormalization) normalises by the statistics of the batch",
        hint: "export the model for inference: model.eval() in PyTorch"
      )
    }
    if opset < 9, try node.integer("spatial", default: 1) != 1 {
      throw node.error(
        "unsupported-attribute",
        "'\(node.label)' (BatchNormalization) sets spatial = 0",
        hint: "export the model with opset 9 or newer"
      )
    }
  }
}
