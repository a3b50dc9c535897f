import Diagnostics
import FixedPoint
import FixedPointIR
import Fuzzing
import HLSBackend
import TestSupport
import Testing

/// Dense layers over rows as C++.
@Suite struct DenseRowsTests {
  /// Three rows of two elements, each of its own type.
  private func graph(
    _ implementation: ImplementationChoice,
    operand: [FixedPointType],
    kernel: [FixedPointType]? = nil
  ) -> FixedPointGraph {
    let types = ElementTypes(each: operand)
    let dense = DenseOperation(
      inputSize: 2,
      outputSize: 2,
      weights: [13, -5, 22, 7],
      weightFractionBits: 2,
      bias: ConstantVector(raw: [4, -9], fractionBits: 5)
    )
    var map = MapOperation.rows(dense, of: types)
    if let kernel { map.body[map.body.outputs[0]].types = ElementTypes(each: kernel) }
    var graph = FixedPointGraph(name: "rows")
    let origin = Origin(file: "rows")
    let x = graph.append(.input, named: "x", kind: "Input", inputs: [], shape: [3, 2], types: types, origin: origin)
    let results = (0..<6).map { FixedPointType(width: 6 + $0, integerBits: 4, rounding: .roundHalfUp) }
    graph.outputs = [
      graph.append(
        .map(map),
        named: "fc",
        kind: "Dense",
        inputs: [x],
        shape: [3, 2],
        types: ElementTypes(each: results),
        origin: origin,
        implementation: implementation
      )
    ]
    return graph
  }

  private static let same = [FixedPointType](repeating: FixedPointType(width: 6, integerBits: 3), count: 6)
  private static let different = (0..<6).map { FixedPointType(width: 4 + $0 % 4, integerBits: 2 + $0 / 2) }

  @Test func `equal rows share a function, and others have their own`() throws {
    let implementation = ImplementationChoice(strategy: .distributedArithmetic)
    let shared = try HLSProject(graph(implementation, operand: Self.same)).text(of: "firmware/layers/fc.cpp")
    #expect(shared.contains("fc_kernel(x + i * 2, y + i * 2, i * 2)"))
    let own = try HLSProject(graph(implementation, operand: Self.different)).text(of: "firmware/layers/fc.cpp")
    #expect(own.contains("fc_kernel0(x + 0, y + 0, 0)"))
    #expect(own.contains("fc_kernel2(x + 4, y + 4, 4)"))
  }

  @Test(.enabled(if: CppTools.areAvailable, CppTools.absence))
  func `a kernel that rounds before its results are rounded keeps both roundings`() async throws {
    let kernel = [FixedPointType](repeating: FixedPointType(width: 5, integerBits: 4), count: 2)
    let graph = graph(ImplementationChoice(), operand: Self.same, kernel: kernel)
    var random = RandomFixedPointGraph(seed: 4)
    let inputs = (0..<50).flatMap { _ in random.inputs(for: graph) }
    try await expectSimulator(graph, inputs: inputs, samples: 50)
  }

  @Test(
    .enabled(if: CppTools.areAvailable, CppTools.absence),
    arguments: [ImplementationChoice.Strategy.distributedArithmetic, .latency, .resource]
  )
  func `rows equal the simulator`(strategy: ImplementationChoice.Strategy) async throws {
    let implementation = ImplementationChoice(strategy: strategy, reuseFactor: strategy == .resource ? 2 : 1)
    for operand in [Self.same, Self.different] {
      let graph = graph(implementation, operand: operand)
      var random = RandomFixedPointGraph(seed: 3)
      let inputs = (0..<50).flatMap { _ in random.inputs(for: graph) }
      try await expectSimulator(graph, inputs: inputs, samples: 50)
    }
  }
}
