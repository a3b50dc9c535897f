import Diagnostics
import FixedPoint
import ModelIR

/// hls4ml's graph of a model, on which its passes are played.
struct HLS4MLLayerGraph: Sendable {
  var layers: [HLS4MLLayer] = []
  /// The layers whose results the model returns, in the model's order.
  var outputs: [Int] = []
  let configuration: HLS4MLConfiguration
  let overrides: PrecisionOverrides

  init(_ model: ModelGraph, configuration: HLS4MLConfiguration, overrides: PrecisionOverrides) throws {
    var configuration = configuration
    if let precision = overrides.precision { configuration.model.precision["default"] = .type(precision) }
    if let strategy = overrides.strategy { configuration.setAll(\.strategy, strategy) }
    if let reuseFactor = overrides.reuseFactor { configuration.setAll(\.reuseFactor, reuseFactor) }
    self.configuration = configuration
    self.overrides = overrides
    guard configuration.model.precision["default"] != nil else {
      throw Diagnostic.error(
        "missing-precision",
        "the configuration gives the model no default precision",
        hint: "add HLSConfig/Model/Precision/default, such as fixed<16,6>, or \(option: .precision)"
      )
    }
    try build(model)
  }

  private mutating func build(_ model: ModelGraph) throws {
    var maker = [Int](repeating: -1, count: model.tensors.count)
    for node in model.nodes {
      try append(node, model: model, inputs: node.inputs.map { maker[$0.index] })
      maker[node.output.index] = layers.count - 1
    }
    outputs = model.outputs.map { maker[$0.index] }
  }

  private mutating func append(_ node: ModelNode, model: ModelGraph, inputs: [Int]) throws {
    let shape = model[node.output].shape
    var layer = HLS4MLLayer(
      name: Self.hls4mlName(of: node, source: model.source),
      className: Self.className(of: node, shape: shape),
      kind: .reshape,
      inputs: inputs,
      shape: shape,
      origin: node.origin,
      layerClass: node.layerClass
    )
    try refuseParts(of: node)
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
    case .quantize: throw node.isTrainedQuantizer
    case .normalize: throw node.dividesByNorm
    case .convolution(let convolution):
      var convolution = convolution
      if configuration.interface == .stream { insertPadding(&layer, &convolution) }
      layer.kind = .convolution(
        convolution,
        weight: FoldedParameter(convolution.kernel),
        bias: convolution.bias.map { FoldedParameter($0) } ?? .zero
      )
    case .pool(let pooling): layer.kind = .pool(pooling)
    case .reduce(let reduction) where reduction.kind == .mean || reduction.kind == .maximum:
      layer.kind = .reduce(reduction)
    case .reduce: throw node.hasNoWindows(in: "hls4ml's arithmetic")
    case .pad(let padding): layer.kind = .pad(padding)
    case .gather(let sources): layer.kind = .gather(sources: sources)
    case .recurrence(let recurrence): layer.kind = .recurrence(recurrence)
    case .tableSum:
      throw Diagnostic.error(
        "unsupported-operator",
        "hls4ml's arithmetic has no sums of tables such as '\(node.name)'",
        at: node.origin,
        hint: "leave \(option: .arithmetic) out: the model is then compiled as it was trained"
      )
    case .product: throw Self.refusal(node, node.layerClass ?? "product of two tensors")
    case .embedding: throw Self.refusal(node, "Embedding")
    case .treeEnsemble:
      throw Diagnostic.error(
        "unsupported-operator",
        "hls4ml's arithmetic has no tree ensembles such as '\(node.name)'",
        at: node.origin,
        hint: "use \(option: .arithmetic, "native"), or conifer"
      )
    }
    layer.sections = sections(for: layer, writtenName: Self.writtenName(of: node, source: model.source))
    layer.trainedTypes = node.operation.parameterTypes
    layer.types = try initialTypes(of: layer, operation: node.operation, source: model.source)
    layers.append(layer)
  }

  /// In streams, hls4ml gives a convolution that pads a layer of zeros in front, `zp1d_` or `zp2d_` and its name.
  private mutating func insertPadding(_ layer: inout HLS4MLLayer, _ convolution: inout ConvolutionLayer) {
    guard convolution.window.hasPadding else { return }
    let input = layers[layer.inputs[0]]
    let axes = convolution.window.axes
    let outer = [Int](repeating: 0, count: input.shape.count - axes.count - 1)
    let padding = PaddingLayer(before: outer + axes.map(\.before) + [0], after: outer + axes.map(\.after) + [0])
    var zeros = HLS4MLLayer(
      name: "zp\(axes.count)d_\(layer.name)",
      className: "ZeroPadding\(axes.count)D",
      kind: .pad(padding),
      inputs: layer.inputs,
      shape: input.shape.indices.map { input.shape[$0] + padding.before[$0] + padding.after[$0] },
      origin: layer.origin
    )
    zeros.sections = sections(for: zeros, writtenName: zeros.name)
    zeros.types["result"] = zeros.configured("result")
    for axis in axes.indices {
      convolution.window.axes[axis].before = 0
      convolution.window.axes[axis].after = 0
    }
    layer.inputs = [layers.count]
    layers.append(zeros)
  }

  /// hls4ml renames what it makes of ONNX's `MatMul` and of arithmetic with a constant.
  static func hls4mlName(of node: ModelNode, source: ModelSource) -> String {
    guard let prefix = prefix(of: node.operation, source: source), !node.name.hasPrefix(prefix) else {
      return node.name
    }
    return prefix + node.name
  }

  /// The name before that, by which configurations may call the layer too.
  private static func writtenName(of node: ModelNode, source: ModelSource) -> String {
    if let part = node.separablePart { return String(node.name.dropLast(part.rawValue.count + 1)) }
    if let direction = node.direction { return String(node.name.dropLast(direction.rawValue.count + 1)) }
    guard let prefix = prefix(of: node.operation, source: source), node.name.hasPrefix(prefix) else { return node.name }
    return String(node.name.dropFirst(prefix.count))
  }

  /// Layers that become several nodes here have an arithmetic of their own in hls4ml, of which the parts know nothing.
  private func refuseParts(of node: ModelNode) throws {
    guard let name = node.layerClass, Self.composedClasses.contains(name) else { return }
    throw Self.refusal(node, name)
  }

  /// Keras's layers that are read as several operators.
  private static let composedClasses: Set<String> = [
    "LayerNormalization", "MultiHeadAttention", "Dot", "EinsumDense", "UnitNormalization",
  ]

  private static func refusal(_ node: ModelNode, _ kind: String) -> Diagnostic {
    .error(
      "unsupported-operator",
      "'\(node.name)' is part of a \(kind), whose hls4ml arithmetic is not known here",
      at: node.origin,
      hint: "compile the model without a configuration (\(option: .arithmetic, "native"))"
    )
  }

  private static func prefix(of operation: ModelOperator, source: ModelSource) -> String? {
    guard [.onnx, .tensorflow, .pytorch].contains(source) else { return nil }
    switch operation {
    case .dense: return "Dense_"
    case .affine: return "bn_"
    case .input, .batchNormalization, .activation, .reshape, .concatenate, .merge, .quantize, .gather, .normalize,
      .treeEnsemble, .tableSum, .convolution, .pool, .reduce, .pad, .recurrence, .product, .embedding:
      return nil
    }
  }

  private func sections(for layer: HLS4MLLayer, writtenName: String) -> [HLS4MLSection] {
    var own = configuration.section(forLayer: layer.name)
    if own == nil {
      own = configuration.section(forLayer: writtenName)?.ofPart(layer.separablePart).ofDirection(layer.direction)
    }
    return [own, configuration.section(forType: layer.className), configuration.model].compactMap { $0 }
  }

  /// Every name that `LayerName` may hold: those of the layers, and of ONNX nodes before hls4ml renames them.
  func knownNames(of model: ModelGraph) -> [String] {
    var names = layers.map(\.name)
    for node in model.nodes {
      let written = Self.writtenName(of: node, source: model.source)
      if !names.contains(written) { names.append(written) }
    }
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
