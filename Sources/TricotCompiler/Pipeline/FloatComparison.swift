import DataFiles
import Diagnostics
import ModelIR

extension Compilation {
  /// Compares the trained model, as Tricot has read it, in floating point with what the framework computes.
  ///
  /// Both sides round: a framework adds in float32 and in an order of its own. A layer differs where a number is further away than
  /// 64 steps of float32 of the layer's largest number.
  ///
  /// - Parameters:
  ///   - input: A `.npy`, events first.
  ///   - reference: A `.npy` of the model's outputs for these events, several outputs side by side.
  ///   - trace: A `.npz` of layers' results, by the layers' names; nil: the outputs alone are compared.
  public func compare(input: String, reference: String, trace: String? = nil) throws -> ComparisonReport {
    let loaded = try loaded
    try refuseTypes(loaded, instead: "leave it out: nothing is quantised here")
    let model = try loaded.graph
    let evaluator = ReferenceEvaluator(model)
    let batch = try EventBatch(reading: input, from: files, width: evaluator.inputSize, role: "inputs")
    let expected = try EventBatch(
      reading: reference,
      from: files,
      width: evaluator.outputSize,
      role: "reference outputs"
    )
    try Self.checkCount(expected.count, batch.count, reference)
    let activations = clock.measure("evaluate", "evaluating") {
      evaluator.evaluate(batch.values, samples: batch.count, keeping: trace == nil ? .outputs : .everything)
    }
    var report = ComparisonReport(samples: batch.count, layers: [], unknown: [])
    if let trace {
      report = try compare(model, activations, trace: trace, samples: batch.count)
    }
    var start = 0
    for output in model.outputs {
      let width = model[output].count
      let mine = Self.columns(start..<start + width, of: activations.outputs, width: evaluator.outputSize)
      let theirs = Self.columns(start..<start + width, of: expected.values, width: evaluator.outputSize)
      start += width
      report.layers.append(
        ComparisonReport.Layer(name: model[output].name, isOutput: true, width: width, found: mine, reference: theirs)
      )
    }
    report.first = report.layers.first { $0.differing > 0 }?.name
    return report
  }

  private static func checkCount(_ found: Int, _ wanted: Int, _ file: String) throws {
    guard found == wanted else {
      throw Diagnostic.error(
        "wrong-shape",
        "the reference holds \(found) events, the inputs \(wanted)",
        at: Origin(file: file),
        hint: "save what the framework computes of the same inputs"
      )
    }
  }

  private static func columns(_ columns: Range<Int>, of values: [Double], width: Int) -> [Double] {
    guard columns.count < width else { return values }
    return stride(from: 0, to: values.count, by: max(width, 1)).flatMap { row in columns.map { values[row + $0] } }
  }

  /// Layers that the trace names, in the model's order.
  private func compare(
    _ model: ModelGraph,
    _ activations: ModelActivations,
    trace: String,
    samples: Int
  ) throws -> ComparisonReport {
    let archive = try NumPyArchive(npz: files.bytes(of: trace), file: trace)
    let names = archive.names
    let results = TracedLayers(model)
    var found: [(tensor: TensorID, name: String)] = []
    var unknown: [String] = []
    for name in names {
      if let tensor = results.result(of: name) { found.append((tensor, name)) } else { unknown.append(name) }
    }
    found.sort { ($0.tensor, $0.name) < ($1.tensor, $1.name) }
    guard !found.isEmpty else {
      throw Diagnostic.error(
        "unknown-layer",
        "no array of the trace has the name of a layer",
        at: Origin(file: trace),
        hint: "name arrays as the layers: \(model.nodes.prefix(6).map { "'\($0.name)'" }.joined(separator: ", ")), …"
      )
    }
    let layers = try found.map { tensor, name in
      let array = try archive.array(name)
      let width = model[tensor].count
      guard array.values.count == samples * width else {
        throw Diagnostic.error(
          "wrong-shape",
          "'\(name)' of the trace has the shape \(array.shape), the layer's results \([samples] + model[tensor].shape)",
          at: Origin(file: trace),
          hint: "save the results for the same inputs, channels last"
        )
      }
      return ComparisonReport.Layer(
        name: name,
        isOutput: false,
        width: width,
        found: activations[tensor],
        reference: array.values
      )
    }
    return ComparisonReport(samples: samples, layers: layers, unknown: unknown)
  }
}

/// Which tensor holds what a framework calls the result of a layer.
private struct TracedLayers {
  private let model: ModelGraph
  /// By tensor, who reads it.
  private var readers: [TensorID: [Int]] = [:]

  init(_ model: ModelGraph) {
    self.model = model
    for (number, node) in model.nodes.enumerated() {
      for input in node.inputs { readers[input, default: []].append(number) }
    }
  }

  /// The last result of a layer: what follows under its name and a suffix, such as its activation, is part of it.
  func result(of layer: String) -> TensorID? {
    let name = layer.split(separator: "/").last.map(String.init) ?? layer
    guard var node = model.nodes.first(where: { $0.name == layer || $0.name == name }) else { return nil }
    while let next = readers[node.output], next.count == 1, case let follower = model.nodes[next[0]],
      follower.name.hasPrefix(node.name + "_"), follower.inputs == [node.output],
      model[follower.output].count == model[node.output].count
    {
      node = follower
    }
    return node.output
  }
}

extension ComparisonReport.Layer {
  /// Steps of float32 of the largest number by which two sides may differ.
  private static let steps = 64.0

  init(name: String, isOutput: Bool, width: Int, found: [Double], reference: [Double]) {
    let largest = reference.reduce(0) { max($0, $1.magnitude) }
    let allowance = Self.steps * max(largest, 0x1p-100) * 0x1p-23
    var worst = (place: 0, distance: 0.0)
    var differing = 0
    for (place, (mine, theirs)) in zip(found, reference).enumerated() where mine != theirs {
      // What is no number on one side alone is as far as can be.
      let distance = (mine - theirs).isNaN ? .infinity : (mine - theirs).magnitude
      if distance > allowance { differing += 1 }
      if distance > worst.distance { worst = (place, distance) }
    }
    self.init(
      name: name,
      isOutput: isOutput,
      elements: found.count,
      largestDifference: worst.distance,
      allowance: allowance,
      differing: differing,
      sample: worst.place / max(width, 1),
      element: worst.place % max(width, 1),
      found: found.isEmpty ? 0 : found[worst.place],
      reference: reference.isEmpty ? 0 : reference[worst.place]
    )
  }
}
