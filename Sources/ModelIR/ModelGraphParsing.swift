import Diagnostics
import FixedPoint
import TextForm

extension ModelGraph {
  /// Reads a model in the form of ``description``.
  ///
  /// - Throws: a ``Diagnostic`` with the line of whatever is malformed, not defined or not well formed.
  package init(parsing text: String, file: String) throws {
    var scanner = TextScanner(text, file: file)
    try scanner.expectWord("model")
    let name = try scanner.name()
    try scanner.expectWord("from")
    self.init(name: name, source: try scanner.choice("where the model is from"))
    try scanner.endLine()
    var tensors: [String: TensorID] = [:]
    while scanner.isAt("'") { try readLayer(&scanner, &tensors) }
    try scanner.expectWord("return")
    outputs = try scanner.operands(tensors)
    try scanner.endLine()
    guard scanner.isAtEnd else { throw scanner.error("expected the end of the model, found \(scanner.nextText)") }
    try ModelGraphVerifier.verify(self)
  }

  private mutating func readLayer(_ scanner: inout TextScanner, _ tensors: inout [String: TensorID]) throws {
    let start = scanner.mark
    let name = try scanner.newName(beside: tensors)
    let shape = try scanner.shape(limit: ShapeInference.elementLimit)
    try scanner.expect("=")
    let mark = scanner.mark
    let (word, inputs) = try scanner.application(of: "an operator", to: tensors)
    let layerClass = scanner.acceptsWord("class") ? try scanner.kind() : nil
    let tensorName = scanner.acceptsWord("tensor") ? try scanner.name() : name
    try scanner.endLine()
    guard let operation = try ModelOperator(word: word, fieldsFrom: &scanner) else {
      throw scanner.unknown(word, kind: "an operator", among: ModelOperator.words, at: mark)
    }
    let output = append(
      operation,
      named: name,
      inputs: inputs,
      shape: shape,
      origin: scanner.origin(of: start),
      layerClass: layerClass
    )
    self[output].name = tensorName
    tensors[name] = output
  }
}

extension ModelOperator {
  /// All words of operators, for hints.
  fileprivate static let words =
    ["input", "dense", "batch_normalization", "affine", "reshape", "concatenate", "quantize", "gather", "normalize"]
    + ["tree_ensemble", "convolution", "max_pool", "average_pool", "pad", "recurrence", "product", "embedding"]
    + ReductionLayer.Kind.allCases.map { "reduce_\($0.rawValue)" } + MergeKind.allCases.map(\.rawValue)
    + ActivationKind.allCases.map(\.rawValue)

  /// Reads the fields of the operator that a word names; nil where it names none.
  fileprivate init?(word: String, fieldsFrom scanner: inout TextScanner) throws {
    switch word {
    case "input": self = .input
    case "dense":
      let kernel = try scanner.tensor("kernel")
      let bias = try scanner.optionalTensor("bias")
      self = .dense(DenseLayer(kernel: kernel, bias: bias, types: try ParameterTypes(fieldsFrom: &scanner)))
    case "batch_normalization":
      let (gamma, beta) = (try scanner.optionalTensor("gamma"), try scanner.optionalTensor("beta"))
      let (mean, variance) = (try scanner.tensor("mean"), try scanner.tensor("variance"))
      let epsilon = try scanner.field("epsilon") { try $0.number() as Double }
      self = .batchNormalization(
        BatchNormalizationLayer(gamma: gamma, beta: beta, mean: mean, variance: variance, epsilon: epsilon)
      )
    case "affine":
      let scale = try scanner.optionalTensor("scale")
      self = .affine(AffineLayer(scale: scale, bias: try scanner.optionalTensor("bias")))
    case "reshape": self = .reshape
    case "concatenate": self = .concatenate(axis: try scanner.field("axis") { try $0.axis() })
    case "quantize": self = .quantize(try TensorQuantizer(fieldsFrom: &scanner))
    case "gather":
      self = .gather(
        sources: try scanner.field("sources") { try $0.list { try $0.integer("an element", in: 0...Int.max) } }
      )
    case "normalize": self = .normalize(try scanner.field("norm") { try $0.choice("a norm") })
    case "convolution": self = .convolution(try ConvolutionLayer(fieldsFrom: &scanner))
    case "max_pool":
      self = .pool(
        PoolingLayer(kind: .maximum, window: try scanner.field("window") { try SlidingWindow(parsing: &$0) })
      )
    case "average_pool":
      let window = try scanner.field("window") { try SlidingWindow(parsing: &$0) }
      let countsPadding = try scanner.optionalField("counting") { try $0.expectWord("padding") } != nil
      self = .pool(PoolingLayer(kind: .average(countsPadding: countsPadding), window: window))
    case "pad": self = .pad(try PaddingLayer(fieldsFrom: &scanner))
    case "recurrence": self = .recurrence(try RecurrentLayer(fieldsFrom: &scanner))
    case "table_sum": self = .tableSum(try TableSum(fieldsFrom: &scanner))
    case "product": self = .product(try TensorProduct(fieldsFrom: &scanner))
    case "embedding": self = .embedding(EmbeddingLayer(table: try scanner.tensor("table")))
    case "tree_ensemble": self = .treeEnsemble(try TreeEnsemble(fieldsFrom: &scanner))
    default:
      if let kind = MergeKind(rawValue: word) {
        self = .merge(kind)
      } else if word.hasPrefix("reduce_"), let kind = ReductionLayer.Kind(rawValue: String(word.dropFirst(7))) {
        self = .reduce(
          try scanner.field("axes") { scanner in
            let axes = try scanner.list { try $0.axis() }
            return ReductionLayer(kind: kind, axes: axes, keepsAxes: scanner.acceptsWord("kept"))
          }
        )
      } else if let kind = ActivationKind(rawValue: word) {
        self = .activation(try ActivationFunction(kind, fieldsFrom: &scanner))
      } else {
        return nil
      }
    }
  }
}

extension TensorQuantizer {
  fileprivate init(fieldsFrom scanner: inout TextScanner) throws {
    let types = try scanner.field("types") { try $0.types(limit: ShapeInference.elementLimit) }
    let scaling = try scanner.optionalField("scaling") { scanner in
      let scalers: [Float] = scanner.isAt("[") ? try scanner.list { try $0.number() } : [try scanner.number()]
      try scanner.expectWord("factor")
      let factor: Float = try scanner.number()
      try scanner.expectWord("offset")
      let offset: Float = try scanner.number()
      let zero: Float = scanner.acceptsWord("zero") ? try scanner.number() : 0
      return QuantizerScaling(scalers: scalers, zeroPoint: zero, factor: factor, offset: offset)
    }
    self.init(types: types, scaling: scaling)
  }
}
