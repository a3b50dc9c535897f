import Diagnostics
import FixedPoint

/// The shape rules of one layer, shared by the frontends and the verifier.
///
/// Every rule throws a ``Diagnostic`` that names the layer, so that no caller has to check a shape by itself. Shapes have no batch
/// dimension.
package struct ShapeInference: Sendable {
  package let layer: String
  package let origin: Origin

  /// More elements per event than any firmware could hold; a larger tensor is a mistake in the file.
  package static let elementLimit = 1 << 20

  package init(layer: String, origin: Origin) {
    self.layer = layer
    self.origin = origin
  }

  /// The product of the extents; nil where it overflows or an extent is negative.
  package static func elementCount(_ shape: [Int]) -> Int? {
    var count = 1
    for extent in shape {
      let (product, overflow) = count.multipliedReportingOverflow(by: extent)
      guard extent >= 0, !overflow else { return nil }
      count = product
    }
    return count
  }

  /// Refuses shapes that are empty, not positive, or larger than ``elementLimit``; returns the number of elements.
  @discardableResult
  package func checkExtents(_ shape: [Int]) throws -> Int {
    guard !shape.isEmpty, shape.allSatisfy({ $0 > 0 }) else {
      throw error("bad-shape", "'\(layer)' has the shape \(shape), but every extent must be at least 1")
    }
    guard let count = Self.elementCount(shape), count <= Self.elementLimit else {
      throw error(
        "absurd-size",
        "'\(layer)' has the shape \(shape), more than \(Self.elementLimit) elements per event",
        hint: "check the shapes in the model; a network of this size does not fit into a trigger"
      )
    }
    return count
  }

  /// The shape that an operator makes of its inputs; `declared` is the target of `.input`, `.reshape` and `.gather`.
  package func shape(of operation: ModelOperator, inputs: [[Int]], declared: [Int]) throws -> [Int] {
    try checkArity(of: operation, inputs.count)
    guard let first = inputs.first else {
      try checkExtents(declared)
      return declared
    }
    switch operation {
    case .input: return declared
    case .dense(let layer): return try dense(layer, input: first)
    case .batchNormalization(let layer):
      try batchNormalization(layer, input: first)
      return first
    case .affine(let layer):
      if let scale = layer.scale { try perElement(scale, "scale", input: first) }
      if let bias = layer.bias { try perElement(bias, "bias", input: first) }
      return first
    case .activation(let function):
      try activation(function, input: first)
      return first
    case .reshape: return try reshape(first, to: declared)
    case .concatenate(let axis): return try concatenate(inputs, axis: axis)
    case .merge(let kind): return try merge(kind, inputs)
    case .quantize(let quantizer):
      let count = try checkExtents(first)
      guard quantizer.types.count == 1 || quantizer.types.count == count else {
        throw error("bad-parameters", "'\(layer)' has \(quantizer.types.count) types for \(count) elements")
      }
      return first
    case .gather(let sources): return try gather(sources, input: first, declared: declared)
    case .normalize:
      try checkExtents(first)
      return first
    case .treeEnsemble(let ensemble): return try treeEnsemble(ensemble, input: first)
    case .tableSum(let sums): return try tableSum(sums, input: first)
    case .convolution(let layer): return try convolution(layer, input: first)
    case .pool(let layer): return try pooling(layer, input: first)
    case .reduce(let layer): return try reduction(layer, input: first)
    case .pad(let layer): return try padding(layer, input: first)
    case .recurrence(let layer): return try recurrence(layer, inputs: inputs)
    case .product(let product): return try self.product(product, inputs[0], inputs[1])
    case .embedding(let layer): return try embedding(layer, input: first)
    }
  }

  /// Resolves one extent of -1 in a target shape and checks that the number of elements stays.
  package func reshape(_ input: [Int], to target: [Int]) throws -> [Int] {
    let count = try checkExtents(input)
    var result = target
    if let open = target.firstIndex(of: -1) {
      let others = target.enumerated().filter { $0.offset != open }.map(\.element)
      if let known = Self.elementCount(others), known > 0, count % known == 0 { result[open] = count / known }
    }
    guard result.allSatisfy({ $0 > 0 }), Self.elementCount(result) == count else {
      throw error("shape-mismatch", "'\(layer)' cannot give \(count) elements of shape \(input) the shape \(target)")
    }
    return result
  }

  /// The shape of tensors joined along an axis.
  package func concatenate(_ inputs: [[Int]], axis: Int) throws -> [Int] {
    guard var result = inputs.first else { throw error("bad-arity", "'\(layer)' joins no tensors") }
    guard result.indices.contains(axis) else {
      throw error("bad-axis", "'\(layer)' joins along axis \(axis) of tensors with \(result.count) axes")
    }
    for shape in inputs.dropFirst() {
      var expected = shape
      if expected.count == result.count { expected[axis] = result[axis] }
      guard expected == result else {
        throw error("shape-mismatch", "'\(layer)' joins tensors of shapes \(inputs) along axis \(axis)")
      }
      let (sum, overflow) = result[axis].addingReportingOverflow(shape[axis])
      guard !overflow else { throw error("absurd-size", "'\(layer)' joins tensors of shapes \(inputs)") }
      result[axis] = sum
    }
    try checkExtents(result)
    return result
  }

  package func error(_ code: String, _ message: String, hint: String? = nil) -> Diagnostic {
    Diagnostic.error(
      code,
      message,
      at: origin,
      hint: hint ?? "check the shapes of the model's inputs and of this layer's weights, or export the model again"
    )
  }
}

extension ShapeInference {
  private func checkArity(of operation: ModelOperator, _ count: Int) throws {
    let good =
      switch operation {
      case .input: count == 0
      case .dense, .batchNormalization, .affine, .activation, .reshape, .quantize, .gather, .normalize, .treeEnsemble,
        .tableSum, .convolution, .pool, .reduce, .pad, .embedding:
        count == 1
      case .recurrence(let layer): count == layer.operandCount
      case .concatenate: count >= 1
      case .merge(.subtract), .product: count == 2
      case .merge: count >= 2
      }
    guard good else {
      throw error("bad-arity", "'\(layer)' (\(operation.kindName)) has \(count) input\(count == 1 ? "" : "s")")
    }
  }

  private func dense(_ layer: DenseLayer, input: [Int]) throws -> [Int] {
    let kernel = layer.kernel.shape
    guard kernel.count == 2, kernel.allSatisfy({ $0 > 0 }) else {
      throw error("bad-parameters", "the kernel of '\(self.layer)' has the shape \(kernel), not [inputs, outputs]")
    }
    guard input.last == kernel[0] else {
      throw error(
        "shape-mismatch",
        "'\(self.layer)' has a kernel of shape \(kernel) and an input of shape \(input), whose last extent is not \(kernel[0])"
      )
    }
    if let bias = layer.bias, bias.count != kernel[1] {
      throw error(
        "bad-parameters",
        "the bias of '\(self.layer)' has \(bias.count) values for \(kernel[1]) outputs"
      )
    }
    let result = Array(input.dropLast()) + [kernel[1]]
    try checkExtents(result)
    return result
  }

  private func batchNormalization(_ layer: BatchNormalizationLayer, input: [Int]) throws {
    let parameters = [
      ("mean", layer.mean), ("variance", layer.variance), ("gamma", layer.gamma), ("beta", layer.beta),
    ]
    for case (let name, let tensor?) in parameters where tensor.count != input.last {
      throw error(
        "bad-parameters",
        "the \(name) of '\(self.layer)' has \(tensor.count) values for an input of shape \(input)"
      )
    }
  }

  /// One value, one per channel of the last axis, or one per element.
  private func perElement(_ tensor: ParameterTensor, _ name: String, input: [Int]) throws {
    let count = try checkExtents(input)
    guard tensor.count == 1 || tensor.count == input.last || tensor.count == count else {
      throw error(
        "bad-parameters",
        "the \(name) of '\(layer)' has \(tensor.count) values for an input of shape \(input)"
      )
    }
  }

  private func activation(_ function: ActivationFunction, input: [Int]) throws {
    if case .staircase(let steps) = function, !steps.isWellFormed {
      throw error("bad-parameters", "'\(layer)' has steps that are not in ascending order, or not a value for each")
    }
    switch function.form {
    case .scalar: break
    case .sloped(let slopes): try perElement(slopes, "alpha", input: input)
    case .normalized(let axis):
      guard input.indices.contains(axis) else {
        throw error("bad-axis", "'\(layer)' normalises along axis \(axis) of a tensor of shape \(input)")
      }
    }
  }

  private func gather(_ sources: [Int], input: [Int], declared: [Int]) throws -> [Int] {
    let count = try checkExtents(input)
    guard try checkExtents(declared) == sources.count, sources.allSatisfy({ (0..<count).contains($0) }) else {
      throw error("shape-mismatch", "'\(layer)' cannot take a tensor of shape \(declared) from one of shape \(input)")
    }
    return declared
  }

  private func tableSum(_ sums: TableSum, input: [Int]) throws -> [Int] {
    try checkExtents(input)
    if let problem = sums.problem { throw error("bad-parameters", "in the tables of '\(layer)' \(problem)") }
    guard input.last == sums.inputCount else {
      throw error(
        "shape-mismatch",
        "'\(layer)' has tables of \(sums.inputCount) elements and an input of shape \(input)"
      )
    }
    let result = input.dropLast() + [sums.outputCount]
    try checkExtents(Array(result))
    return Array(result)
  }

  private func treeEnsemble(_ ensemble: TreeEnsemble, input: [Int]) throws -> [Int] {
    guard try checkExtents(input) == ensemble.featureCount else {
      throw error(
        "shape-mismatch",
        "'\(layer)' compares \(ensemble.featureCount) features and has an input of shape \(input)"
      )
    }
    try checkExtents([ensemble.outputCount])
    return [ensemble.outputCount]
  }

  private func merge(_ kind: MergeKind, _ inputs: [[Int]]) throws -> [Int] {
    guard let first = inputs.first, inputs.allSatisfy({ $0 == first }) else {
      throw error(
        "shape-mismatch",
        "'\(layer)' combines tensors of different shapes: \(inputs)",
        hint: "give both branches the same shape; broadcasting between tensors is not supported"
      )
    }
    return first
  }

  private func product(_ product: TensorProduct, _ left: [Int], _ right: [Int]) throws -> [Int] {
    guard let extents = product.extents(left: left, right: right) else {
      throw error(
        "shape-mismatch",
        "'\(layer)' cannot multiply tensors of shapes \(left) and \(right) along the axes \(product.left) and "
          + "\(product.right) to \(product.output)"
      )
    }
    let shape = product.output.map { extents[$0] ?? 1 }
    // What is multiplied, not only what comes out, has to be of a sane size.
    try checkExtents([1] + shape + product.contracted.map { extents[$0] ?? 1 })
    return shape.isEmpty ? [1] : shape
  }

  private func embedding(_ layer: EmbeddingLayer, input: [Int]) throws -> [Int] {
    guard layer.table.shape.count == 2, layer.table.shape.allSatisfy({ $0 > 0 }) else {
      throw error("bad-parameters", "the table of '\(self.layer)' has the shape \(layer.table.shape)")
    }
    let shape = input + [layer.rowSize]
    try checkExtents(shape)
    return shape
  }
}
