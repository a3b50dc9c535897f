import FixedPoint
import TextForm

extension ModelGraph: CustomStringConvertible {
  /// The whole model as text, weights included: ``init(parsing:file:)`` makes the same model of it, but for the places in
  /// the files that it was read from.
  ///
  /// Layers are known by their names. The trained numbers are Swift's shortest decimals, which are exact.
  package var description: String {
    var writer = TextWriter()
    let makers = Dictionary(nodes.map { ($0.output, $0.name) }) { first, _ in first }
    func operands(_ tensors: [TensorID]) -> String {
      tensors.map { (makers[$0] ?? self[$0].name).quotedName }.joined(separator: ", ")
    }
    writer.line("model \(name.quotedName) from \(source.rawValue)")
    writer.indented { writer in
      for node in nodes {
        let tensor = self[node.output]
        var line = "\(node.name.quotedName) \(tensor.shape) = \(node.operation.word)"
        if !node.inputs.isEmpty { line += "(\(operands(node.inputs)))" }
        if let layerClass = node.layerClass { line += " class \(layerClass.kindText)" }
        if tensor.name != node.name { line += " tensor \(tensor.name.quotedName)" }
        writer.line(line)
        writer.indented { node.operation.writeFields(to: &$0) }
      }
      writer.line("return " + operands(outputs))
    }
    return writer.text
  }
}

extension ModelOperator {
  /// What the text form calls the operator; ``init(word:fieldsFrom:)`` knows the same words.
  var word: String {
    switch self {
    case .input: "input"
    case .dense: "dense"
    case .batchNormalization: "batch_normalization"
    case .affine: "affine"
    case .activation(let function): function.name
    case .reshape: "reshape"
    case .concatenate: "concatenate"
    case .merge(let kind): kind.rawValue
    case .quantize: "quantize"
    case .gather: "gather"
    case .normalize: "normalize"
    case .convolution: "convolution"
    case .pool(let layer): layer.kind == .maximum ? "max_pool" : "average_pool"
    case .reduce(let layer): "reduce_\(layer.kind.rawValue)"
    case .pad: "pad"
    case .recurrence: "recurrence"
    case .product: "product"
    case .embedding: "embedding"
    case .treeEnsemble: "tree_ensemble"
    case .tableSum: "table_sum"
    }
  }

  /// Everything else that belongs to the operator, in the order in which ``init(word:fieldsFrom:)`` reads it.
  func writeFields(to writer: inout TextWriter) {
    switch self {
    case .input, .reshape, .merge: break
    case .dense(let layer):
      writer.field("kernel", layer.kernel)
      writer.field("bias", layer.bias)
      writer.types(layer.types)
    case .batchNormalization(let layer):
      writer.field("gamma", layer.gamma)
      writer.field("beta", layer.beta)
      writer.field("mean", layer.mean)
      writer.field("variance", layer.variance)
      writer.line("epsilon \(layer.epsilon)")
    case .affine(let layer):
      writer.field("scale", layer.scale)
      writer.field("bias", layer.bias)
    case .activation(let function): function.writeFields(to: &writer)
    case .concatenate(let axis): writer.line("axis \(axis)")
    case .quantize(let quantizer):
      writer.line("types \(quantizer.types.listText)")
      if let scaling = quantizer.scaling {
        let zero = scaling.zeroPoint == 0 ? "" : " zero \(scaling.zeroPoint)"
        let scalers = scaling.scalers.count == 1 ? "\(scaling.scalers[0])" : "\(scaling.scalers)"
        writer.line("scaling \(scalers) factor \(scaling.factor) offset \(scaling.offset)\(zero)")
      }
    case .gather(let sources): writer.line("sources \(sources)")
    case .normalize(let norm): writer.line("norm \(norm.rawValue)")
    case .convolution(let layer):
      writer.field("kernel", layer.kernel)
      writer.field("bias", layer.bias)
      writer.line("window \(layer.window)")
      writer.line("groups \(layer.groups)")
      writer.types(layer.types)
    case .pool(let layer):
      writer.line("window \(layer.window)")
      if layer.kind == .average(countsPadding: true) { writer.line("counting padding") }
    case .reduce(let layer): writer.line("axes \(layer.axes)" + (layer.keepsAxes ? " kept" : ""))
    case .pad(let layer): writer.line("before \(layer.before) after \(layer.after) value \(layer.value)")
    case .treeEnsemble(let ensemble): ensemble.writeFields(to: &writer)
    case .tableSum(let sums): sums.writeFields(to: &writer)
    case .recurrence(let layer): layer.writeFields(to: &writer)
    case .product(let product): product.writeFields(to: &writer)
    case .embedding(let layer): writer.field("table", layer.table)
    }
  }
}

/// Writes a line for each parameter of an activation.
private struct ActivationFieldWriter: ActivationParameterVisitor {
  var writer: TextWriter

  mutating func number(_ name: StaticString, _ value: inout Double) throws(Never) { writer.line("\(name) \(value)") }

  mutating func number(_ name: StaticString, label: String, unlessZero value: inout Double) throws(Never) {
    if value.bitPattern != 0 { writer.line("\(name) \(value)") }
  }

  mutating func number(_ name: StaticString, ifAny value: inout Double?) throws(Never) {
    if let value { writer.line("\(name) \(value)") }
  }

  mutating func tensor(_ name: StaticString, _ value: inout ParameterTensor) throws(Never) {
    writer.field("\(name)", value)
  }

  mutating func axis(_ value: inout Int) throws(Never) { writer.line("axis \(value)") }
}

extension ActivationFunction {
  func writeFields(to writer: inout TextWriter) {
    var fields = ActivationFieldWriter(writer: writer)
    var copy = self
    copy.visitParameters(&fields)
    writer = fields.writer
  }
}

extension SlidingWindow: CustomStringConvertible {
  /// An entry per axis: `[size 3 stride 2 dilation 1 before 0 after 1]`.
  package var description: String {
    let axes = axes.map { axis in
      "size \(axis.size) stride \(axis.stride) dilation \(axis.dilation) before \(axis.before) after \(axis.after)"
    }
    return "[" + axes.joined(separator: ", ") + "]"
  }
}

extension TreeEnsemble {
  fileprivate func writeFields(to writer: inout TextWriter) {
    writer.line("features \(featureCount) \(featurePrecision.rawValue)")
    writer.line("sum \(sumPrecision.rawValue)")
    writer.line("base \(base)")
    writer.line("scale \(scale)")
    for (index, tree) in trees.enumerated() {
      writer.line("tree \(index) of outputs \(tree.outputs) with leaves \(tree.leafValues)")
      writer.indented { writer in
        for (position, node) in tree.nodes.enumerated() { writer.line("\(position): \(node.text)") }
      }
    }
  }
}

extension DecisionTree.Node {
  /// `x2 < 0.5 ? 1 : 2`, or `leaf 0`.
  fileprivate var text: String {
    switch self {
    case .leaf(let leaf): return "leaf \(leaf)"
    case .split(let split):
      let missing = split.missing == .right ? "" : " missing \(split.missing.rawValue)"
      return "x\(split.feature) \(split.comparison.rawValue) \(split.threshold) ? \(split.left) : \(split.right)"
        + missing
    }
  }
}

extension TextWriter {
  /// The types of trained constants; nothing where there are none.
  fileprivate mutating func types(_ types: ParameterTypes) {
    if let type = types.kernel { line("kernel_type \([type].listText)") }
    if let type = types.bias { line("bias_type \([type].listText)") }
  }

  /// A parameter with its shape and precision, then a line per row of the last axis; nothing where there is none.
  mutating func field(_ name: String, _ tensor: ParameterTensor?) {
    guard let tensor else { return }
    line("\(name) \(tensor.shape) \(tensor.precision.rawValue)")
    rows(tensor.values, width: tensor.shape.last ?? 1)
  }
}
