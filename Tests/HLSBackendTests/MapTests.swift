import Diagnostics
import FixedPoint
import FixedPointIR
import Fuzzing
import HLSBackend
import Testing

/// Kernels at many positions as C++.
@Suite struct MapTests {
  private static let pixel = FixedPointType(width: 7, integerBits: 3)
  private static let result = FixedPointType(width: 9, integerBits: 5, rounding: .roundHalfUp, overflow: .saturate)

  /// A 3×2 convolution of a 5×6 image with two channels: stride 2 down, dilation 2 across, padding above and left.
  private func convolution(_ implementation: ImplementationChoice) -> FixedPointGraph {
    let taps = 3 * 2 * 2
    let dense = DenseOperation(
      inputSize: taps,
      outputSize: 3,
      weights: (0..<taps * 3).map { Int64(($0 * 37 + 11) % 31 - 15) },
      weightFractionBits: 3,
      bias: ConstantVector(raw: [3, -7, 0], fractionBits: 4)
    )
    var body = FixedPointGraph(name: "kernel")
    let origin = Origin(file: "conv")
    let window = body.append(
      .input,
      named: "window",
      kind: "Input",
      inputs: [],
      shape: [taps],
      types: ElementTypes(uniform: Self.pixel, count: taps),
      origin: origin
    )
    body.outputs = [
      body.append(
        .dense(dense),
        named: "dense",
        kind: "Dense",
        inputs: [window],
        shape: [3],
        types: ElementTypes(uniform: Self.result, count: 3),
        origin: origin
      )
    ]
    var graph = FixedPointGraph(name: "image")
    let x = graph.append(
      .input,
      named: "x",
      kind: "Input",
      inputs: [],
      shape: [5, 6, 2],
      types: ElementTypes(uniform: Self.pixel, count: 60),
      origin: origin
    )
    let access = WindowAccess(
      axes: [
        .window(domainAxis: 0, size: 3, stride: 2, dilation: 1, before: 1),
        .window(domainAxis: 1, size: 2, stride: 1, dilation: 2, before: 1), .whole(extent: 2),
      ],
      padding: ExactValue(raw: 0, fractionBits: 0)
    )
    graph.outputs = [
      graph.append(
        .map(MapOperation(domain: [3, 5], body: body, accesses: [access])),
        named: "conv",
        kind: "Conv2D",
        inputs: [x],
        shape: [3, 5, 3],
        types: ElementTypes(uniform: Self.result, count: 45),
        origin: origin,
        implementation: implementation
      )
    ]
    return graph
  }

  @Test func `a window says which elements it reads`() throws {
    let text = try HLSProject(convolution(ImplementationChoice(strategy: .latency))).text(
      of: "firmware/layers/conv.cpp"
    )
    #expect(text.contains("const int at0 = int(position / 5) * 2 + int(i / 4) - 1;"), "\(text)")
    #expect(text.contains("const int at1 = int(position % 5) + int((i / 2) % 2) * 2 - 1;"), "\(text)")
    #expect(text.contains("const int at2 = int(i % 2);"), "\(text)")
    #expect(text.contains("if (at0 >= 0 && at0 < 5 && at1 >= 0) window[i] ="), "\(text)")
    #expect(text.contains("x[(at0 * 6 + at1) * 2 + at2]"), "\(text)")
  }

  @Test func `the kernel's adder graph is written once`() throws {
    let text = try HLSProject(convolution(ImplementationChoice())).text(of: "firmware/layers/conv.cpp")
    #expect(text.ranges(of: "void dense(const").count == 1, "\(text)")
  }

  @Test(
    .enabled(if: CppTools.areAvailable, CppTools.absence),
    arguments: [ImplementationChoice.Strategy.distributedArithmetic, .latency, .resource]
  )
  func `convolutions equal the simulator`(strategy: ImplementationChoice.Strategy) async throws {
    let graph = convolution(ImplementationChoice(strategy: strategy, reuseFactor: strategy == .resource ? 4 : 1))
    try FixedPointGraphVerifier.verify(graph)
    var random = RandomFixedPointGraph(seed: 5)
    let inputs = (0..<40).flatMap { _ in random.inputs(for: graph) }
    try await expectSimulator(graph, inputs: inputs, samples: 40)
  }
}
