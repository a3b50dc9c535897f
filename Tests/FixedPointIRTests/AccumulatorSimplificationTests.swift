import Diagnostics
import FixedPoint
import FixedPointIR
import TestSupport
import Testing

@Suite struct AccumulatorSimplificationTests {
  /// One dense layer with a stepwise accumulator whose room is around what is needed.
  private func graph(seed: UInt64) -> FixedPointGraph {
    var random = RandomFixedPointGraph(seed: seed)
    var graph = FixedPointGraph(name: "dense")
    let origin = Origin(file: "test")
    let n = random.int(1...4)
    let m = random.int(1...2)
    let types = ElementTypes(each: (0..<n).map { _ in random.type(widths: 1...4) })
    let input = graph.append(.input, named: "x", kind: "Input", inputs: [], shape: [n], types: types, origin: origin)
    var accumulator = random.type(widths: 6...16)
    accumulator.integerBits = accumulator.width - random.int(2...7)
    let order = random.int(0...1) == 0 ? SummationOrder.ascending : .resource(reuseFactor: random.int(1...3))
    let dense = DenseOperation(
      inputSize: n,
      outputSize: m,
      weights: (0..<n * m).map { _ in Int64(random.int(-7...7)) * (random.int(0...1) == 0 ? 4 : 1) },
      weightFractionBits: random.int(0...4),
      bias: ConstantVector(raw: (0..<m).map { _ in Int64(random.int(-9...9)) }, fractionBits: random.int(0...4)),
      accumulation: .stepwise(accumulator, order: order)
    )
    graph.outputs = [
      graph.append(
        .dense(dense),
        named: "fc",
        kind: "Dense",
        inputs: [input],
        shape: [m],
        types: random.types(m),
        origin: origin
      )
    ]
    return graph
  }

  /// All combinations of all raw inputs.
  private func events(_ types: ElementTypes) -> [[Double]] {
    types.all.reduce([[]]) { events, type in
      let values = (type.minimumRaw...type.maximumRaw).map { type.value(ofRaw: $0) }
      return events.flatMap { event in values.map { event + [$0] } }
    }
  }

  @Test func `rewritten accumulators give the same bits for every input`() throws {
    var rewritten = 0
    var kept = 0
    for seed in 0..<600 as Range<UInt64> {
      let before = graph(seed: seed)
      try FixedPointGraphVerifier.verify(before)
      var after = before
      guard !AccumulatorSimplification.run(&after, analysis: RangeAnalysis(before)).isEmpty else {
        kept += 1
        continue
      }
      rewritten += 1
      for event in events(before[before.inputs[0]].types).shuffledPrefix(400, seed: seed) {
        let expected = FixedPointEvaluator(before).evaluate(event).raw[1]
        #expect(FixedPointEvaluator(after).evaluate(event).raw[1] == expected, "seed \(seed)\n\(before)")
      }
    }
    #expect(rewritten > 100 && kept > 100, "\(rewritten) rewritten, \(kept) kept")
  }

  private func single(
    accumulator: String,
    output: String,
    weights: [Int64] = [1, 1, -1],
    order: SummationOrder = .ascending
  ) throws -> Bool {
    var graph = FixedPointGraph(name: "dense")
    let origin = Origin(file: "test")
    let count = weights.count
    let input = graph.append(
      .input,
      named: "x",
      kind: "Input",
      inputs: [],
      shape: [count],
      types: ElementTypes(uniform: try FixedPointType(parsing: "ufixed<4,2>"), count: count),
      origin: origin
    )
    let dense = DenseOperation(
      inputSize: count,
      outputSize: 1,
      weights: weights,
      weightFractionBits: 0,
      accumulation: .stepwise(try FixedPointType(parsing: accumulator), order: order)
    )
    graph.outputs = [
      graph.append(
        .dense(dense),
        named: "fc",
        kind: "Dense",
        inputs: [input],
        shape: [1],
        types: ElementTypes(uniform: try FixedPointType(parsing: output), count: 1),
        origin: origin
      )
    ]
    return !AccumulatorSimplification.run(&graph, analysis: RangeAnalysis(graph)).isEmpty
  }

  @Test func `each condition of the proof is needed`() throws {
    // The sum lies within [-3.75, 7.5], on a grid of 1/4.
    #expect(try single(accumulator: "fixed<6,4,TRN,SAT>", output: "fixed<4,2,TRN,SAT>"))
    // A grid too coarse rounds products, unless the weights are multiples of its step.
    #expect(try !single(accumulator: "fixed<5,4>", output: "fixed<5,4>"))
    #expect(try single(accumulator: "fixed<6,5>", output: "fixed<5,4>", weights: [2, 2, -2]))
    // Saturation on the way shows in one order and not in another.
    #expect(try !single(accumulator: "fixed<5,3,TRN,SAT>", output: "fixed<5,3>", weights: [1, 1, -1]))
    // A wrapping accumulator under an output with as few integer bits.
    #expect(try single(accumulator: "fixed<5,3>", output: "fixed<4,3>"))
    #expect(try single(accumulator: "fixed<5,3>", output: "fixed<4,3,RND_CONV>"))
    #expect(try !single(accumulator: "fixed<5,3>", output: "fixed<4,3,RND_INF>"))
    #expect(try single(accumulator: "fixed<5,3>", output: "fixed<6,3,RND_INF>"))
    #expect(try !single(accumulator: "fixed<5,3>", output: "fixed<6,4>"))
    #expect(try !single(accumulator: "fixed<5,3>", output: "fixed<4,3,TRN,SAT>"))
  }
}

extension Array {
  fileprivate func shuffledPrefix(_ count: Int, seed: UInt64) -> ArraySlice<Element> {
    var generator = SeededGenerator(seed: seed)
    return self.count <= count ? self[...] : shuffled(using: &generator).prefix(count)
  }
}
