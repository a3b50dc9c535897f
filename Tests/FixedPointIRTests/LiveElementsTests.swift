import Diagnostics
import FixedPoint
import FixedPointIR
import Fuzzing
import TestSupport
import Testing

/// Neurons that no output depends on.
@Suite struct LiveElementsTests {
  @Test(arguments: 0..<60) func changesNoOutput(seed: UInt64) throws {
    var random = RandomFixedPointGraph(seed: seed)
    let graph = random.graph(layers: 6)
    let smaller = graph.withoutDeadNeurons
    for _ in 0..<10 {
      let inputs = random.inputs(for: graph)
      #expect(FixedPointEvaluator(smaller).outputs(inputs) == FixedPointEvaluator(graph).outputs(inputs))
    }
  }

  @Test func tellsRowsApart() throws {
    let origin = Origin(file: "test")
    let wide = FixedPointType(width: 8, integerBits: 4)
    let none = FixedPointType(width: 0, integerBits: 0, isSigned: false)
    // Result 0 reads the first input, result 1 the second.
    let dense = DenseOperation(inputSize: 2, outputSize: 2, weights: [3, 0, 0, 5], weightFractionBits: 0)
    let operand = ElementTypes(uniform: wide, count: 6)
    var graph = FixedPointGraph(name: "g")
    let x = graph.append(.input, named: "x", kind: "Input", inputs: [], shape: [3, 2], types: operand, origin: origin)
    let y = graph.append(
      .map(.rows(dense, of: operand)),
      named: "y",
      kind: "Dense",
      inputs: [x],
      shape: [3, 2],
      types: ElementTypes(each: [wide, none, none, wide, none, none]),
      origin: origin
    )
    graph.outputs = [y]
    try FixedPointGraphVerifier.verify(graph)
    #expect(LiveElements(graph)[x] == [true, false, false, true, false, false])
    #expect(graph.withoutDeadNeurons.nodes[1].operation.denseKernel?.weights == dense.weights)
  }

  @Test func followsElementsThroughTheirReaders() throws {
    let origin = Origin(file: "test")
    let wide = FixedPointType(width: 8, integerBits: 4)
    let none = FixedPointType(width: 0, integerBits: 0, isSigned: false)
    var graph = FixedPointGraph(name: "g")
    func types(_ count: Int) -> ElementTypes { ElementTypes(uniform: wide, count: count) }
    let x = graph.append(.input, named: "x", kind: "Input", inputs: [], shape: [2], types: types(2), origin: origin)
    let weights: [Int64] = [1, 2, 3, 4, 5, 6]
    let dense = DenseOperation(
      inputSize: 2,
      outputSize: 3,
      weights: weights,
      weightFractionBits: 0,
      bias: ConstantVector(raw: [7, 8, 9], fractionBits: 0)
    )
    let d = graph.append(
      .dense(dense),
      named: "d",
      kind: "Dense",
      inputs: [x],
      shape: [3],
      types: types(3),
      origin: origin
    )
    // Element 0 loses its bits, element 1 its weight.
    let q = graph.append(
      .requantize,
      named: "q",
      kind: "Quantizer",
      inputs: [d],
      shape: [3],
      types: ElementTypes(each: [none, wide, wide]),
      origin: origin
    )
    let last = DenseOperation(inputSize: 3, outputSize: 1, weights: [1, 0, 1], weightFractionBits: 0)
    let y = graph.append(
      .dense(last),
      named: "y",
      kind: "Dense",
      inputs: [q],
      shape: [1],
      types: types(1),
      origin: origin
    )
    graph.outputs = [y]
    let live = LiveElements(graph)
    #expect(live[q] == [true, false, true])
    #expect(live[d] == [false, false, true])
    #expect(live[x] == [true, true])
    guard case .dense(let reduced) = graph.withoutDeadNeurons.nodes[1].operation else {
      Issue.record("no dense layer")
      return
    }
    #expect(reduced.weights == [0, 0, 3, 0, 0, 6])
    #expect(reduced.bias.raw == [0, 0, 9])
  }
}
