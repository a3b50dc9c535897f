import Diagnostics
import FixedPoint
import FixedPointIR
import Fuzzing
import Testing

@testable import Simulation

/// Convolutions and sums over windows: padding, strides, dilations, operands on coarser grids, types by position.
@Suite struct ImageTests {
  /// 16 samples fill a tile, so that several points are fired side by side even while overflows are counted.
  @Test(arguments: [1, 16, 21])
  func `networks on images equal the definition`(samples: Int) throws {
    var kernels: [String: Int] = [:]
    for seed in 0..<80 {
      var random = RandomFixedPointGraph(seed: UInt64(seed))
      let graph = random.imageGraph(layers: 5)
      guard (try? FixedPointGraphVerifier.verify(graph)) != nil else { continue }
      let inputs = (0..<samples).flatMap { _ in random.inputs(for: graph) }
      try expectDefinition(graph, inputs: inputs, samples: samples, "seed \(seed)")
      for kernel in try SimulationPlan(graph).kernels { kernels["\(type(of: kernel))", default: 0] += 1 }
    }
    #expect(kernels["Float32WindowKernel", default: 0] > 20 && kernels["MapKernel", default: 0] > 20, "\(kernels)")
  }

  @Test(arguments: [(8, 8), (16, 16), (20, 24), (40, 24)])
  func `convolutions of all widths equal the definition`(inputBits: Int, weightBits: Int) throws {
    for seed in 0..<6 {
      var random = RandomFixedPointGraph(seed: UInt64(seed))
      let graph = convolution(
        on: [random.int(3...5), random.int(3...9), random.int(1...3)],
        input: FixedPointType(width: inputBits, integerBits: 4),
        weightBits: weightBits,
        outputs: random.int(1...9),
        &random
      )
      let inputs = (0..<18).flatMap { _ in random.inputs(for: graph) }
      try expectDefinition(graph, inputs: inputs, samples: 18, "seed \(seed)")
    }
  }

  /// Of large images, the caches hold fewer samples; layers that map element by element take their input's memory.
  @Test func `large images are computed a few samples at a time`() throws {
    var random = RandomFixedPointGraph(seed: 5)
    let type = FixedPointType(width: 8, integerBits: 4)
    let graph = convolution(on: [40, 40, 1], input: type, weightBits: 6, outputs: 8, &random)
    let plan = try SimulationPlan(graph)
    #expect(plan.lanes == Tile.granule)
    let sums = plan.tensors[graph.nodes[1].output.index]
    let activation = plan.tensors[graph.nodes[2].output.index]
    #expect(sums.place != activation.place)
    #expect(plan.places[sums.place].offset == plan.places[activation.place].offset)
    let inputs = (0..<40).flatMap { _ in random.inputs(for: graph) }
    try expectDefinition(graph, inputs: inputs, samples: 40, "40 × 40")
  }

  /// A convolution of 3 × 3 inside zeros, and a quantisation that rounds in some way.
  private func convolution(
    on shape: [Int],
    input type: FixedPointType,
    weightBits: Int,
    outputs: Int,
    _ random: inout RandomFixedPointGraph
  ) -> FixedPointGraph {
    let origin = Origin(file: "test")
    let taps = 9 * shape[2]
    let limit = Int64(1) << (weightBits - 1)
    let dense = DenseOperation(
      inputSize: taps,
      outputSize: outputs,
      weights: (0..<taps * outputs).map { _ in Int64.random(in: -limit..<limit, using: &random.generator) },
      weightFractionBits: 5,
      bias: ConstantVector(raw: (0..<outputs).map { _ in Int64(random.int(-99...99)) }, fractionBits: 6)
    )
    let sum = FixedPointType(width: 20, integerBits: 10, rounding: .roundHalfToEven, overflow: .wrap)
    var body = FixedPointGraph(name: "kernel")
    let window = body.append(
      .input,
      named: "window",
      kind: "Input",
      inputs: [],
      shape: [taps],
      types: ElementTypes(uniform: type, count: taps),
      origin: origin
    )
    let sums = ElementTypes(uniform: sum, count: outputs)
    body.outputs = [
      body.append(
        .dense(dense),
        named: "dense",
        kind: "Dense",
        inputs: [window],
        shape: [outputs],
        types: sums,
        origin: origin
      )
    ]
    let axes = (0..<2).map { AxisAccess.window(domainAxis: $0, size: 3, stride: 1, dilation: 1, before: 1) }
    let map = MapOperation(
      domain: [shape[0], shape[1]],
      body: body,
      accesses: [
        WindowAccess(axes: axes + [.whole(extent: shape[2])], padding: ExactValue(raw: 0, fractionBits: 0))
      ]
    )
    var graph = FixedPointGraph(name: "image")
    let image = graph.append(
      .input,
      named: "image",
      kind: "Input",
      inputs: [],
      shape: shape,
      types: ElementTypes(uniform: type, count: shape.reduce(1, *)),
      origin: origin
    )
    let result = [shape[0], shape[1], outputs]
    let count = result.reduce(1, *)
    let convolved = graph.append(
      .map(map),
      named: "convolution",
      kind: "Conv2D",
      inputs: [image],
      shape: result,
      types: ElementTypes(uniform: sum, count: count),
      origin: origin
    )
    let roundings = Rounding.allCases
    let narrow = FixedPointType(
      width: 6,
      integerBits: 3,
      isSigned: false,
      rounding: roundings[random.int(0...roundings.count - 1)],
      overflow: .saturate
    )
    graph.outputs = [
      graph.append(
        .requantize,
        named: "requantize",
        kind: "Activation",
        inputs: [convolved],
        shape: result,
        types: ElementTypes(uniform: narrow, count: count),
        origin: origin
      )
    ]
    return graph
  }
}
