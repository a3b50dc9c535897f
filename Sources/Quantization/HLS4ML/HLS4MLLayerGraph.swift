import Diagnostics
import FixedPoint
import ModelIR

/// hls4ml's graph of a model, on which its passes are played.
struct HLS4MLLayerGraph: Sendable {
  var layers: [HLS4MLLayer] = []
  /// The layers whose results the model returns, in the model's order.
  var outputs: [Int] = []
  let configuration: HLSConfiguration
  let overrides: PrecisionOverrides

  init(_ model: ModelGraph, configuration: HLSConfiguration, overrides: PrecisionOverrides) throws {
    var configuration = configuration
    if let precision = overrides.precision { configuration.model.precision["default"] = .type(precision) }
    if let strategy = overrides.strategy { configuration.model.strategy = strategy }
    if let reuseFactor = overrides.reuseFactor { configuration.model.reuseFactor = reuseFactor }
    self.configuration = configuration
    self.overrides = overrides
    guard configuration.model.precision["default"] != nil else {
      throw Diagnostic.error(
        "missing-precision",
        "the configuration gives the model no default precision",
        hint: "add HLSConfig/Model/Precision/default, such as fixed<16,6>, or --precision"
      )
    }
    try build(model)
  }

  private mutating func build(_ model: ModelGraph) throws {
    var maker = [Int](repeating: -1, count: model.tensors.count)
    var readers = [[Int]](repeating: [], count: model.tensors.count)
    for (index, node) in model.nodes.enumerated() {
      for input in node.inputs { readers[input.index].append(index) }
    }
    for node in model.nodes {
      try append(node, model: model, inputs: node.inputs.map { maker[$0.index] })
      let embedded = readers[node.output.index].map { model.nodes[$0] }
      if model.source == .keras, case .dense = node.operation, !Self.isEmbedded(embedded, in: node) {
        try appendLinear(after: node, shape: model[node.output].shape)
      }
      maker[node.output.index] = layers.count - 1
    }
    outputs = model.outputs.map { maker[$0.index] }
  }

  /// Whether the only reader of a layer is the activation that Keras wrote inside it.
  private static func isEmbedded(_ readers: [ModelNode], in node: ModelNode) -> Bool {
    guard readers.count == 1, let reader = readers.first, case .activation(let function) = reader.operation else {
      return false
    }
    return reader.name == "\(node.name)_\(function.name)" || (reader.name == "\(node.name)_relu6" && function.isReLU)
  }

  private mutating func appendLinear(after node: ModelNode, shape: [Int]) throws {
    try append(
      HLS4MLLayer(
        name: "\(node.name)_linear",
        className: "Activation",
        kind: .activation(.linear),
        inputs: [layers.count - 1],
        shape: shape,
        origin: node.origin
      )
    )
  }

  private mutating func append(_ node: ModelNode, model: ModelGraph, inputs: [Int]) throws {
    let shape = model[node.output].shape
    var layer = HLS4MLLayer(
      name: Self.hls4mlName(of: node, source: model.source),
      className: node.operation.kindName,
      kind: .reshape,
      inputs: inputs,
      shape: shape,
      origin: node.origin
    )
    switch node.operation {
    case .input: layer.kind = .input
    case .dense(let dense):
      layer.kind = .dense(
        weight: FoldedParameter(dense.kernel),
        bias: dense.bias.map { FoldedParameter($0) } ?? .zero
      )
      // hls4ml turns a dense layer over positions into a convolution of width 1.
      if shape.count == 2 { layer.className = "Conv1D" }
      if shape.count == 3 { layer.className = "Conv2D" }
    case .batchNormalization(let norm):
      let variance = FoldedParameter(norm.variance)
      let gamma = norm.gamma.map { FoldedParameter($0) } ?? .literal(1, like: variance)
      let beta = norm.beta.map { FoldedParameter($0) } ?? .literal(0, like: variance)
      let scale = gamma / (variance + .literal(norm.epsilon, like: variance)).squareRoot
      layer.kind = .affine(scale: scale, bias: beta - scale * FoldedParameter(norm.mean))
    case .affine(let affine):
      layer.kind = .affine(
        scale: affine.scale.map { FoldedParameter($0) } ?? .one,
        bias: affine.bias.map { FoldedParameter($0) } ?? FoldedParameter([0], .integer)
      )
    case .activation(let function): layer.kind = .activation(function)
    case .reshape: layer.kind = .reshape
    case .concatenate(let axis): layer.kind = .concatenate(axis: axis)
    case .merge(let kind): layer.kind = .merge(kind)
    }
    layer.sections = sections(for: layer, writtenName: node.name)
    layer.types = try initialTypes(of: layer, operation: node.operation, source: model.source)
    layers.append(layer)
  }

  private mutating func append(_ layer: HLS4MLLayer) throws {
    var layer = layer
    layer.sections = sections(for: layer, writtenName: layer.name)
    layer.types = try initialTypes(of: layer, operation: .activation(.linear), source: .keras)
    layers.append(layer)
  }

  /// hls4ml renames what it makes of ONNX's `MatMul` and of arithmetic with a constant.
  static func hls4mlName(of node: ModelNode, source: ModelSource) -> String {
    guard source == .onnx else { return node.name }
    switch node.operation {
    case .dense: return node.name.hasPrefix("Dense_") ? node.name : "Dense_\(node.name)"
    case .affine: return node.name.hasPrefix("bn_") ? node.name : "bn_\(node.name)"
    case .input, .batchNormalization, .activation, .reshape, .concatenate, .merge: return node.name
    }
  }

  private func sections(for layer: HLS4MLLayer, writtenName: String) -> [HLSSection] {
    let own = configuration.section(forLayer: layer.name) ?? configuration.section(forLayer: writtenName)
    return [own, configuration.section(forType: layer.className), configuration.model].compactMap { $0 }
  }

  /// Every name that `LayerName` may hold: those of the layers, and of ONNX nodes before hls4ml renames them.
  func knownNames(of model: ModelGraph) -> [String] {
    var names = layers.map(\.name)
    for node in model.nodes where !names.contains(node.name) { names.append(node.name) }
    return names
  }

  /// How many layers read each layer, model outputs counted too.
  var readerCounts: [Int] {
    var counts = [Int](repeating: 0, count: layers.count)
    for layer in layers where !layer.isRemoved { for input in layer.inputs { counts[input] += 1 } }
    for output in outputs { counts[output] += 1 }
    return counts
  }

  /// Takes a layer out; its readers read its first input.
  mutating func remove(_ index: Int) {
    let source = layers[index].inputs[0]
    layers[index].isRemoved = true
    for reader in layers.indices {
      for slot in layers[reader].inputs.indices where layers[reader].inputs[slot] == index {
        layers[reader].inputs[slot] = source
      }
    }
    for slot in outputs.indices where outputs[slot] == index { outputs[slot] = source }
  }

  /// The layers that are left, in topological order.
  var remaining: [Int] { layers.indices.filter { !layers[$0].isRemoved } }
}

extension ActivationFunction {
  var isReLU: Bool { if case .relu = self { true } else { false } }
  var isLinear: Bool { if case .linear = self { true } else { false } }
}
