import AdderGraphs
import FixedPoint
import FixedPointIR
import Lowering
import NetlistIR
import TestSupport
import Testing

@Suite struct DenseTests {
  private static let cases = Array(0..<40 as Range<UInt64>)

  /// A dense layer with random weights, per-element types and, for half of the seeds, several positions.
  private func random(
    _ seed: UInt64,
    accumulation: (inout RandomFixedPointGraph) -> Accumulation,
    strategy: ImplementationChoice.Strategy
  ) -> (FixedPointGraph, [[Double]]) {
    var random = RandomFixedPointGraph(seed: seed)
    let positions = random.int(1...2)
    let inputSize = random.int(1...6)
    let outputSize = random.int(1...6)
    var weights = (0..<inputSize * outputSize).map { _ in
      random.int(0...3) == 0 ? 0 : Int64(random.int(-70...70))
    }
    // A neuron twice, and one that is dead.
    if outputSize > 2 {
      for i in 0..<inputSize {
        weights[i * outputSize + 1] = weights[i * outputSize]
        weights[i * outputSize + 2] = 0
      }
    }
    let dense = DenseOperation(
      inputSize: inputSize,
      outputSize: outputSize,
      weights: weights,
      weightFractionBits: random.int(-1...6),
      bias: ConstantVector(
        raw: (0..<outputSize).map { _ in Int64(random.int(-100...100)) },
        fractionBits: random.int(-1...9)
      ),
      accumulation: accumulation(&random)
    )
    let types = random.types(positions * inputSize)
    let graph = graph(
      of: positions > 1 ? .map(.rows(dense, of: types)) : .dense(dense),
      inputs: [types],
      output: random.types(positions * outputSize),
      positions: positions,
      strategy: strategy
    )
    return (graph, (0..<60).map { _ in random.inputs(for: graph) })
  }

  @Test(arguments: cases, ImplementationChoice.Strategy.allCases)
  func `exact sums`(seed: UInt64, strategy: ImplementationChoice.Strategy) throws {
    let (graph, events) = random(seed, accumulation: { _ in .exact }, strategy: strategy)
    try expectSameBits(graph, events: events, "seed \(seed)")
  }

  @Test func `a layer's own depth is kept`() throws {
    var random = RandomFixedPointGraph(seed: 77)
    let dense = DenseOperation(
      inputSize: 16,
      outputSize: 12,
      weights: (0..<192).map { _ in Int64(random.int(-63...63)) },
      weightFractionBits: 4,
      bias: ConstantVector(raw: [0], fractionBits: 0),
      accumulation: .exact
    )
    let narrow = FixedPointType(width: 6, integerBits: 3, isSigned: true)
    let wide = FixedPointType(width: 20, integerBits: 14, isSigned: true)
    let usual = graph(
      of: .dense(dense),
      inputs: [ElementTypes(each: Array(repeating: narrow, count: 16))],
      output: ElementTypes(each: Array(repeating: wide, count: 12))
    )
    func shape(_ extraDepth: Int?) throws -> (depth: Int, adders: Int) {
      var graph = usual
      if let extraDepth { graph.setImplementation(extraDepth: extraDepth) }
      let plans = AdderGraphPlans(graph, analysis: RangeAnalysis(graph), options: LoweringOptions())
      let kernel = plans.dense.compactMap { $0 }.first?.kernels.first ?? nil
      guard case .matrix(let adders, _) = try #require(kernel) else { return (0, 0) }
      var levels = [Int](repeating: 0, count: adders.inputCount)
      for node in adders.nodes { levels.append(max(levels[Int(node.a)], levels[Int(node.b)]) + 1) }
      return (levels.max() ?? 0, adders.nodes.count)
    }
    let flat = try shape(0)
    let deep = try shape(4)
    let same = try shape(nil)
    #expect(flat.depth < deep.depth && deep.adders < flat.adders)
    #expect(same == (try shape(1)))
  }

  @Test(arguments: cases, [ImplementationChoice.Strategy.distributedArithmetic, .multipliers])
  func `stepwise sums`(seed: UInt64, strategy: ImplementationChoice.Strategy) throws {
    let (graph, events) = random(
      seed + 100,
      accumulation: { random in
        let order = random.int(0...1) == 0 ? SummationOrder.ascending : .resource(reuseFactor: random.int(1...5))
        return .stepwise(random.type(widths: 3...16), order: order)
      },
      strategy: strategy
    )
    try expectSameBits(graph, events: events, "seed \(seed)")
  }

  @Test func `rows of different types cost what layers of their own cost`() throws {
    let dense = DenseOperation(
      inputSize: 3,
      outputSize: 4,
      weights: [23, -45, 7, 91, 33, 12, -77, 5, 58, 19, 3, -29],
      weightFractionBits: 5,
      bias: ConstantVector(raw: [1, -2, 3, -4], fractionBits: 4)
    )
    var random = RandomFixedPointGraph(seed: 11)
    func types(_ grids: [Int]) -> [FixedPointType] { grids.map { FixedPointType(width: 7, integerBits: 7 - $0) } }
    // The second row has one input less, the third other grids.
    let narrow = types([3, 3]) + [FixedPointType(width: 0, integerBits: 0)]
    let rows = [types([3, 3, 3]), narrow, types([5, 1, 2])]
    let results = rows.map { _ in
      (0..<4).map { FixedPointType(width: 5 + $0, integerBits: 4, rounding: .roundHalfUp, overflow: .saturate) }
    }
    func statistics(_ rows: [[FixedPointType]], _ results: [[FixedPointType]]) throws -> NetlistStatistics {
      let all = ElementTypes(each: rows.flatMap { $0 })
      let graph = graph(
        of: rows.count > 1 ? .map(.rows(dense, of: all)) : .dense(dense),
        inputs: [all],
        output: ElementTypes(each: results.flatMap { $0 }),
        positions: rows.count
      )
      try expectSameBits(graph, events: (0..<40).map { _ in random.inputs(for: graph) })
      return NetlistStatistics(try Lowering.lower(graph))
    }
    let together = try statistics(rows, results)
    let alone = try zip(rows, results).map { try statistics([$0], [$1]) }
    #expect(together.adders == alone.reduce(0) { $0 + $1.adders })
    #expect(together.adderBits == alone.reduce(0) { $0 + $1.adderBits })
    #expect(together.clamps == alone.reduce(0) { $0 + $1.clamps })
  }

  @Test func `weights too large for a graph are built digit by digit`() throws {
    let types = [-50, 0, 20].map { FixedPointType(width: 4, integerBits: 4 - $0) }
    let dense = DenseOperation(
      inputSize: 3,
      outputSize: 2,
      weights: [Int64(1) << 20 | 5, 3, -7, 1, Int64(1) << 20 | 1, -1],
      weightFractionBits: 3
    )
    let graph = graph(
      of: .dense(dense),
      inputs: [ElementTypes(each: types)],
      output: ElementTypes(uniform: FixedPointType(width: 110, integerBits: 85), count: 2)
    )
    var random = RandomFixedPointGraph(seed: 9)
    try expectSameBits(graph, events: (0..<50).map { _ in random.inputs(for: graph) })
  }

  @Test func `equal neurons are shared and dead ones cost nothing`() throws {
    let type = FixedPointType(width: 8, integerBits: 4)
    func adders(_ outputs: Int, _ weights: [Int64]) throws -> Int {
      let dense = DenseOperation(inputSize: 3, outputSize: outputs, weights: weights, weightFractionBits: 4)
      let wide = FixedPointType(width: 24, integerBits: 12)
      let graph = graph(
        of: .dense(dense),
        inputs: [ElementTypes(uniform: type, count: 3)],
        output: ElementTypes(uniform: wide, count: outputs)
      )
      return NetlistStatistics(try Lowering.lower(graph)).adders
    }
    let one = try adders(1, [23, -9, 5])
    #expect(one > 0)
    #expect(try adders(3, [23, 23, 0, -9, -9, 0, 5, 5, 0]) == one)
  }

  @Test func `the rounding constant joins the bias`() throws {
    let type = FixedPointType(width: 8, integerBits: 4)
    func adders(_ rounding: Rounding) throws -> Int {
      let dense = DenseOperation(
        inputSize: 2,
        outputSize: 1,
        weights: [3, 5],
        weightFractionBits: 4,
        bias: ConstantVector(raw: [7], fractionBits: 8)
      )
      let target = FixedPointType(width: 12, integerBits: 9, rounding: rounding)
      let graph = graph(
        of: .dense(dense),
        inputs: [ElementTypes(uniform: type, count: 2)],
        output: ElementTypes(each: [target])
      )
      return NetlistStatistics(try Lowering.lower(graph)).adders
    }
    let floors = try adders(.truncate)
    #expect(try adders(.roundHalfUp) == floors)
    #expect(try adders(.roundHalfDown) == floors)
  }

  @Test func `multipliers only where a weight needs one`() throws {
    let type = FixedPointType(width: 8, integerBits: 4)
    let dense = DenseOperation(inputSize: 4, outputSize: 1, weights: [0, 8, -1, 11], weightFractionBits: 4)
    let graph = graph(
      of: .dense(dense),
      inputs: [ElementTypes(uniform: type, count: 4)],
      output: ElementTypes(each: [FixedPointType(width: 24, integerBits: 12)]),
      strategy: .multipliers
    )
    #expect(NetlistStatistics(try Lowering.lower(graph)).multipliers == 1)
  }
}
