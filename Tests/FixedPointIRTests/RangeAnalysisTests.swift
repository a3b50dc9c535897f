import Diagnostics
import FixedPoint
import FixedPointIR
import TestSupport
import Testing

@Suite struct RangeAnalysisTests {
  @Test(arguments: 0..<150) func `no value leaves its proven range`(seed: Int) throws {
    var random = RandomFixedPointGraph(seed: UInt64(seed))
    let graph = random.graph(layers: 6)
    try FixedPointGraphVerifier.verify(graph)
    let analysis = RangeAnalysis(graph)
    let evaluator = FixedPointEvaluator(graph)
    for _ in 0..<40 {
      let result = evaluator.evaluate(random.inputs(for: graph))
      for (tensor, values) in result.raw.enumerated() {
        for (element, value) in values.enumerated() {
          #expect(
            analysis.raw[tensor][element].contains(value),
            "seed \(seed), \(graph.tensors[tensor].name)[\(element)] = \(value)\n\(graph)"
          )
        }
      }
      for (index, node) in graph.nodes.enumerated() where !node.inputs.isEmpty && analysis.findings[index].isEmpty {
        // Wraps inside an accumulator that cancel are no finding.
        guard case .dense(let dense) = node.operation, case .stepwise = dense.accumulation else {
          #expect(result.overflows[index] == 0, "seed \(seed), \(node.name)\n\(graph)")
          continue
        }
      }
    }
  }

  @Test(arguments: 0..<20) func `bounds of dense layers are reached`(seed: Int) {
    var random = RandomFixedPointGraph(seed: UInt64(seed))
    let types = ElementTypes(each: (0..<5).map { _ in random.type(widths: 1...9) })
    var graph = FixedPointGraph(name: "dense")
    let origin = Origin(file: "test")
    let input = graph.append(.input, named: "x", kind: "Input", inputs: [], shape: [5], types: types, origin: origin)
    let weights = (0..<15).map { _ in Int64(random.int(-9...9)) }
    let dense = DenseOperation(
      inputSize: 5,
      outputSize: 3,
      weights: weights,
      weightFractionBits: 3,
      bias: ConstantVector(raw: [5, -7, 1], fractionBits: 2)
    )
    let output = graph.append(
      .dense(dense),
      named: "fc",
      kind: "Dense",
      inputs: [input],
      shape: [3],
      types: ElementTypes(uniform: FixedPointType(width: 60, integerBits: 30), count: 3),
      origin: origin
    )
    graph.outputs = [output]
    let bounds = RangeAnalysis(graph)[output]
    for j in 0..<3 {
      for highest in [true, false] {
        let event = (0..<5).map { i in
          let range = types[i].rawRange
          return types[i].value(ofRaw: (weights[i * 3 + j] > 0) == highest ? range.upper : range.lower)
        }
        let value = FixedPointEvaluator(graph).evaluate(event).raw[output.index][j]
        #expect(value == (highest ? bounds[j].upper : bounds[j].lower))
      }
    }
  }

  @Test func `an overflow is reported with what is missing`() throws {
    var graph = FixedPointGraph(name: "small")
    let origin = Origin(file: "test")
    let input = graph.append(
      .input,
      named: "x",
      kind: "Input",
      inputs: [],
      shape: [2],
      types: ElementTypes(uniform: FixedPointType(width: 8, integerBits: 8), count: 2),
      origin: origin
    )
    let sum = DenseOperation(inputSize: 2, outputSize: 2, weights: [1, 1, 1, 0], weightFractionBits: 0)
    graph.outputs = [
      graph.append(
        .dense(sum),
        named: "sum",
        kind: "Dense",
        inputs: [input],
        shape: [2],
        types: ElementTypes(uniform: FixedPointType(width: 8, integerBits: 8), count: 2),
        origin: origin
      )
    ]
    let report = OverflowReport(graph, analysis: RangeAnalysis(graph))
    #expect(report.mayWrap)
    let finding = try #require(report.layers[1].findings.first)
    #expect(report.layers[1].findings.count == 1)
    #expect(finding.place == .result && finding.elements == 1 && finding.count == 2 && finding.missingBits == 1)
    #expect(finding.lower == -256 && finding.upper == 254)
  }
}
