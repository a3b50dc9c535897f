import Basics
import Diagnostics
import FixedPointIR
import ModelIR
import Quantization
import Synchronization
import Testing

@testable import Optimization

@Suite struct TreeSearchTests {
  /// Trees of depth 4 on five features, one tree an output and round; later rounds say less, as boosted ones do.
  private func model(outputs: Int, rounds: Int) -> ModelGraph {
    var generator = SeededGenerator(seed: 7)
    var trees: [DecisionTree] = []
    for round in 0..<rounds {
      for output in 0..<outputs {
        var nodes: [DecisionTree.Node] = []
        for index in 0..<15 {
          let split = TreeSplit(
            feature: Int(generator.next() % 5),
            threshold: generator.normal(),
            comparison: .less,
            left: 2 * index + 1,
            right: 2 * index + 2
          )
          nodes.append(.split(split))
        }
        nodes += (0..<16).map { .leaf($0) }
        let scale = 1 / Double(round + 1)
        let leaves = (0..<16).map { _ in generator.normal() * scale }
        trees.append(DecisionTree(nodes: nodes, outputs: [output], leafValues: leaves))
      }
    }
    let ensemble = TreeEnsemble(
      featureCount: 5,
      trees: trees,
      base: Array(repeating: 0, count: outputs),
      featurePrecision: .float64
    )
    let origin = Origin(file: "test")
    var graph = ModelGraph(name: "trees", source: .xgboost)
    let x = graph.append(.input, named: "x", inputs: [], shape: [5], origin: origin)
    graph.outputs = [
      graph.append(.treeEnsemble(ensemble), named: "trees", inputs: [x], shape: [outputs], origin: origin)
    ]
    return graph
  }

  private func events(_ count: Int) -> CalibrationData {
    var generator = SeededGenerator(seed: 3)
    return CalibrationData(inputs: (0..<count * 5).map { _ in generator.normal() }, samples: count)
  }

  @Sendable private static func estimate(_ graph: FixedPointGraph) -> PointEstimate {
    let splits = graph.nodes.reduce(0) { total, node in
      guard case .treeEnsemble(let trees) = node.operation else { return total }
      return total + trees.trees.reduce(0) { $0 + $1.nodes.count - $1.leafCount }
    }
    return PointEstimate(adderBits: splits, lut: splits, ff: 0, dsp: 0, latencyCycles: 1, latencyNanoseconds: 5)
  }

  private func search(_ outputs: Int, _ meaning: OutputMeaning, threads: Int) throws -> [CurvePoint] {
    var options = OptimizerOptions()
    options.effort = .fast
    options.threads = threads
    options.meaning = meaning
    let search = try TreeOptimizer(
      model(outputs: outputs, rounds: 6),
      calibration: events(500),
      options: options,
      log: DiagnosticLog()
    )
    let points = Mutex<[CurvePoint]>([])
    let hooks = SearchHooks(
      estimate: Self.estimate,
      found: { point, _ in points.withLock { $0.append(point) } },
      goesOn: { true }
    )
    try search.run(hooks, from: nil)
    return points.withLock { $0 }
  }

  @Test(arguments: [(1, OutputMeaning.logistic), (1, .numbers), (3, .classes)])
  func `higher prices make smaller trees, whatever the number of threads`(
    _ outputs: Int,
    _ meaning: OutputMeaning
  ) throws {
    let one = try search(outputs, meaning, threads: 1)
    let many = try search(outputs, meaning, threads: 3)
    #expect(one.map(\.graph.description) == many.map(\.graph.description))
    let first = try #require(one.first)
    let last = try #require(one.last)
    #expect(one.count == 8)
    #expect(first.score.kl.value < 0.01)
    #expect(first.score.kl.value < last.score.kl.value)
    #expect(last.estimate.lut < first.estimate.lut / 3)
  }

  @Test func `pruning keeps what is worth its price and no more`() throws {
    let leaf = { (index: Int) in DecisionTree.Node.leaf(index) }
    let tree = DecisionTree(
      nodes: [
        .split(TreeSplit(feature: 0, threshold: 0, comparison: .less, left: 1, right: 2)),
        .split(TreeSplit(feature: 1, threshold: 0, comparison: .less, left: 3, right: 4)),
        .split(TreeSplit(feature: 1, threshold: 0, comparison: .less, left: 5, right: 6)),
        leaf(0), leaf(1), leaf(2), leaf(3),
      ],
      outputs: [0],
      leafValues: [1, 1.125, 5, 9]
    )
    let weights = [0.25, 0.25, 0.25, 0.25]
    // Telling 1 from 1.125 is worth half of 0.5 · 0.0625², telling 5 from 9 half of 0.5 · 2².
    let pruned = TreePruning(weights: weights, price: 0.01).pruned(tree)
    #expect(pruned.splitCount == 2)
    #expect(pruned.leafCount == 3)
    #expect(pruned.leafValues.map { ($0 * 1000).rounded() / 1000 }.sorted() == [1.063, 5, 9])
    for (x, value) in [([-1.0, -1.0], 1.0625), ([1.0, -1.0], 5), ([1.0, 1.0], 9)] {
      #expect(abs(pruned.leafValues[pruned.leaf(x, from: 0)] - value) < 1e-9)
    }
    #expect(TreePruning(weights: weights, price: 1e-9).pruned(tree).splitCount == 3)
    let stump = TreePruning(weights: weights, price: 1e3).pruned(tree)
    #expect(stump.nodes == [leaf(0)])
    #expect(abs(stump.leafValues[0] - 4.03125) < 1e-9)
  }

  @Test func `more than trees is refused by name`() throws {
    var graph = model(outputs: 1, rounds: 1)
    graph.outputs = [
      graph.append(
        .activation(.sigmoid),
        named: "probability",
        inputs: graph.outputs,
        shape: [1],
        origin: Origin(file: "test")
      )
    ]
    let refused = graph
    #expect {
      try TreeOptimizer(refused, calibration: events(20), options: OptimizerOptions(), log: DiagnosticLog())
    } throws: { "\($0)".contains("unsupported-optimization") }
  }
}
