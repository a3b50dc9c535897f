import Diagnostics
import ModelIR

/// A layer that does at every step of the first axis what the layer inside does.
extension LayerReader {
  mutating func timeDistributed() throws -> LayerMeaning {
    guard let inner = options.value("layer"), let className = inner["class_name"]?.string,
      let values = inner["config"]?.object,
      KerasLayerClass(rawValue: className).map({ !$0.isRecurrent }) ?? (QKerasLayerClass(rawValue: className) != nil)
    else {
      throw options.refuse(
        "'\(layer.name)' wraps a layer that cannot be read",
        hint: "wrap a Dense, a convolution, pooling or an activation"
      )
    }
    options.ignore(["layer"])
    guard inputs.count == 1, inputs[0].count > 1 else {
      throw rules.error("shape-mismatch", "'\(layer.name)' has no axis of steps in \(inputs)")
    }
    try rules.checkExtents(inputs[0])
    var wrapped = layer
    wrapped.className = className
    wrapped.options = values
    var place = address
    place.inside = ["layer"]
    let steps = inputs[0][0]
    var reader = LayerReader(
      wrapped,
      inputs: [Array(inputs[0].dropFirst())],
      generation: generation,
      address: place,
      weights: weights
    )
    return try distributed(try reader.read(), steps: steps, className)
  }

  /// What a layer of a model means that is called at every step.
  mutating func read(atEvery steps: Int) throws -> LayerMeaning {
    guard inputs.allSatisfy({ $0.count > 1 && $0[0] == steps }) else {
      throw rules.error("shape-mismatch", "'\(layer.name)' has not \(steps) steps in \(inputs)")
    }
    var reader = LayerReader(
      layer,
      inputs: inputs.map { Array($0.dropFirst()) },
      generation: generation,
      address: address,
      weights: weights,
      arguments: arguments
    )
    let meaning = try reader.read()
    options = reader.options
    return try distributed(meaning, steps: steps, layer.className)
  }

  private func distributed(_ meaning: LayerMeaning, steps: Int, _ className: String) throws -> LayerMeaning {
    switch meaning {
    case .nothing: return .nothing
    case .quantizer(let quantizer): return .quantizer(quantizer)
    case .operation(let operation, let shape, let activation):
      let step = LayerMeaning.Step(operation: operation, shape: shape, suffix: nil)
      return try repeated([step], activation, steps: steps)
    case .chain(let inside, let activation): return try repeated(inside, activation, steps: steps)
    case .network:
      throw options.refuse("'\(layer.name)' wraps a \(className)", hint: "call the layer by itself")
    }
  }

  private func repeated(
    _ inside: [LayerMeaning.Step],
    _ activation: NamedActivation?,
    steps: Int
  ) throws -> LayerMeaning {
    var shapes = inputs
    var result: [LayerMeaning.Step] = []
    for step in inside {
      let operation = try repeated(step.operation, inner: Array(shapes[0].dropFirst()), steps: steps)
      let shape = try rules.shape(of: operation, inputs: shapes, declared: [steps] + step.shape)
      result.append(LayerMeaning.Step(operation: operation, shape: shape, suffix: step.suffix))
      shapes = [shape]
    }
    let function = try activation.map { activation in
      if activation.quantizer != nil { return activation }
      guard case .activation(let function) = try repeated(.activation(activation.function), inner: [], steps: steps)
      else { return activation }
      return NamedActivation(name: activation.name, function: function)
    }
    return .chain(result, activation: function)
  }

  /// The operator on a tensor with an axis of steps before its own.
  private func repeated(_ operation: ModelOperator, inner: [Int], steps: Int) throws -> ModelOperator {
    switch operation {
    case .dense, .batchNormalization, .convolution, .pool, .reshape, .embedding, .merge: return operation
    case .concatenate(let axis): return .concatenate(axis: axis + 1)
    case .affine(let affine) where [affine.scale, affine.bias].allSatisfy({ $0.map { $0.count == 1 } ?? true }):
      return operation
    case .activation(.softmax(let axis)): return .activation(.softmax(axis: axis + 1))
    case .activation(.parametricReLU(let alpha)) where alpha.count > 1 && alpha.count != inner.last:
      throw options.refuse("'\(layer.name)' wraps a PReLU with a slope per element", hint: "share its slopes")
    case .activation: return operation
    case .gather(let sources):
      let count = inner.reduce(1, *)
      return .gather(sources: (0..<steps).flatMap { step in sources.map { step * count + $0 } })
    case .reduce(var reduction):
      reduction.axes = reduction.axes.map { $0 + 1 }
      return .reduce(reduction)
    case .pad(var padding):
      padding.before.insert(0, at: 0)
      padding.after.insert(0, at: 0)
      return .pad(padding)
    case .input, .affine, .quantize, .normalize, .treeEnsemble, .tableSum, .recurrence, .product:
      throw options.refuse("'\(layer.name)' wraps a \(operation.kindName)", hint: "call the layer by itself")
    }
  }
}
