import Basics
import Diagnostics
import FixedPoint
import FixedPointIR
import Glibc
import ModelIR
import Quantization

/// Searches for the smallest trees that still say what a model of trees says: splits that tell nothing apart go, leaves make up
/// for them, thresholds and leaves get as many bits as they are worth, and thresholds that fall together are compared once.
package struct TreeOptimizer: CurveSearch {
  private let model: ModelGraph
  private let node: Int
  private let ensemble: TreeEnsemble
  private let options: OptimizerOptions
  /// Event-major.
  private let inputs: [Double]
  private let events: Int
  /// By event and output, how much the answers feel the sum, per event.
  private let weights: [Double]
  /// By event and output, what the model's sums are.
  private let sums: [Double]
  package let evaluation: HeldOutEvaluation
  /// The same for events that are fitted to.
  private let fitted: HeldOutEvaluation
  private let calibration: CalibrationData

  package var fittedEvents: Int { events }

  private static let mostJudged = 4096
  private static let calibrationEvents = 2048

  /// - Throws: a `Diagnostic` for models that are more than trees, and data that cannot be served.
  package init(
    _ model: ModelGraph,
    calibration: CalibrationData,
    labels: [Int]? = nil,
    options: OptimizerOptions,
    log: DiagnosticLog
  ) throws {
    try calibration.verify(for: model)
    let index = model.nodes.firstIndex { if case .treeEnsemble = $0.operation { true } else { false } }
    guard let index, model.nodes.count == 2, model.outputs == [model.nodes[index].output],
      case .treeEnsemble(let ensemble) = model.nodes[index].operation
    else {
      throw Diagnostic.error(
        "unsupported-optimization",
        "'\(model.name)' is more than one ensemble of trees that reads the inputs",
        hint: "choose bits with \(option: .inputBits) and \(option: .weightBits) instead"
      )
    }
    guard options.droppedInputs.isEmpty else {
      throw Diagnostic.error(
        "unsupported-optimization",
        "inputs of trees cannot be dropped",
        hint: "train without them; what nothing compares takes no hardware"
      )
    }
    let split = EventSplit(calibration.samples, seed: options.seed)
    split.report(to: log)
    CalibrationFindings(calibration, model).report(to: log)
    (self.model, self.node, self.ensemble, self.options) = (model, index, ensemble, options)
    inputs = calibration.inputs(of: split.training)
    events = split.training.count
    let outputs = ReferenceEvaluator(model).evaluate(inputs, samples: events, keeping: .outputs).outputs
    sums = outputs.map { $0 / (ensemble.scale == 0 ? 1 : ensemble.scale) }
    let head = Self.head(ensemble, outputs, events: events, options.meaning)
    weights = Self.sensitivities(head, outputs, width: ensemble.outputCount)
      .map { $0 * ensemble.scale * ensemble.scale / Double(max(split.training.count, 1)) }
    func judge(_ events: ArraySlice<Int>, labels: [Int]?) -> HeldOutEvaluation {
      HeldOutEvaluation(
        heads: [head],
        sizes: [ensemble.outputCount],
        model,
        inputs: calibration.inputs(of: events),
        events: events.count,
        labels: labels,
        threads: 1
      )
    }
    evaluation = judge(split.heldOut[...], labels: labels.map { labels in split.heldOut.map { labels[$0] } })
    fitted = judge(split.training.prefix(Self.mostJudged), labels: nil)
    let observed = split.training.prefix(Self.calibrationEvents)
    self.calibration = CalibrationData(inputs: calibration.inputs(of: observed), samples: observed.count)
  }

  /// What the sums are taken for: classes if there are more than two, else as the options say.
  private static func head(
    _ ensemble: TreeEnsemble,
    _ outputs: [Double],
    events: Int,
    _ meaning: OutputMeaning
  ) -> TapeHead {
    let width = ensemble.outputCount
    let kind: TapeHead.Kind =
      switch meaning {
      case .classes: width > 1 ? .classes(width) : .logistic
      case .automatic: width > 1 ? .classes(width) : .numbers
      case .logistic: .logistic
      case .numbers, .anomaly: .numbers
      }
    var head = TapeHead(slot: 0, kind: kind)
    head.weights = (0..<width).map { k in
      let column = (0..<events).map { outputs[$0 * width + k] }
      let mean = column.reduce(0, +) / Double(max(events, 1))
      let variance = column.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(max(events, 1))
      return Float(1 / (max(variance, 1e-12) * Double(width)))
    }
    return head
  }

  /// Squares of the Fisher rows: by event and output, the second derivative of the distance.
  private static func sensitivities(_ head: TapeHead, _ outputs: [Double], width: Int) -> [Double] {
    switch head.kind {
    case .numbers: return outputs.indices.map { Double(head.weights[$0 % width]) }
    case .logistic:
      return outputs.map { score in
        let p = 1 / (1 + exp(-score))
        return p * (1 - p) + 1e-4
      }
    case .classes:
      var result = outputs
      for start in stride(from: 0, to: outputs.count, by: width) {
        let row = outputs[start..<start + width]
        let largest = row.max() ?? 0
        let sum = row.reduce(0) { $0 + exp($1 - largest) }
        for k in row.indices {
          let p = exp(outputs[k] - largest) / sum
          result[k] = p * (1 - p) + 1e-4
        }
      }
      return result
    }
  }

  // MARK: - The search

  package func run(_ hooks: SearchHooks, from state: SearchState?) throws {
    let isFast = options.effort == .fast
    let count = isFast ? 8 : options.effort == .normal ? 18 : 36
    let ratio = pow(3000, 1 / Double(count - 1))
    // A thousandth of a nat for all comparisons and leaves as they are.
    let splits = Double(max(ensemble.splitCount, 1))
    let start = 1e-3 / (splits * Self.bitsOfSplit)
    let first = state.map { $0.stage + 1 } ?? 0
    let queue = OrderedDelivery<CurvePoint> { k, point in
      try hooks.found(point, SearchState(stage: first + k, network: nil))
    }
    let results = parallelMap(count: max(count - first, 0), threads: options.threads) { k -> Result<Void, any Error> in
      Result {
        guard hooks.goesOn() else { return }
        let lambda = start * pow(ratio, Double(first + k))
        guard let graph = try network(lambda, goesOn: hooks.goesOn) else { return }
        try queue.deliver(
          CurvePoint(
            lambda: lambda,
            graph: graph,
            score: try evaluation.score(graph),
            estimate: try hooks.estimate(graph)
          ),
          at: k
        )
      }
    }
    for result in results { try result.get() }
  }

  package func uniformPoints(_ hooks: SearchHooks) throws -> [UniformPoint] {
    try UniformBits(evaluation: evaluation, threads: options.threads, hooks: hooks).points { weights, others in
      try quantized(model, Bits(features: [others], leaves: weights))
    }
  }

  package var relevance: InputRelevance? { nil }

  // MARK: - One price

  /// What a split costs about, with its share of the leaves.
  private static let bitsOfSplit = 10.0

  private struct Bits: Equatable {
    /// One number for all, or one for each feature.
    var features: [Int]
    var leaves: Int
  }

  private func quantized(_ model: ModelGraph, _ bits: Bits) throws -> FixedPointGraph {
    var native = NativeOptions()
    if bits.features.count == 1 { native.inputBits = bits.features[0] } else { native.featureBits = bits.features }
    native.weightBits = bits.leaves
    native.implementation = options.implementation
    return try NativeQuantizer.quantize(model, options: native, calibration: calibration, log: DiagnosticLog())
  }

  /// The trees for one price; nil where the search is to stop.
  private func network(_ lambda: Double, goesOn: @Sendable () -> Bool) throws -> FixedPointGraph? {
    var model = model
    var pruned = ensemble
    pruned.trees = ensemble.trees.map { tree in
      TreePruning(weights: reached(tree), price: lambda * Self.bitsOfSplit).pruned(tree)
    }
    refit(&pruned)
    model.nodes[node].operation = .treeEnsemble(pruned)
    func judged(_ bits: Bits) throws -> (value: Double, graph: FixedPointGraph) {
      let graph = try quantized(model, bits)
      return (try fitted.score(graph).kl.value + lambda * Self.cost(graph), graph)
    }
    var bits = Bits(features: [12], leaves: 10)
    var best = try judged(bits)
    func tryOut(_ candidate: Bits) throws {
      guard goesOn() else { return }
      let found = try judged(candidate)
      if found.value < best.value { (best, bits) = (found, candidate) }
    }
    for count in (3...11).reversed() { try tryOut(Bits(features: [count], leaves: bits.leaves)) }
    for count in (2...9).reversed() { try tryOut(Bits(features: bits.features, leaves: count)) }
    // Feature by feature, from what they have.
    let widths = best.graph[best.graph.inputs[0]].types.all.map(\.width)
    if widths.count > 1 { try tryOut(Bits(features: widths, leaves: bits.leaves)) }
    if bits.features.count > 1 {
      for feature in widths.indices {
        while bits.features[feature] > 1 {
          let before = bits
          var narrower = bits
          narrower.features[feature] -= 1
          try tryOut(narrower)
          if bits == before { break }
        }
      }
    }
    return goesOn() ? best.graph : nil
  }

  /// By leaf and output of a tree, the weight of the events that reach it.
  private func reached(_ tree: DecisionTree) -> [Double] {
    let width = tree.outputs.count
    var result = [Double](repeating: 0, count: tree.leafCount * width)
    for event in 0..<events {
      let leaf = tree.leaf(inputs, from: event * ensemble.featureCount)
      for (k, output) in tree.outputs.enumerated() {
        result[leaf * width + k] += weights[event * ensemble.outputCount + output]
      }
    }
    return result
  }

  /// Leaves make up for what pruning took: least squares toward the whole model's sums, tree after tree.
  private func refit(_ pruned: inout TreeEnsemble) {
    let width = ensemble.outputCount
    let leaves = pruned.trees.map { tree in
      (0..<events).map { tree.leaf(inputs, from: $0 * ensemble.featureCount) }
    }
    var rest = sums
    for event in 0..<events { for k in 0..<width { rest[event * width + k] -= pruned.base[k] } }
    for (t, tree) in pruned.trees.enumerated() {
      for event in 0..<events {
        for (k, output) in tree.outputs.enumerated() {
          rest[event * width + output] -= tree.leafValues[leaves[t][event] * tree.outputs.count + k]
        }
      }
    }
    for _ in 0..<Self.sweeps {
      for t in pruned.trees.indices {
        let outputs = pruned.trees[t].outputs
        var weight = [Double](repeating: 0, count: pruned.trees[t].leafValues.count)
        var moment = weight
        for event in 0..<events {
          for (k, output) in outputs.enumerated() {
            let place = leaves[t][event] * outputs.count + k
            weight[place] += weights[event * width + output]
            moment[place] += weights[event * width + output] * rest[event * width + output]
          }
        }
        // Leaves of few events move little.
        let typical = weight.reduce(0, +) / Double(max(weight.count, 1))
        let moves = weight.indices.map { moment[$0] / (weight[$0] + 0.02 * typical + 1e-30) }
        for place in moves.indices { pruned.trees[t].leafValues[place] += moves[place] }
        for event in 0..<events {
          for (k, output) in outputs.enumerated() {
            rest[event * width + output] -= moves[leaves[t][event] * outputs.count + k]
          }
        }
      }
    }
  }

  private static let sweeps = 4

  /// About the LUTs of a quantised ensemble: different comparisons, the ways to leaves, the sums.
  private static func cost(_ graph: FixedPointGraph) -> Double {
    var total = 0.0
    for node in graph.nodes {
      guard case .treeEnsemble(let trees) = node.operation, let input = node.inputs.first else { continue }
      let widths = graph[input].types.all.map(\.width)
      var comparisons: Set<TreeComparison> = []
      for tree in trees.trees {
        for case .split(let feature, let threshold, _, _) in tree.nodes {
          comparisons.insert(TreeComparison(feature: feature, threshold: threshold))
        }
        let largest = tree.leaves.map(\.magnitude).max() ?? 0
        let bits = Double(UInt64.bitWidth - largest.leadingZeroBitCount + 1)
        let leaves = Double(tree.leafCount)
        total += leaves + bits * Double(tree.outputs.count) * (leaves > 1 ? leaves / 3 + 1 : 0)
      }
      // The order of a set does not matter to a sum of halves.
      total += comparisons.reduce(0) { $0 + Double(widths[$1.feature % widths.count]) / 2 }
    }
    return total
  }
}

/// What trees that share it compare once.
private struct TreeComparison: Hashable {
  var feature: Int
  var threshold: Int64
}
