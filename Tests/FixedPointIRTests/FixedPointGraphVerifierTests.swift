import Diagnostics
import FixedPoint
import FixedPointIR
import TestSupport
import Testing

@Suite struct FixedPointGraphVerifierTests {
  private let origin = Origin(file: "model.onnx", place: "fc")

  /// An input of three elements and one node that reads it.
  private func graph(
    _ operation: FixedOperation,
    input: FixedPointType = FixedPointType(width: 8, integerBits: 4),
    outputs: Int = 3
  ) -> FixedPointGraph {
    var graph = FixedPointGraph(name: "test")
    let x = graph.append(
      .input,
      named: "x",
      kind: "Input",
      inputs: [],
      shape: [3],
      types: ElementTypes(uniform: input, count: 3),
      origin: origin
    )
    let types = ElementTypes(uniform: FixedPointType(width: 8, integerBits: 4), count: outputs)
    graph.outputs = [
      graph.append(operation, named: "node", kind: "Test", inputs: [x], shape: [outputs], types: types, origin: origin)
    ]
    return graph
  }

  private func code(_ graph: FixedPointGraph) -> String? {
    do { try FixedPointGraphVerifier.verify(graph) } catch { return (error as? Diagnostic)?.code }
    return nil
  }

  private func table(_ entries: [Int64], _ addressing: TableAddressing) -> FixedOperation {
    let type = FixedPointType(width: 4, integerBits: 1)
    return .table(AddressedTable(table: LookupTable(entries: entries, type: type), addressing: addressing))
  }

  @Test func `random graphs pass`() throws {
    for seed in 0..<50 as Range<UInt64> {
      var random = RandomFixedPointGraph(seed: seed)
      try FixedPointGraphVerifier.verify(random.graph(layers: 8))
    }
  }

  @Test func `what does not fit together is refused`() {
    let invalid = "invalid-fixed-point-graph"
    let kernel = DenseOperation(inputSize: 2, outputSize: 3, weights: [1, 2, 3, 4, 5, 6], weightFractionBits: 0)
    #expect(code(graph(.dense(kernel))) == invalid)
    let bias = DenseOperation(
      inputSize: 3,
      outputSize: 1,
      weights: [1, 2, 3],
      weightFractionBits: 0,
      bias: ConstantVector(raw: [1, 2], fractionBits: 0)
    )
    #expect(code(graph(.dense(bias), outputs: 1)) == invalid)
    #expect(code(graph(.requantize, outputs: 2)) == invalid)
    #expect(code(graph(table([], .linear(base: 0, shift: 0)))) == invalid)
    #expect(code(graph(table([8], .linear(base: 0, shift: 0)))) == invalid)
    #expect(code(graph(table([1, 2, 3], .leadingBits(bits: 2, width: 8)))) == invalid)
    #expect(code(graph(table([1, 2, 3, 4], .leadingBits(bits: 2, width: 6)))) == invalid)
    #expect(code(graph(table([1, 2, 3, 4], .leadingBits(bits: 2, width: 8)))) == nil)
    #expect(code(graph(.argmax(groups: SoftmaxGroups(count: 2, size: 2)))) == invalid)
    #expect(code(graph(.merge(.add))) == invalid)
    let outside = GatherOperation(sources: [GatherOperation.Source(input: 0, element: 3)])
    #expect(code(graph(.gather(outside), outputs: 1)) == invalid)
    let slope = RectifierOperation(lowerSlope: ConstantVector(raw: [1, 2], fractionBits: 0))
    #expect(code(graph(.rectifier(slope))) == invalid)
  }

  @Test func `structure is checked`() {
    var twice = graph(.requantize)
    twice.nodes[1].name = "x"
    #expect(code(twice) != nil)
    var backwards = graph(.requantize)
    backwards.nodes.swapAt(0, 1)
    #expect(code(backwards) != nil)
    var endless = graph(.requantize)
    endless.nodes[1].inputs = [endless.nodes[1].output]
    #expect(code(endless) != nil)
    var shape = graph(.requantize)
    shape.tensors[1].shape = [Int.max, 4]
    #expect(code(shape) != nil)
    var silent = graph(.requantize)
    silent.outputs = []
    #expect(code(silent) != nil)
  }

  @Test func `intermediates that are too wide name the layer`() throws {
    let wide = FixedPointType(width: 100, integerBits: 50)
    let kernel = DenseOperation(
      inputSize: 3,
      outputSize: 3,
      weights: [Int64](repeating: 1 << 30, count: 9),
      weightFractionBits: 0
    )
    let diagnostic = #expect(throws: Diagnostic.self) {
      try FixedPointGraphVerifier.verify(graph(.dense(kernel), input: wide))
    }
    #expect(diagnostic?.code == "too-wide")
    #expect(diagnostic?.message.contains("'node'") == true)
    #expect(diagnostic?.hint?.contains("weights") == true)
    // Far binary points, huge shifts and addresses must be refused, not trap.
    let far = FixedPointType(width: 100, integerBits: -900)
    #expect(
      code(graph(.affine(AffineOperation(scale: ConstantVector(1), bias: ConstantVector(1))), input: far)) == "too-wide"
    )
    let address = ScaledAddressing(multiplier: 1 << 60, rangeLog2: 4, offset: 0)
    #expect(code(graph(table([1], .scaled(address)), input: wide)) == "too-wide")
    #expect(code(graph(table([1], .linear(base: 0, shift: -60)), input: wide)) == "too-wide")
    #expect(code(graph(.requantize, input: FixedPointType(width: 121, integerBits: 0))) == "too-wide")
  }

  @Test func `the text form is stable`() {
    let kernel = DenseOperation(
      inputSize: 3,
      outputSize: 2,
      weights: [1, 0, 3, -4, 5, 6],
      weightFractionBits: 2,
      bias: ConstantVector(raw: [1, -2], fractionBits: 3)
    )
    let text = graph(.dense(kernel), outputs: 2).description
    #expect(
      text == """
        graph 'test'
          'x' Input [3] fixed<8,4> = input
          'node' Test [2] fixed<8,4> = dense('x')
            kernel [3, 2] grid 2
              1 0
              3 -4
              5 6
            bias [1, -2]/2^3
          return 'node'

        """
    )
  }
}
