import Diagnostics
import FixedPoint
import FixedPointIR
import ModelIR

/// Quantises a trained model when no configuration prescribes its arithmetic.
///
/// Dense sums are exact and go unrounded into the activation that reads them; what is rounded is rounded to nearest and
/// saturates, never wraps. Ranges come from calibration data, or are proven from the real weights.
package enum NativeQuantizer {
  /// Quantises a model.
  ///
  /// - Parameters:
  ///   - model: a graph that passed `ModelGraphVerifier`, or would.
  ///   - calibration: typical inputs; without them activations are sized by proof, and wider.
  ///   - log: receives notes on what was chosen for the user.
  /// - Throws: a `Diagnostic` for options, data or layers that cannot be served.
  package static func quantize(
    _ model: ModelGraph,
    options: NativeOptions = NativeOptions(),
    calibration: CalibrationData? = nil,
    log: DiagnosticLog
  ) throws -> FixedPointGraph {
    try quantizeAnalysed(model, options: options, calibration: calibration, log: log).graph
  }

  /// The same, with what was proven about the graph on the way.
  package static func quantizeAnalysed(
    _ model: ModelGraph,
    options: NativeOptions = NativeOptions(),
    calibration: CalibrationData? = nil,
    log: DiagnosticLog
  ) throws -> AnalysedGraph {
    try options.validate()
    try ModelGraphVerifier.verify(model)
    try calibration?.verify(for: model)
    let names = model.nodes.map(\.name)
    for name in options.layers.keys.sorted() where !names.contains(name) {
      throw Diagnostic.error(
        "unknown-layer",
        "no layer of '\(model.name)' is called '\(name)'",
        hint: nearestName(to: name, among: names).map { "write '\($0)'" } ?? "see \(action: .inspect) for the names"
      )
    }
    let folded = try PaddingFolding().run(AffineFolding().run(model, log: log), log: log)
    let observed = calibration.map { ObservedRange.observe(folded, $0, coverage: options.coverage) }
    if calibration == nil {
      log.report(
        .note(
          "no-calibration",
          """
          without calibration data the activations of '\(model.name)' are sized for everything its inputs can hold; give \
          typical inputs (\(option: .calibration)) for narrower types
          """
        )
      )
    }
    var builder = NativeGraphBuilder(
      model: folded,
      options: options,
      observed: observed,
      calibration: calibration,
      log: log
    )
    try builder.build()
    try FixedPointGraphVerifier.verify(builder.graph)
    return AnalysedGraph(builder.graph, builder.analysis)
  }
}

/// Grows the quantised graph node by node, with everything proven about it so far.
struct NativeGraphBuilder {
  let model: ModelGraph
  let options: NativeOptions
  let observed: [ObservedRange?]?
  let calibration: CalibrationData?
  let log: DiagnosticLog
  /// By model tensor: whether someone reads it who wants few bits, and not the exact result.
  let wantsNarrow: [Bool]
  /// By model tensor: whether the model returns it, under this or another shape.
  let isReturned: [Bool]

  private(set) var graph: FixedPointGraph
  private(set) var analysis = RangeAnalysis()
  /// By model tensor: what it has become.
  private var made: [FixedTensorID?]

  /// The widest exact result that goes unrounded into the next layer.
  static let widestExact = 40

  init(
    model: ModelGraph,
    options: NativeOptions,
    observed: [ObservedRange?]?,
    calibration: CalibrationData?,
    log: DiagnosticLog
  ) {
    self.model = model
    self.options = options
    self.observed = observed
    self.calibration = calibration
    self.log = log
    (wantsNarrow, isReturned) = Self.demands(of: model)
    graph = FixedPointGraph(name: model.name)
    made = [FixedTensorID?](repeating: nil, count: model.tensors.count)
  }

  /// What the readers of each tensor want of it.
  private static func demands(of model: ModelGraph) -> (narrow: [Bool], returned: [Bool]) {
    var narrow = [Bool](repeating: false, count: model.tensors.count)
    var returned = narrow
    for output in model.outputs {
      narrow[output.index] = true
      returned[output.index] = true
    }
    for node in model.nodes.reversed() {
      for input in node.inputs {
        switch node.operation {
        case .input: break
        case .dense, .convolution, .batchNormalization, .affine, .merge(.multiply), .recurrence, .product:
          narrow[input.index] = true
        // Narrow features make small comparators.
        case .treeEnsemble: narrow[input.index] = true
        // An index is what it is.
        case .embedding: break
        // Refused when it is built.
        case .normalize, .tableSum: break
        case .reduce: break
        case .activation, .merge(.add), .merge(.subtract), .merge(.average), .merge(.maximum), .merge(.minimum): break
        case .reshape, .concatenate, .quantize, .gather, .pool, .pad:
          if narrow[node.output.index] { narrow[input.index] = true }
          if returned[node.output.index] { returned[input.index] = true }
        }
      }
    }
    return (narrow, returned)
  }

  mutating func build() throws {
    for node in model.nodes {
      switch node.operation {
      case .input: try addInput(node)
      case .dense(let layer): addDense(node, layer)
      case .batchNormalization(let layer): addAffine(node, layer.affine)
      case .affine(let layer): addAffine(node, layer)
      case .activation(let function): try addActivation(node, function)
      case .reshape, .concatenate, .gather: addMove(node)
      case .quantize, .tableSum: throw node.isTrainedQuantizer
      case .normalize: throw node.dividesByNorm
      case .merge(let kind): addMerge(node, kind)
      case .convolution(let layer): addConvolution(node, layer)
      case .pool(let layer): addPooling(node, layer)
      case .reduce(let layer): addReduction(node, layer)
      case .pad(let layer): addPadding(node, layer)
      case .treeEnsemble(let ensemble): try addTreeEnsemble(node, ensemble)
      case .recurrence(let layer): try addRecurrence(node, layer)
      case .product(let product): addProduct(node, product)
      case .embedding(let layer): addEmbedding(node, layer)
      }
    }
    graph.outputs = model.outputs.map { quantized($0) }
  }

  /// What a model tensor has become; the verifier saw to it that it has.
  func quantized(_ id: TensorID) -> FixedTensorID {
    guard let result = made[id.index] else { preconditionFailure("a tensor is made before it is read") }
    return result
  }

  func observation(of node: ModelNode) -> ObservedRange? { observed?[node.output.index] }

  func activationBits(of node: ModelNode) -> Int {
    if isReturned[node.output.index] { return options.precision?.width ?? options.outputBits }
    return options.layers[node.name]?.activationBits ?? options.precision?.width ?? options.activationBits
  }

  /// Appends a node that stands for a layer of the model, or for a part of one.
  ///
  /// - Parameters:
  ///   - suffix: what a part's name has beyond the layer's; nil for the layer's result.
  ///   - shape: a part's shape; nil for that of the layer's result.
  ///   - choose: gives the element types for the exact ranges of the results.
  @discardableResult
  mutating func append(
    _ operation: FixedOperation,
    for node: ModelNode,
    suffix: String? = nil,
    shape: [Int]? = nil,
    inputs: [FixedTensorID],
    choose: ([ExactRange]) throws -> ElementTypes
  ) rethrows -> FixedTensorID {
    let shape = shape ?? model[node.output].shape
    var extended = graph
    let placeholder = ElementTypes(
      uniform: FixedPointType(width: 1, integerBits: 1),
      count: shape.reduce(1, *)
    )
    let output = extended.append(
      operation,
      named: suffix.map { uniqueName(node.name + "_" + $0) } ?? node.name,
      kind: node.operation.kindName,
      inputs: inputs,
      shape: shape,
      types: placeholder,
      origin: node.origin,
      implementation: implementation(of: node)
    )
    extended[output].types = try choose(analysis.exactResults(ofLastNodeOf: extended))
    extended.quantizeInLastKernel()
    graph = extended
    analysis.extend(graph)
    if suffix == nil { made[node.output.index] = output }
    return output
  }

  func implementation(of node: ModelNode) -> ImplementationChoice {
    options.layers[node.name]?.implementation ?? options.implementation
  }

  /// A name that no layer of the model and no other part has.
  private func uniqueName(_ name: String) -> String {
    var candidate = name
    var number = 2
    while model.nodes.contains(where: { $0.name == candidate }) || graph.nodes.contains(where: { $0.name == candidate })
    {
      candidate = "\(name)_\(number)"
      number += 1
    }
    return candidate
  }

  /// Types for the result of a layer: few bits for those who want few, else exactly what the values need.
  func resultTypes(of node: ModelNode, _ exact: [ExactRange], alwaysNarrow: Bool = false) -> ElementTypes {
    if let types = prescribedTypes(of: node, exact) { return types }
    let holding = Self.exactTypes(exact)
    let widest = holding.all.map(\.width).max() ?? 0
    if !alwaysNarrow && !wantsNarrow[node.output.index] && widest <= Self.widestExact { return holding }
    return choice(for: node, exact).types
  }

  /// What was decided elsewhere, if anything; the widths of what is returned stay sane.
  private func prescribedTypes(of node: ModelNode, _ exact: [ExactRange]) -> ElementTypes? {
    switch options.prescriptions[node.name]?.types {
    case .each(let types): return types.count == exact.count ? types : nil
    case .exact:
      let holding = Self.exactTypes(exact)
      guard isReturned[node.output.index] else { return holding }
      // Ports have at least one bit.
      let types = holding.all.map { type in
        type.width > 0 ? type : FixedPointType(width: 1, integerBits: 1 - type.fractionBits, isSigned: false)
      }
      return types.contains { $0.width > Self.widestPort } ? nil : ElementTypes(each: types)
    case nil: return nil
    }
  }

  /// The common type of all elements, where one was decided elsewhere.
  func prescribedType(of node: ModelNode) -> FixedPointType? {
    guard case .each(let types)? = options.prescriptions[node.name]?.types else { return nil }
    return types.uniform
  }

  /// The widest exact result that a port takes.
  private static let widestPort = 24

  /// Types for the result of an activation: few bits, unless they were decided elsewhere.
  func activationTypes(of node: ModelNode, _ exact: [ExactRange]) -> ElementTypes {
    prescribedTypes(of: node, exact) ?? choice(for: node, exact).types
  }

  func choice(for node: ModelNode, _ exact: [ExactRange]) -> TypeChoice {
    TypeChoice(
      exact: exact,
      observed: observation(of: node),
      bits: activationBits(of: node),
      provenFractionBits: options.provenFractionBits,
      cap: options.precision,
      isPort: isReturned[node.output.index]
    )
  }

  /// For each element the smallest type that holds it exactly, all on one grid.
  static func exactTypes(_ exact: [ExactRange]) -> ElementTypes {
    let grid = exact.filter { $0.raw != Interval(0) }.map(\.fractionBits).max() ?? 0
    return ElementTypes(each: exact.map { .containing($0.raw(on: grid), fractionBits: grid) })
  }
}
