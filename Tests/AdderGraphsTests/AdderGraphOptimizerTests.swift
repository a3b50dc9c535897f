import Basics
import FixedPoint
import Testing

@testable import AdderGraphs

@Suite struct AdderGraphOptimizerTests {
  @Test("random problems are computed exactly", arguments: 0..<60 as Range<UInt64>)
  func computesRandomProblems(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    let problem = randomProblem(&generator)
    let graph = AdderGraphOptimizer.optimize(problem, AdderGraphOptions(effort: .fast, seed: seed))
    #expect(graph.computes(problem), "seed \(seed)")
    let evaluated = evaluate(graph, on: problem, &generator)
    #expect(evaluated, "seed \(seed)")
  }

  @Test("the least depth is kept", arguments: 0..<40 as Range<UInt64>)
  func keepsTheDepthLimit(seed: UInt64) {
    var generator = SeededGenerator(seed: seed &+ 1000)
    let problem = randomProblem(&generator)
    let least = leastDepth(of: problem)
    for slack in 0...2 {
      let graph = AdderGraphOptimizer.optimize(
        problem,
        AdderGraphOptions(effort: .fast, seed: seed, maximumDepth: least + slack)
      )
      #expect(graph.computes(problem))
      #expect(graph.metrics(for: problem).depth <= least + slack, "seed \(seed)")
    }
  }

  @Test(
    "a search computes exactly, keeps the limit, is no worse than one pass, and does not depend on threads",
    arguments: 0..<6 as Range<UInt64>
  )
  func searches(seed: UInt64) {
    var generator = SeededGenerator(seed: seed &+ 2000)
    let problem = randomProblem(&generator, largest: 4)
    let limit = leastDepth(of: problem) + Int(seed % 2)
    let fast = AdderGraphOptimizer.optimize(problem, AdderGraphOptions(effort: .fast, maximumDepth: limit))
    let one = AdderGraphOptimizer.optimize(problem, AdderGraphOptions(effort: .normal, threads: 1, maximumDepth: limit))
    let two = AdderGraphOptimizer.optimize(problem, AdderGraphOptions(effort: .normal, threads: 2, maximumDepth: limit))
    #expect(one.computes(problem))
    #expect(one.metrics(for: problem).depth <= limit)
    #expect(one.metrics(for: problem).bits <= fast.metrics(for: problem).bits)
    #expect(one == two)
  }

  @Test("sharing block by block computes exactly and keeps the limit", arguments: 0..<20 as Range<UInt64>)
  func sharesBlockByBlock(seed: UInt64) {
    var generator = SeededGenerator(seed: seed &+ 3000)
    let problem = randomProblem(&generator)
    let limit = leastDepth(of: problem) + Int(seed % 3)
    let digits = SharingState(problem, maximumDepth: limit)
    for mostPairs in [3, 30, 300] {
      let shared = BlockwiseSharing.share(digits, SharingTactics(seed: seed), mostPairs: mostPairs)
      let graph = SumForest.finish(shared, variants: 1)
      #expect(graph.computes(problem))
      #expect(graph.metrics(for: problem).depth <= limit)
    }
  }

  @Test(
    "sharing that counts few patterns computes exactly, keeps the limit, and is as good",
    arguments: [4, 64, 1 << 18]
  )
  func sharesSelectively(mostPatterns: Int) {
    var bits = (all: 0, selected: 0)
    for seed in 0..<20 as Range<UInt64> {
      var generator = SeededGenerator(seed: seed &+ 5000)
      let problem = randomProblem(&generator)
      let limit = leastDepth(of: problem) + Int(seed % 3)
      let digits = SharingState(problem, maximumDepth: limit)
      let tactics = SharingTactics(seed: seed)
      let all = SumForest.finish(GreedySharing.share(digits, tactics), variants: 1)
      let selected = GreedySharing.shareSelectively(digits, tactics, mostPatterns: mostPatterns)
      let graph = SumForest.finish(selected, variants: 1)
      #expect(graph.computes(problem))
      let metrics = graph.metrics(for: problem)
      #expect(metrics.depth <= limit)
      bits.all += all.metrics(for: problem).bits
      bits.selected += metrics.bits
    }
    // Equally worthy patterns are taken in another order.
    #expect(abs(Double(bits.selected) / Double(bits.all) - 1) < 0.02)
  }

  @Test("blocks get smaller as problems grow, and only in haste")
  func blockSizes() {
    func digits(_ inputs: Int, _ outputs: Int) -> SharingState {
      let range = Interval(-128, 127)
      let coefficients = [Int64](repeating: 85, count: inputs * outputs)
      let ranges = [Interval](repeating: range, count: inputs)
      let problem = ConstantMatrixProblem(
        inputCount: inputs,
        outputCount: outputs,
        coefficients: coefficients,
        inputRanges: ranges
      )
      return SharingState(problem, maximumDepth: nil)
    }
    let sizes = [64, 256, 600, 1024].map { BlockwiseSharing.mostPairs(digits($0, 128), effort: .fast) }
    #expect(sizes == sizes.sorted(by: >))
    #expect(sizes[0] == sizes[1] && sizes[1] > sizes[2] && sizes[2] > sizes[3])
    #expect(BlockwiseSharing.mostPairs(digits(1024, 128), effort: .normal) == sizes[0])
  }

  @Test("a searched tree computes exactly, keeps the limit, and is no worse", arguments: 0..<20 as Range<UInt64>)
  func searchesTrees(seed: UInt64) {
    var generator = SeededGenerator(seed: seed &+ 4000)
    let problem = randomProblem(&generator)
    let limit = seed % 2 == 0 ? leastDepth(of: problem) : nil
    let shared = GreedySharing.share(SharingState(problem, maximumDepth: limit), SharingTactics(seed: seed))
    let greedy = SumForest.finish(shared, variants: 4).metrics(for: problem)
    let graph = SumForest.finish(shared, variants: 4, steps: 300)
    #expect(graph.computes(problem))
    let metrics = graph.metrics(for: problem)
    #expect(metrics.bits <= greedy.bits)
    #expect(limit.map { metrics.depth <= $0 } ?? true)
  }

  @Test("where terms differ in width, place and level, searched trees need fewer bits and keep the limit")
  func treeSearchFindsBetterTrees() {
    var generator = SeededGenerator(seed: 5)
    let problem = ConstantMatrixProblem(
      inputCount: 16,
      outputCount: 16,
      coefficients: (0..<256).map { _ in Int64.random(in: -128...127, using: &generator) },
      inputRanges: [Interval](repeating: Interval(-128, 127), count: 16)
    )
    let least = leastDepth(of: problem)
    for slack in 0...1 {
      let digits = SharingState(problem, maximumDepth: least + slack)
      let shared = GreedySharing.share(digits, SharingTactics(seed: 1))
      let greedy = SumForest.finish(shared, variants: 4).metrics(for: problem)
      let searched = SumForest.finish(shared, variants: 4, steps: 2000).metrics(for: problem)
      #expect(searched.bits < greedy.bits)
      #expect(searched.depth <= least + slack)
    }
  }

  @Test("terms that cancel leave a tree of the others, and it can be built again in the same order")
  func treesWithCancellation() {
    let problem = ConstantMatrixProblem(
      inputCount: 3,
      outputCount: 1,
      coefficients: [0, 0, 5],
      inputRanges: [Interval](repeating: Interval(-4, 3), count: 3)
    )
    let pool = ValuePool(problem, keepsLevels: false)
    var sums = pool
    let sum = sums.combine(low: 0, high: 1, shift: 0, isSubtraction: false)
    let terms = [
      Term(value: 0, shift: 0, isNegative: true), Term(value: 1, shift: 0, isNegative: true),
      Term(value: 2, shift: 0, isNegative: false), Term(value: 2, shift: 2, isNegative: false),
      Term(value: sum.value, shift: 0, isNegative: false),
    ]
    for growthWeight in [0.5, 1, 4] {
      var built = sums
      let tree = SumTree.build(terms, in: &built, budget: nil, growthWeight: growthWeight, reach: .max)
      var assembled = sums
      let again = SumTree.assemble(terms, tree.additions, in: &assembled)
      #expect(tree.output == again.output)
      #expect(built.nodes == assembled.nodes)
      let graph = AdderGraph(inputCount: 3, nodes: built.nodes, outputs: [tree.output])
      #expect(graph.computes(problem))
    }
  }

  @Test("digits are counted by table as they are counted by arithmetic")
  func digitTable() {
    for value in -SignedDigits.countedMagnitude..<SignedDigits.countedMagnitude {
      let count = Int(SignedDigits.counts[Int(value + SignedDigits.countedMagnitude)])
      #expect(count == SignedDigits.canonical(Int128(value)).count)
    }
  }

  @Test func degenerateMatrices() {
    for coefficients in [[0, 0, 0, 0], [1, 0, 0, 1], [4, -4, 2, -2], [7, 7, -7, 14], [.max, .min + 1, 3, -5]]
      as [[Int64]]
    {
      let problem = ConstantMatrixProblem(
        inputCount: 2,
        outputCount: 2,
        coefficients: coefficients,
        inputRanges: [Interval(-3, 5), Interval(0, 1)]
      )
      #expect(AdderGraphOptimizer.optimize(problem, AdderGraphOptions()).computes(problem))
    }
    let empty = ConstantMatrixProblem(inputCount: 0, outputCount: 0, coefficients: [], inputRanges: [])
    #expect(AdderGraphOptimizer.optimize(empty, AdderGraphOptions()).nodes.isEmpty)
  }

  @Test func equalColumnsShareEverything() {
    let column: [Int64] = [13, -7, 101, 55]
    let problem = ConstantMatrixProblem(
      inputCount: 4,
      outputCount: 3,
      coefficients: column.flatMap { [$0, -$0, $0 * 4] },
      inputRanges: [Interval](repeating: Interval(-128, 127), count: 4)
    )
    let single = ConstantMatrixProblem(
      inputCount: 4,
      outputCount: 1,
      coefficients: column,
      inputRanges: problem.inputRanges
    )
    let graph = AdderGraphOptimizer.optimize(problem, AdderGraphOptions())
    #expect(graph.computes(problem))
    #expect(
      graph.nodes.count <= AdderGraphOptimizer.optimize(single, AdderGraphOptions()).nodes.count
    )
  }

  @Test("canonical signed digits have the value, no neighbours, and the count")
  func canonicalDigits() {
    var generator = SeededGenerator(seed: 7)
    for _ in 0..<2000 {
      let value = Int64(truncatingIfNeeded: generator.next()) >> Int64(generator.next() % 60)
      let digits = SignedDigits.canonical(Int128(value))
      let sum = digits.reduce(Int128(0)) { $0 + ($1.isNegative ? -1 : 1) * (Int128(1) << $1.shift) }
      #expect(sum == Int128(value))
      #expect(zip(digits, digits.dropFirst()).allSatisfy { $0.shift + 1 < $1.shift })
      if value.magnitude < 1 << 61 { #expect(SignedDigits.count(value) == digits.count) }
    }
  }

  private func randomProblem(_ generator: inout SeededGenerator, largest: Int = 12) -> ConstantMatrixProblem {
    let inputs = Int.random(in: 1...largest, using: &generator)
    let outputs = Int.random(in: 1...largest, using: &generator)
    let bits = Int.random(in: 1...20, using: &generator)
    let density = generator.unit()
    let coefficients: [Int64] = (0..<inputs * outputs).map { _ in
      generator.unit() < density ? Int64.random(in: -(1 << bits)...(1 << bits), using: &generator) : 0
    }
    let ranges = (0..<inputs).map { _ in
      let low = Int128(Int64.random(in: -300...10, using: &generator))
      return Interval(low, low + Int128(Int64.random(in: 0...500, using: &generator)))
    }
    let levels = (0..<inputs).map { _ in Int.random(in: 0...2, using: &generator) }
    return ConstantMatrixProblem(
      inputCount: inputs,
      outputCount: outputs,
      coefficients: coefficients,
      inputRanges: ranges,
      inputLevels: levels
    )
  }

  private func leastDepth(of problem: ConstantMatrixProblem) -> Int {
    let columns = SharingState.terms(of: problem)
    return columns.map { column in
      Kraft.depth(
        ofLoad: column.reduce(0) { $0 + Kraft.weight(Int32(problem.inputLevels[Int($1.value)])) }
      )
    }.max() ?? 0
  }

  /// Evaluates the graph on random vectors, nodes by their own definition.
  private func evaluate(
    _ graph: AdderGraph,
    on problem: ConstantMatrixProblem,
    _ generator: inout SeededGenerator
  ) -> Bool {
    for _ in 0..<5 {
      var values = problem.inputRanges.map { Int128.random(in: $0.lower...$0.upper, using: &generator) }
      let inputs = values
      for node in graph.nodes {
        let a = values[Int(node.a)] << Int(node.aShift)
        let b = values[Int(node.b)] << Int(node.bShift)
        values.append(node.isSubtraction ? a - b : a + b)
      }
      for (j, output) in graph.outputs.enumerated() {
        let magnitude = output.value.map { values[Int($0)] << output.shift } ?? 0
        let expected = inputs.indices.reduce(Int128(0)) {
          $0 + inputs[$1] * Int128(problem.coefficients[$1 * problem.outputCount + j])
        }
        if (output.isNegated ? -magnitude : magnitude) != expected { return false }
      }
    }
    return true
  }
}
