import Diagnostics
import FixedPoint
import FixedPointIR
import Fuzzing
import HLSBackend
import Testing

/// Networks as stages with streams between them.
@Suite struct StreamTests {
  @Test(.enabled(if: CppTools.areAvailable, CppTools.absence), arguments: [3])
  func `random image networks equal the simulator`(block: Int) async throws {
    var networks: [FixedPointGraph] = []
    let samples = 8
    var events = [[Double]](repeating: [], count: samples)
    for seed in block * 100..<block * 100 + 16 {
      var random = RandomFixedPointGraph(seed: UInt64(seed))
      let network = random.imageGraph(layers: random.int(1...5)).withoutDeadNeurons
      // A few have tables without bits, or state, which are refused.
      guard (try? FixedPointGraphVerifier.verify(network)) != nil,
        (try? HLSProject(network, isStreamed: true)) != nil
      else { continue }
      for sample in events.indices { events[sample] += random.inputs(for: network) }
      networks.append(network)
    }
    #expect(networks.count >= 8)
    let union = FixedPointGraph.union(of: networks, named: "random").withoutDeadNeurons
    try await expectSimulator(union, inputs: events.flatMap { $0 }, samples: samples, isStreamed: true)
  }

  /// Two 3 × 3 convolutions with padding, the second's results added to the first one's, which so wait for a row and more.
  private func residual(_ implementation: ImplementationChoice = ImplementationChoice()) -> FixedPointGraph {
    var graph = FixedPointGraph(name: "residual")
    let origin = Origin(file: "residual")
    let type = FixedPointType(width: 6, integerBits: 3, rounding: .roundHalfUp, overflow: .saturate)
    func types(_ count: Int) -> ElementTypes { ElementTypes(uniform: type, count: count) }
    let shape = [5, 6, 2]
    func convolution(_ name: String, _ source: FixedTensorID) -> FixedTensorID {
      var body = FixedPointGraph(name: name)
      let window = body.append(
        .input,
        named: "window",
        kind: "Input",
        inputs: [],
        shape: [18],
        types: types(18),
        origin: origin
      )
      let dense = DenseOperation(
        inputSize: 18,
        outputSize: 2,
        weights: (0..<36).map { Int64(($0 * 29 + name.count) % 15 - 7) },
        weightFractionBits: 4,
        bias: ConstantVector(raw: [3, -7], fractionBits: 4)
      )
      body.outputs = [
        body.append(
          .dense(dense),
          named: "dense",
          kind: "Dense",
          inputs: [window],
          shape: [2],
          types: types(2),
          origin: origin,
          implementation: implementation
        )
      ]
      let access = WindowAccess(
        axes: [
          .window(domainAxis: 0, size: 3, stride: 1, dilation: 1, before: 1),
          .window(domainAxis: 1, size: 3, stride: 1, dilation: 1, before: 1), .whole(extent: 2),
        ],
        padding: ExactValue(raw: 0, fractionBits: 0)
      )
      return graph.append(
        .map(MapOperation(domain: [5, 6], body: body, accesses: [access])),
        named: name,
        kind: "Conv2D",
        inputs: [source],
        shape: shape,
        types: types(60),
        origin: origin,
        implementation: implementation
      )
    }
    let x = graph.append(.input, named: "x", kind: "Input", inputs: [], shape: shape, types: types(60), origin: origin)
    let first = convolution("first", x)
    let second = convolution("other", first)
    graph.outputs = [
      graph.append(
        .merge(.add),
        named: "sum",
        kind: "Add",
        inputs: [first, second],
        shape: shape,
        types: types(60),
        origin: origin
      )
    ]
    return graph
  }

  @Test func `rows are kept in buffers, and a join has room for what the longer way holds back`() throws {
    let project = try HLSProject(residual(), isStreamed: true)
    let stage = project.text(of: "firmware/layers/other.cpp")
    #expect(
      stage.contains("first_token lines[2][7];\n#pragma HLS ARRAY_PARTITION variable=lines complete dim=1"),
      "\(stage)"
    )
    #expect(stage.contains("for (unsigned i = 0; i < 42; i++) {\n#pragma HLS PIPELINE II=1"), "\(stage)")
    let network = project.text(of: "firmware/residual.cpp")
    #expect(network.contains("#pragma HLS DATAFLOW"), "\(network)")
    let depths = network.matches(of: /STREAM variable=first_to_sum depth=(\d+)/).compactMap { Int($0.output.1) }
    #expect(depths.count == 1 && depths.allSatisfy { $0 > 7 }, "\(network)")
  }

  @Test(.enabled(if: CppTools.areAvailable, CppTools.absence))
  func `stages that share multipliers equal the simulator`() async throws {
    let graph = residual(ImplementationChoice(strategy: .resource, reuseFactor: 6))
    let project = try HLSProject(graph, isStreamed: true)
    // Loops inside a pipelined loop would be unrolled.
    #expect(
      !project.text(of: "firmware/layers/first.cpp").contains("steps:\n  for (unsigned i = 0; i < 42; i++) {\n#pragma")
    )
    #expect(project.text(of: "firmware/layers/first.cpp").contains("tricot::dense_resource"))
    var random = RandomFixedPointGraph(seed: 5)
    let inputs = (0..<20).flatMap { _ in random.inputs(for: graph) }
    try await expectSimulator(graph, inputs: inputs, samples: 20, isStreamed: true)
  }

  @Test func `a pipeline around streams is refused`() throws {
    #expect(throws: Diagnostic.self) {
      try HLSProject(residual(), pipeline: HLSPipeline(style: .pipeline), isStreamed: true)
    }
  }
}
