import FixedPoint
import FixedPointIR
import ModelIR
import Quantization

extension Compilation {
  /// Layers, shapes, parameters, types, proven ranges and possible overflows.
  ///
  /// - Parameters:
  ///   - input: A `.npy` on which wraps and saturations are counted; nil: the calibration data, if given.
  ///   - loss: For trees: what may be lost for the smallest precision that is offered.
  public func inspect(input: String? = nil, loss: AllowedLoss = AllowedLoss()) throws -> InspectionReport {
    let quantized = try quantized
    let graph = quantized.graph
    func port(_ id: FixedTensorID) -> InspectionReport.Port {
      InspectionReport.Port(name: graph[id].name, shape: graph[id].shape, type: graph[id].types.summary)
    }
    let overflows = OverflowReport(graph, analysis: quantized.analysis)
    let provenance = TypeProvenance(
      quantized,
      options: options,
      configuration: try loaded.document?.configuration,
      isCalibrated: options.quantization.calibration != nil
    )
    var report = InspectionReport(
      model: quantized.name,
      source: quantized.source,
      arithmetic: quantized.arithmetic.rawValue,
      parameters: quantized.parameterCount,
      inputs: graph.inputs.map(port),
      outputs: graph.outputs.map(port),
      layers: zip(graph.nodes, overflows.layers).map { node, layer in
        InspectionReport.Layer(
          node,
          of: graph,
          analysis: quantized.analysis,
          findings: layer.findings,
          typeFrom: provenance.origin(of: node)
        )
      },
      simplifiedAccumulators: quantized.simplified,
      pruning: quantized.pruning
    )
    report.trees = try inspectTrees(quantized, loss: loss)
    let batch =
      try input.map { try EventBatch(reading: $0, from: files, width: graph.inputCount, role: "inputs") }
      ?? calibration?.batch
    if let batch {
      let counts = try overflowCounts(on: batch)
      report.samples = counts.samples
      for index in report.layers.indices {
        report.layers[index].wraps = counts.wraps[index]
        report.layers[index].saturations = counts.saturations[index]
      }
    }
    return report
  }
}

extension InspectionReport.Layer {
  init(
    _ node: FixedNode,
    of graph: FixedPointGraph,
    analysis: RangeAnalysis,
    findings: [OverflowFinding],
    typeFrom: TypeOrigin
  ) {
    let tensor = graph[node.output]
    let ranges = analysis[node.output].enumerated().map { element, range in
      (tensor.types[element].value(ofRaw: range.lower), tensor.types[element].value(ofRaw: range.upper))
    }
    self.init(
      name: node.name,
      kind: node.kind,
      shape: tensor.shape,
      parameters: node.operation.parameterCount,
      nonzeroParameters: node.operation.nonzeroParameterCount,
      type: tensor.types.shortSummary,
      typeFrom: typeFrom.rawValue,
      types: node.operation.innerTypes,
      lower: ranges.map(\.0).min() ?? 0,
      upper: ranges.map(\.1).max() ?? 0,
      overflows: findings.map(InspectionReport.PossibleOverflow.init)
    )
  }
}

extension InspectionReport.PossibleOverflow {
  init(_ finding: OverflowFinding) {
    self.init(
      place: finding.place.rawValue,
      type: finding.type.shortDescription,
      effect: finding.type.overflow.word,
      elements: finding.elements,
      lower: finding.lower,
      upper: finding.upper,
      missingIntegerBits: finding.missingBits
    )
  }
}

extension Overflow {
  /// What it does to a value, in a word.
  var word: String {
    switch self {
    case .wrap: "wrap"
    case .saturate, .saturateSymmetric: "saturate"
    case .saturateToZero: "zero"
    }
  }
}

extension ElementTypes {
  /// The common type, or how many different ones there are.
  var shortSummary: String {
    if let uniform { return uniform.shortDescription }
    let widths = all.map(\.width)
    return "\(Set(all).count) types, \(widths.min() ?? 0)…\(widths.max() ?? 0) bits"
  }
}

extension FixedOperation {
  /// Weights and biases, those of kernels once.
  var parameterCount: Int { parameters { $0.count } }
  fileprivate var nonzeroParameterCount: Int { parameters { $0.count { $0 != 0 } } }

  private func parameters(_ measure: ([Int64]) -> Int) -> Int {
    let facts = facts
    let own = facts.parameters.reduce(0) { $0 + measure($1.raw) }
    return facts.bodies.flatMap(\.nodes).reduce(own) { $0 + $1.operation.parameters(measure) }
  }

  /// Types inside the operation, by their role.
  fileprivate var innerTypes: [String: String] {
    let facts = facts
    let inside = facts.bodies.flatMap(\.nodes).flatMap { $0.operation.facts.innerTypes }
    return Dictionary((facts.innerTypes + inside).map { ($0.role, $0.type.shortDescription) }) { first, _ in first }
  }
}
