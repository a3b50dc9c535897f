import Diagnostics
import FixedPointIR
import ModelIR
import Quantization
import Simulation

/// Typical events of a report, and their classes.
struct ReportEvents {
  /// What is seen of values: enough for quartiles, and no more than a page of a large network can wait for.
  private static let mostValues = 400_000
  private static let mostEvents = 2000
  /// Events of curves.
  private static let mostCounted = 100_000

  let batch: EventBatch
  let labels: [Int]?

  /// Nil where there are no events.
  init?(_ compilation: Compilation, input: String?, labels path: String?) throws {
    let quantized = try compilation.quantized
    if let input {
      batch = try EventBatch(reading: input, from: compilation.files, for: quantized)
    } else if let calibration = try compilation.calibration {
      batch = calibration.batch
    } else if let path {
      throw Diagnostic.error(
        "option-without-effect",
        "labels without events say nothing",
        at: Origin(file: path),
        hint: "give the events that they belong to, too"
      )
    } else {
      return nil
    }
    let outputs = quantized.graph.outputCount
    labels = try path.map { [batch] in
      try ClassLabels.read(compilation.files.bytes(of: $0), file: $0, events: batch.count, classes: outputs)
    }
  }

  /// The events whose values are looked at.
  func few(for graph: FixedPointGraph) -> EventBatch {
    let values = graph.nodes.reduce(1) { $0 + graph[$1.output].count }
    return batch.prefix(min(max(Self.mostValues / values, 16), Self.mostEvents))
  }

  /// The events whose outputs are counted: fewer of a network that takes long.
  func many(for graph: FixedPointGraph) -> EventBatch {
    let values = graph.nodes.reduce(1) { $0 + graph[$1.output].count }
    return batch.prefix(min(max(Self.mostValues * 20 / values, 64), Self.mostCounted))
  }

  /// Curves of all classes, where there are labels.
  func efficiency(of compilation: Compilation) throws -> EfficiencyReport? {
    guard let labels else { return nil }
    let counted = many(for: try compilation.fixedPointGraph)
    let fixed = try compilation.simulator.run(counted.values, samples: counted.count).outputs
    var float: [Double]?
    if let model = try compilation.quantized.model {
      let evaluator = ReferenceEvaluator(model)
      if evaluator.inputSize == counted.width {
        float = evaluator.evaluate(counted.values, samples: counted.count, keeping: .outputs).outputs
      }
    }
    return EfficiencyReport(fixed: fixed, float: float, labels: Array(labels[..<counted.count]))
  }
}

/// What a model's layers give for some events, beside its float model's.
struct ObservedModel {
  /// By layer, its values and what they look like.
  private(set) var numbers: [(profile: ModelReport.ValueProfile, values: [Double])] = []
  var profiles: [ModelReport.ValueProfile] { numbers.map(\.profile) }
  private(set) var comparison: FloatComparison?
  /// Pairs of an output that are drawn.
  private static let mostPairs = 400
  private static let mostOutputs = 12

  init(_ compilation: Compilation, events: ReportEvents) throws {
    let quantized = try compilation.quantized
    let graph = quantized.graph
    let batch = events.few(for: graph)
    let result = try compilation.simulator.run(
      batch.values,
      samples: batch.count,
      options: SimulationOptions(threads: compilation.options.threads, trace: true)
    )
    let float = Self.reference(quantized, batch)
    var layers: [FloatComparison.Layer] = []
    for (node, traced) in zip(graph.nodes, result.trace) {
      let types = graph[node.output].types
      let fixed = traced.values.doubles
      let reference = float?.values(for: node.name, in: graph, count: graph[node.output].count)
      let profile = ModelReport.ValueProfile(
        layer: node.name,
        role: "values",
        source: reference == nil ? "quantised" : "trained",
        values: reference ?? fixed,
        types: types
      )
      numbers.append((profile, reference ?? fixed))
      if let reference, quantized.arithmetic != .trained {
        layers.append(FloatComparison.Layer(node.name, float: reference, fixed: fixed))
      }
    }
    guard let float, quantized.arithmetic != .trained else { return }
    comparison = FloatComparison(
      events: batch.count,
      accuracy: try Self.accuracy(compilation, events.many(for: graph)),
      layers: layers,
      outputs: Self.pairs(float.outputs, result.outputs, graph, samples: batch.count)
    )
  }

  private static func accuracy(_ compilation: Compilation, _ batch: EventBatch) throws -> AccuracySummary? {
    let few = batch.prefix(Compilation.mostCompared)
    let options = SimulationOptions(threads: compilation.options.threads)
    let outputs = try compilation.simulator.run(few.values, samples: few.count, options: options).outputs
    return compilation.accuracy(of: outputs, for: few, model: try compilation.quantized)
  }

  private static func reference(_ quantized: QuantizedModel, _ batch: EventBatch) -> ReferenceValues? {
    guard let model = quantized.model else { return nil }
    let evaluator = ReferenceEvaluator(model)
    guard evaluator.inputSize == batch.width, evaluator.outputSize == quantized.graph.outputCount else { return nil }
    return ReferenceValues(model: model, activations: evaluator.evaluate(batch.values, samples: batch.count))
  }

  private static func pairs(
    _ float: [Double],
    _ fixed: [Double],
    _ graph: FixedPointGraph,
    samples: Int
  ) -> [FloatComparison.Output] {
    let width = graph.outputCount
    let names = graph.outputs.flatMap { id in
      let tensor = graph[id]
      return (0..<tensor.count).map { tensor.count == 1 ? tensor.name : "\(tensor.name) \($0)" }
    }
    let shown = min(width, mostOutputs)
    let some = min(samples, max(mostPairs, 2 * mostPairs / max(shown, 1)))
    return (0..<shown).map { element in
      let places = (0..<some).map { $0 * width + element }
      return .init(name: names[element], float: places.map { float[$0] }, fixed: places.map { fixed[$0] })
    }
  }
}

/// The float model's tensors, by the names of quantised layers.
private struct ReferenceValues {
  let model: ModelGraph
  let activations: ModelActivations

  var outputs: [Double] { activations.outputs }

  /// Nil where no tensor of the float model is the same quantity.
  func values(for name: String, in graph: FixedPointGraph, count: Int) -> [Double]? {
    guard var node = model.nodes.first(where: { $0.name == name }) else { return nil }
    // What was folded into a layer is part of it: a normalisation that has no layer of its own any more.
    while let next = absorbed(after: node, in: graph) { node = next }
    guard model[node.output].count == count else { return nil }
    return activations[node.output]
  }

  private func absorbed(after node: ModelNode, in graph: FixedPointGraph) -> ModelNode? {
    let readers = model.nodes.filter { $0.inputs.contains(node.output) }
    guard readers.count == 1, let reader = readers.first, !graph.nodes.contains(where: { $0.name == reader.name })
    else { return nil }
    switch reader.operation {
    case .batchNormalization, .affine, .quantize: return reader
    case .input, .dense, .activation, .reshape, .concatenate, .merge, .gather, .normalize, .treeEnsemble, .tableSum,
      .convolution, .pool, .reduce, .pad, .recurrence, .product, .embedding:
      return nil
    }
  }
}

extension FloatComparison.Layer {
  fileprivate init(_ name: String, float: [Double], fixed: [Double]) {
    var (sum, squares, largest, size, count) = (0.0, 0.0, 0.0, 0.0, 0)
    for (a, b) in zip(float, fixed) where a.isFinite {
      let error = abs(a - b)
      sum += error
      squares += error * error
      largest = max(largest, error)
      size += a * a
      count += 1
    }
    let number = Double(max(count, 1))
    self.init(
      layer: name,
      meanError: sum / number,
      rmsError: (squares / number).squareRoot(),
      largestError: largest,
      rmsValue: (size / number).squareRoot()
    )
  }
}
