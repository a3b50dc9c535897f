import Diagnostics

/// Checks that a ``ModelGraph`` is whole: what passes here, every later stage may rely on.
package enum ModelGraphVerifier {
  /// Throws the first thing that is wrong, in the order of the nodes.
  ///
  /// Checked: unique names, operands made before they are read, one maker per tensor, shapes and parameter shapes of every operator,
  /// finite parameters, sizes, and at least one input and one output.
  package static func verify(_ graph: ModelGraph) throws {
    var made = [Bool](repeating: false, count: graph.tensors.count)
    var names = Set<String>()
    for node in graph.nodes {
      guard names.insert(node.name).inserted else {
        throw Diagnostic.error(
          "duplicate-name",
          "two layers are called '\(node.name)'",
          at: node.origin,
          hint: "give every layer its own name"
        )
      }
      try checkOperands(of: node, in: graph, made: &made)
      try checkShape(of: node, in: graph)
      try checkParameters(of: node)
    }
    try checkInterface(of: graph, made: made)
  }

  private static func checkOperands(of node: ModelNode, in graph: ModelGraph, made: inout [Bool]) throws {
    for input in node.inputs {
      guard made.indices.contains(input.index), made[input.index] else {
        throw Diagnostic.error(
          "operand-order",
          "'\(node.name)' reads a tensor that no layer before it makes",
          at: node.origin
        )
      }
    }
    guard made.indices.contains(node.output.index), !made[node.output.index] else {
      throw Diagnostic.error(
        "operand-order",
        "'\(node.name)' makes a tensor that another layer makes too",
        at: node.origin
      )
    }
    made[node.output.index] = true
  }

  private static func checkShape(of node: ModelNode, in graph: ModelGraph) throws {
    let rules = ShapeInference(layer: node.name, origin: node.origin)
    let declared = graph[node.output].shape
    try rules.checkExtents(declared)
    let inferred = try rules.shape(
      of: node.operation,
      inputs: node.inputs.map { graph[$0].shape },
      declared: declared
    )
    guard inferred == declared else {
      throw rules.error("shape-mismatch", "'\(node.name)' has the shape \(inferred), not \(declared)")
    }
  }

  private static func checkInterface(of graph: ModelGraph, made: [Bool]) throws {
    let origin = graph.nodes.first.map { Origin(file: $0.origin.file) }
    guard !graph.inputs.isEmpty else {
      throw Diagnostic.error("no-inputs", "the model '\(graph.name)' has no inputs", at: origin)
    }
    guard !graph.outputs.isEmpty else {
      throw Diagnostic.error("no-outputs", "the model '\(graph.name)' has no outputs", at: origin)
    }
    for output in graph.outputs where !made.indices.contains(output.index) || !made[output.index] {
      throw Diagnostic.error("no-outputs", "no layer of '\(graph.name)' makes one of its outputs", at: origin)
    }
  }
}

// MARK: - Parameters

extension ModelGraphVerifier {
  private static func checkParameters(of node: ModelNode) throws {
    switch node.operation {
    case .input, .reshape, .concatenate, .merge, .quantize, .gather, .normalize, .pool, .reduce, .product: break
    case .embedding(let layer): try checkFinite(layer.table, "table", of: node)
    case .convolution(let layer):
      try checkFinite(layer.kernel, "kernel", of: node)
      try checkFinite(layer.bias, "bias", of: node)
    case .pad(let layer): try checkFinite(layer.value, "padding", of: node)
    case .dense(let layer):
      try checkFinite(layer.kernel, "kernel", of: node)
      try checkFinite(layer.bias, "bias", of: node)
    case .batchNormalization(let layer): try checkBatchNormalization(layer, of: node)
    case .affine(let layer):
      try checkFinite(layer.scale, "scale", of: node)
      try checkFinite(layer.bias, "bias", of: node)
    case .activation(let function):
      var function = function
      var check = FinitenessCheck(node: node)
      try function.visitParameters(&check)
    case .recurrence(let layer):
      try checkFinite(layer.kernel, "kernel", of: node)
      try checkFinite(layer.recurrentKernel, "recurrent kernel", of: node)
      try checkFinite(layer.bias, "bias", of: node)
      try checkFinite(layer.recurrentBias, "recurrent bias", of: node)
      for var function in [layer.activation, layer.recurrentActivation] {
        var check = FinitenessCheck(node: node)
        try function.visitParameters(&check)
      }
    case .treeEnsemble(let ensemble): try ensemble.verify(layer: node.name, origin: node.origin)
    // Its shape is inferred from what is checked there.
    case .tableSum: break
    }
  }

  fileprivate static func checkFinite(_ tensor: ParameterTensor?, _ name: String, of node: ModelNode) throws {
    guard let tensor, let index = tensor.firstNonFinite else { return }
    throw Diagnostic.error(
      "non-finite-parameter",
      "the \(name) of '\(node.name)' holds \(tensor.values[index]) at \(tensor.position(of: index))",
      at: node.origin,
      hint: "train the model again, or repair its weights: NaN and infinity have no fixed-point value"
    )
  }

  private static func checkBatchNormalization(_ layer: BatchNormalizationLayer, of node: ModelNode) throws {
    try checkFinite(layer.gamma, "gamma", of: node)
    try checkFinite(layer.beta, "beta", of: node)
    try checkFinite(layer.mean, "mean", of: node)
    try checkFinite(layer.variance, "variance", of: node)
    try checkFinite(layer.epsilon, "epsilon", of: node)
    guard let index = layer.variance.values.firstIndex(where: { !($0 + layer.epsilon > 0) }) else { return }
    throw Diagnostic.error(
      "bad-parameters",
      "the variance of '\(node.name)' is \(layer.variance.values[index]) at \(layer.variance.position(of: index)); "
        + "with epsilon \(layer.epsilon) it has no inverse square root",
      at: node.origin,
      hint: "repair the layer's variance: it must not be negative"
    )
  }

  fileprivate static func checkFinite(_ value: Double, _ name: String, of node: ModelNode) throws {
    guard !value.isFinite else { return }
    throw Diagnostic.error("non-finite-parameter", "the \(name) of '\(node.name)' is \(value)", at: node.origin)
  }
}

/// Refuses parameters of an activation that are not finite numbers.
private struct FinitenessCheck: ActivationParameterVisitor {
  typealias Failure = any Error

  let node: ModelNode

  func number(_ name: StaticString, _ value: inout Double) throws {
    try ModelGraphVerifier.checkFinite(value, "\(name)", of: node)
  }

  func number(_ name: StaticString, label: String, unlessZero value: inout Double) throws {
    try ModelGraphVerifier.checkFinite(value, label, of: node)
  }

  func number(_ name: StaticString, ifAny value: inout Double?) throws {
    if let value { try ModelGraphVerifier.checkFinite(value, "\(name)", of: node) }
  }

  func tensor(_ name: StaticString, _ value: inout ParameterTensor) throws {
    try ModelGraphVerifier.checkFinite(value, "\(name)", of: node)
  }

  /// Shape inference has seen it.
  func axis(_ value: inout Int) {}
}

extension ParameterTensor {
  /// The coordinates of a flat index, as people write them: `[3, 17]`.
  package func position(of index: Int) -> [Int] {
    var rest = index
    var coordinates: [Int] = []
    for extent in shape.reversed() where extent > 0 {
      coordinates.append(rest % extent)
      rest /= extent
    }
    return coordinates.reversed()
  }
}
