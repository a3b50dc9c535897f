import Diagnostics
import FixedPoint
import FixedPointIR
import TestSupport
import Testing

/// Dense layers over rows: what is recognised as one, and that each row is known as well as if it had a layer of its own.
@Suite struct DenseRowsTests {
  private static let origin = Origin(file: "test")
  private static let positions = 3

  private static func dense(_ accumulation: Accumulation = .exact) -> DenseOperation {
    DenseOperation(
      inputSize: 2,
      outputSize: 2,
      weights: [3, -5, 0, 7],
      weightFractionBits: 2,
      bias: ConstantVector(raw: [1, -2], fractionBits: 3),
      accumulation: accumulation
    )
  }

  /// Rows of different types, the second without any bits.
  private static let operand = ElementTypes(
    each: [
      FixedPointType(width: 4, integerBits: 2), FixedPointType(width: 6, integerBits: 1),
      FixedPointType(width: 0, integerBits: 0), FixedPointType(width: 0, integerBits: 3),
      FixedPointType(width: 3, integerBits: 5), FixedPointType(width: 5, integerBits: 5),
    ]
  )

  private static func graph(_ map: MapOperation, shape: [Int] = [positions, 2], results: ElementTypes)
    -> FixedPointGraph
  {
    var graph = FixedPointGraph(name: "rows")
    let x = graph.append(.input, named: "x", kind: "Input", inputs: [], shape: shape, types: operand, origin: origin)
    graph.outputs = [
      graph.append(
        .map(map),
        named: "fc",
        kind: "Dense",
        inputs: [x],
        shape: [results.count / 2, 2],
        types: results,
        origin: origin
      )
    ]
    return graph
  }

  private static func rows(of graph: FixedPointGraph) throws -> DenseRows? {
    try FixedPointGraphVerifier.verify(graph)
    return DenseRows(nodeAt: 1, of: graph, analysis: RangeAnalysis(graph))
  }

  /// Different for every element, and too narrow for all.
  private static let narrow = ElementTypes(
    each: (0..<6).map { FixedPointType(width: 3 + $0 % 3, integerBits: 1 + $0 % 2) }
  )

  @Test func `a kernel that holds its exact results leaves quantising to each position`() throws {
    let rows = try Self.rows(of: Self.graph(.rows(Self.dense(), of: Self.operand), results: Self.narrow))
    #expect(rows?.positions == 3)
    #expect(rows?.dense.weights == Self.dense().weights)
  }

  @Test func `a kernel that rounds is one only where the map's types are its own`() throws {
    var map = MapOperation.rows(Self.dense(), of: Self.operand)
    let own = [FixedPointType(width: 4, integerBits: 3), FixedPointType(width: 5, integerBits: 2)]
    map.body[map.body.outputs[0]].types = ElementTypes(each: own)
    let repeated = ElementTypes(perChannel: own, positions: 3)
    #expect(try Self.rows(of: Self.graph(map, results: repeated))?.positions == 3)
    #expect(try Self.rows(of: Self.graph(map, results: Self.narrow)) == nil)
  }

  @Test func `other accesses are other maps`() throws {
    let whole = MapOperation.rows(Self.dense(), of: Self.operand)
    var fewer = whole
    fewer.domain = [2]
    let two = ElementTypes(each: Array(Self.narrow.all.prefix(4)))
    #expect(try Self.rows(of: Self.graph(fewer, results: two)) == nil)
    var chosen = whole
    chosen.accesses[0].axes[0] = .indexed(domainAxis: 0, indices: [2, 1, 0])
    #expect(try Self.rows(of: Self.graph(chosen, results: Self.narrow)) == nil)
    // The same numbers, in windows of a vector.
    var windows = whole
    windows.accesses[0].axes = [.window(domainAxis: 0, size: 2, stride: 2, dilation: 1, before: 0)]
    #expect(try Self.rows(of: Self.graph(windows, shape: [6], results: Self.narrow)) == nil)
  }

  @Test func `every row is analysed by itself`() throws {
    let accumulator = FixedPointType(width: 7, integerBits: 4, overflow: .saturate)
    for accumulation in [Accumulation.exact, .stepwise(accumulator, order: .ascending)] {
      let dense = Self.dense(accumulation)
      let graph = Self.graph(.rows(dense, of: Self.operand), results: Self.narrow)
      try FixedPointGraphVerifier.verify(graph)
      let analysis = RangeAnalysis(graph)
      var accumulators = 0
      for position in 0..<Self.positions {
        var alone = FixedPointGraph(name: "row")
        let x = alone.append(
          .input,
          named: "x",
          kind: "Input",
          inputs: [],
          shape: [2],
          types: ElementTypes(each: Array(Self.operand.all[2 * position..<2 * position + 2])),
          origin: Self.origin
        )
        let y = alone.append(
          .dense(dense),
          named: "fc",
          kind: "Dense",
          inputs: [x],
          shape: [2],
          types: ElementTypes(each: Array(Self.narrow.all[2 * position..<2 * position + 2])),
          origin: Self.origin
        )
        alone.outputs = [y]
        let own = RangeAnalysis(alone)
        #expect(Array(analysis[FixedTensorID(1)][2 * position..<2 * position + 2]) == own[y])
        accumulators += own.findings[1].filter { $0.place == .accumulator }.reduce(0) { $0 + $1.elements }
      }
      let found = analysis.findings[1].filter { $0.place == .accumulator }.reduce(0) { $0 + $1.elements }
      #expect(found == accumulators)
    }
  }

  @Test func `an accumulator is exact if every row proves it`() throws {
    // The last row needs seven bits before the point, the others four at most.
    for (integerBits, isExact) in [(7, true), (6, false)] {
      let type = FixedPointType(width: integerBits + 12, integerBits: integerBits, overflow: .saturate)
      var graph = Self.graph(
        .rows(Self.dense(.stepwise(type, order: .ascending)), of: Self.operand),
        results: Self.narrow
      )
      let before = FixedPointEvaluator(graph)
      let changed = AccumulatorSimplification.run(&graph, analysis: RangeAnalysis(graph))
      #expect(changed == (isExact ? ["fc"] : []))
      #expect((graph.nodes[1].operation.denseKernel?.accumulation == .exact) == isExact)
      let after = FixedPointEvaluator(graph)
      var random = RandomFixedPointGraph(seed: 5)
      for _ in 0..<50 {
        let event = random.inputs(for: graph)
        #expect(before.outputs(event) == after.outputs(event))
      }
    }
  }

  @Test func `equal positions are quantised in the kernel`() throws {
    let own = [FixedPointType(width: 4, integerBits: 3), FixedPointType(width: 5, integerBits: 2)]
    let before = Self.graph(
      .rows(Self.dense(), of: Self.operand),
      results: ElementTypes(perChannel: own, positions: 3)
    )
    var after = before
    after.quantizeInLastKernel()
    #expect(after.nodes[1].operation.facts.bodies[0].tensors[1].types == ElementTypes(each: own))
    var random = RandomFixedPointGraph(seed: 6)
    for _ in 0..<50 {
      let event = random.inputs(for: before)
      #expect(FixedPointEvaluator(before).outputs(event) == FixedPointEvaluator(after).outputs(event))
    }
    var different = Self.graph(.rows(Self.dense(), of: Self.operand), results: Self.narrow)
    let types = different.nodes[1].operation.facts.bodies[0].tensors[1].types
    different.quantizeInLastKernel()
    #expect(different.nodes[1].operation.facts.bodies[0].tensors[1].types == types)
  }

  @Test func `a strategy reaches into kernels`() {
    var graph = Self.graph(.rows(Self.dense(), of: Self.operand), results: Self.narrow)
    graph.setImplementation(strategy: .multipliers)
    #expect(graph.nodes.allSatisfy { $0.implementation.strategy == .multipliers })
    let inside = graph.nodes[1].operation.facts.bodies[0].nodes
    #expect(inside.allSatisfy { $0.implementation.strategy == .multipliers })
  }
}
